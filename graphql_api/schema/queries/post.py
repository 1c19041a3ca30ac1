"""Finding posts."""

from typing import Any

import strawberry

from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.post import PostById, Posts
from graphql_api.loaders.registry import Loaders
from graphql_api.schema.arguments import argument
from graphql_api.schema.inputs import maybe
from graphql_api.schema.queries.key import number_in
from graphql_api.schema.relations import lookup, page
from graphql_api.schema.scalars import BigInt
from graphql_api.schema.types.lazy import LazyPost, LazyPostConnection
from graphql_api.schema.types.post_input import POST_PAGES
from graphql_api.services.text import checked_text


@strawberry.input(one_of=True)
class PostBy:
    """Which post: exactly one of these."""

    id: strawberry.ID | None = maybe("Its global id.")
    slug: str | None = maybe("Its slug.")
    database_id: BigInt | None = maybe("The number behind its id.")


def _post(loaders: Loaders, by: PostBy) -> tuple[BatchLoader[Any, Any], Any]:
    if isinstance(by.slug, str):
        return loaders.post_by_slug, checked_text(by.slug)
    return loaders.post_by_id, number_in(by, "Post")


@strawberry.type
class PostQuery:
    """Fields of `Query` for posts."""

    post: LazyPost | None = lookup(
        _post,
        [argument("by", PostBy, "Which post.")],
        "One post; null where no published one is meant.",
        rows=PostById,
    )
    posts: LazyPostConnection = page(
        Posts,
        pages=POST_PAGES,
        description="Published posts, newest first unless `orderBy` says otherwise.",
    )
