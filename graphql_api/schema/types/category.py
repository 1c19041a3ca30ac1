"""Categories."""

import dataclasses

import strawberry

from graphql_api.loaders.category import (
    CategoryById,
    CategoryRow,
    ChildrenByCategory,
    PathByCategory,
)
from graphql_api.loaders.post import PostsByCategory
from graphql_api.schema.arguments import argument
from graphql_api.schema.columns import plain
from graphql_api.schema.relations import many, one, page
from graphql_api.schema.types.interface import Node
from graphql_api.schema.types.lazy import LazyCategory, LazyPostConnection
from graphql_api.schema.types.post_input import POST_PAGES

_INCLUDE_DESCENDANTS = argument(
    "include_descendants",
    bool | None,
    "With the posts of all categories below this one.",
    default=True,
)


@strawberry.type
class Category(Node):
    """A shelf of posts, in a tree of shelves."""

    row = CategoryRow

    name: str = plain("What it is called.")
    slug: str = plain("Its name in addresses; unique.")
    description: str | None = plain("What it is about.")
    version: int = plain("Counts changes, from 1; an update must name the version that it saw.")
    parent: LazyCategory | None = one(
        CategoryById, key="parent_id", description="The category above; null at the top."
    )
    children: list[LazyCategory] = many(
        ChildrenByCategory, key="id", description="The categories right below, by name."
    )
    path: list[LazyCategory] = many(
        PathByCategory, key="id", description="The way from the top down to this one, included."
    )
    posts: LazyPostConnection = page(
        PostsByCategory,
        key="id",
        pages=dataclasses.replace(POST_PAGES, deep=_INCLUDE_DESCENDANTS),
        description="The posts on this shelf, newest first unless `orderBy` says otherwise.",
    )
