"""Finding tags and categories."""

import dataclasses
from typing import Any

import strawberry

from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.category import Categories, CategoryBySlug
from graphql_api.loaders.registry import Loaders
from graphql_api.loaders.tag import TagBySlug, TagFilter, Tags
from graphql_api.schema.arguments import argument
from graphql_api.schema.limits.price import OF_LIST
from graphql_api.schema.relations import lookup, page
from graphql_api.schema.types.lazy import LazyCategory, LazyTag, LazyTagConnection
from graphql_api.schema.types.tag import TAG_PAGES
from graphql_api.services.text import checked_text

_SLUG = argument("slug", str, "Its name in addresses.")


def _tag(loaders: Loaders, slug: str) -> tuple[BatchLoader[Any, Any], str]:
    return loaders.tag_by_slug, checked_text(slug)


def _category(loaders: Loaders, slug: str) -> tuple[BatchLoader[Any, Any], str]:
    return loaders.category_by_slug, checked_text(slug)


def _categories(loaders: Loaders, *, roots_only: bool | None) -> tuple[BatchLoader[Any, Any], bool]:
    return loaders.categories, roots_only is not False


def _named(beginning: str) -> TagFilter:
    return TagFilter(starts_with=checked_text(beginning))


@strawberry.type
class TagQuery:
    """Fields of `Query` for tags and categories."""

    tag: LazyTag | None = lookup(
        _tag, [_SLUG], "One tag; null where there is none.", rows=TagBySlug
    )
    tags: LazyTagConnection = page(
        Tags,
        pages=dataclasses.replace(
            TAG_PAGES,
            where=argument("starts_with", str | None, "The beginning of the name, in any case."),
            read_where=_named,
        ),
        description="All tags, by name.",
    )
    category: LazyCategory | None = lookup(
        _category, [_SLUG], "One category; null where there is none.", rows=CategoryBySlug
    )
    categories: list[LazyCategory] = lookup(
        _categories,
        [argument("roots_only", bool | None, "Those at the top of the tree alone.", default=True)],
        "Categories, by name.",
        rows=Categories,
        weight=OF_LIST,
    )
