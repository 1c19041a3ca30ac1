"""Finding users."""

from typing import Any

import strawberry

from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.registry import Loaders
from graphql_api.loaders.user import Authors, UserById
from graphql_api.schema.arguments import argument
from graphql_api.schema.inputs import maybe
from graphql_api.schema.queries.key import number_in
from graphql_api.schema.relations import lookup, page
from graphql_api.schema.scalars import BigInt
from graphql_api.schema.types.lazy import LazyUser, LazyUserConnection
from graphql_api.schema.types.user_pages import AUTHOR_PAGES
from graphql_api.services.text import checked_text


@strawberry.input(one_of=True)
class UserBy:
    """Which user: exactly one of these."""

    id: strawberry.ID | None = maybe("The global id.")
    username: str | None = maybe("The username, in any case.")
    database_id: BigInt | None = maybe("The number behind the id.")


def _user(loaders: Loaders, by: UserBy) -> tuple[BatchLoader[Any, Any], Any]:
    if isinstance(by.username, str):
        return loaders.user_by_username, checked_text(by.username).lower()
    return loaders.user_by_id, number_in(by, "User")


@strawberry.type
class UserQuery:
    """Fields of `Query` for people."""

    user: LazyUser | None = lookup(
        _user,
        [argument("by", UserBy, "Which user.")],
        "One user; null where none is meant.",
        rows=UserById,
    )
    authors: LazyUserConnection = page(
        Authors,
        pages=AUTHOR_PAGES,
        description="Users with something published, by name unless `orderBy` says otherwise.",
    )
