"""Fields of payloads and errors that are things: named by an attribute, and loaded like any other.

They stand once in an answer, so each is loaded as graphql-core would: for one object.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import strawberry

from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.page import PageLoader
from graphql_api.schema.context import Info
from graphql_api.schema.global_id import NODES
from graphql_api.schema.pagination import Edge, Pages, PageView
from graphql_api.schema.relations import load_one


def edge(  # a list, a row, and what to say of them
    pages_of: type[PageLoader[Any]],
    rows_of: type[BatchLoader[Any, Any]],
    *,
    key: str,
    pages: Pages,
    holds: Callable[[Any], bool],
    description: str,
    parent: str | None = None,
) -> Any:
    """Declare a row's edge in a list, in its usual order, for clients that keep one.

    ``parent`` names the row's column that says whose list it is; without it, that of everything.
    The edge is null where the list does not hold the row.
    """

    async def resolve(root: Any, info: Info) -> Edge | None:
        number = getattr(root, key)
        if number is None:
            return None
        context = info.context
        row = await load_one(context.loaders.of(rows_of), number, info)
        if row is None or not holds(row):
            return None
        owner = 0 if parent is None else getattr(row, parent)
        wanted = pages.key(pages_of.__name__, owner, {}, context.cursors)
        return Edge(row, PageView(context.loaders.of(pages_of), wanted, context.cursors, None))

    return strawberry.field(resolver=resolve, description=description)


def found(attribute: str, description: str) -> Any:
    """Declare a field that is a thing of any type, or several: an attribute holds which."""

    def resolve(root: Any, info: Info) -> Any:
        subject = getattr(root, attribute)
        loaders = info.context.loaders
        if subject is None:
            return None
        if isinstance(subject, list):
            return _there(
                load_one(loaders.of(NODES[each.type_name]), each.number, info) for each in subject
            )
        return load_one(loaders.of(NODES[subject.type_name]), subject.number, info)

    return strawberry.field(resolver=resolve, description=description)


async def _there(loading: Iterable[Awaitable[Any]]) -> list[Any]:
    """Wait for several things; what somebody hid meanwhile is left out."""
    return [row for row in await asyncio.gather(*loading) if row is not None]
