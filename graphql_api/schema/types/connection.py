"""What all connections have in common; their values are `pagination.Connection` and `.Edge`."""

from typing import Generic, TypeVar

import strawberry

from graphql_api.schema.columns import plain, rows
from graphql_api.schema.relations import total_count

NodeT = TypeVar("NodeT")
EdgeT = TypeVar("EdgeT")


@strawberry.type
class PageInfo:
    """Where a page lies in its list; exact in both directions."""

    has_next_page: bool = plain("Whether entries follow this page.")
    has_previous_page: bool = plain("Whether entries come before this page.")
    start_cursor: str | None = plain("The cursor of the first entry; null on an empty page.")
    end_cursor: str | None = plain("The cursor of the last entry; null on an empty page.")


@strawberry.type
class EdgeOf(Generic[NodeT]):
    """An entry of a list."""

    cursor: str = plain("The entry's place, for `after` and `before` of the same field and order.")
    node: NodeT = rows("The thing itself.")


@strawberry.type
class ConnectionOf(Generic[NodeT, EdgeT]):
    """A page of a list."""

    edges: list[EdgeT] = plain("The entries with their cursors.")
    nodes: list[NodeT] = rows("The entries alone.")
    page_info: PageInfo = plain("Where the page lies in the list.")
    total_count: int = total_count(
        "The size of the whole list; costs at most one statement for all connections of a field."
    )
