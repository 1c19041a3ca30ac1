"""Relay connections: from a field's arguments to a loader's key, and from a page to its parts."""

import inspect
from asyncio import Future
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.page import Page, PageKey, PageLoader, TotalKey
from graphql_api.schema import global_id
from graphql_api.schema.arguments import (
    AFTER,
    AROUND,
    BEFORE,
    DEFAULT_SIZE,
    FIRST,
    LARGEST_SIZE,
    LAST,
)
from graphql_api.schema.cursor import CursorCodec
from graphql_api.schema.ordering import Ordering

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Which arguments a connection takes, and what they mean."""

    ordering: Ordering
    order_by: inspect.Parameter | None = None
    where: inspect.Parameter | None = None
    """The argument that filters; its value is read by ``read_where``."""
    read_where: Callable[[Any], Hashable] | None = None
    backward: bool = True
    """Whether `last` and `before` are offered."""
    around: str | None = None
    """The type whose ids `around` takes, where it is offered."""
    deep: inspect.Parameter | None = None
    """The argument that adds the lists of the parent's descendants."""

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """The field's arguments, in the order in which they stand in the SDL."""
        offered = [
            FIRST,
            AFTER,
            LAST if self.backward else None,
            BEFORE if self.backward else None,
            AROUND if self.around else None,
            self.deep,
            self.where,
            self.order_by,
        ]
        return [parameter for parameter in offered if parameter is not None]

    def key(
        self, list_name: str, parent: int, arguments: Arguments, cursors: CursorCodec
    ) -> PageKey:
        """Check the arguments and turn them into the loader's key.

        Raises:
            BadUserInputError: a size, cursor, id, filter or order cannot be used.
        """
        order = self.ordering.order(arguments.get("order_by"))
        first, last = arguments.get("first"), arguments.get("last")
        around = self._around(arguments)

        def position(name: str) -> Any:
            text = arguments.get(name)
            return None if text is None else cursors.decode(list_name, order, text, name=name)

        return PageKey(
            parent=parent,
            order=order,
            size=_size(first, last),
            backward=last is not None,
            after=position("after"),
            before=position("before"),
            around=around,
            where=self._where(arguments),
            # like an absent one, a null is the default: true
            deep=self.deep is not None and arguments.get(self.deep.name) is not False,
        )

    def _around(self, arguments: Arguments) -> int | None:
        wanted = arguments.get("around")
        if wanted is None or self.around is None:
            return None
        if any(arguments.get(name) is not None for name in ("last", "after", "before")):
            raise BadUserInputError("'around' goes with 'first' alone")
        return global_id.number_of(wanted, self.around)

    def _where(self, arguments: Arguments) -> Hashable:
        given = arguments.get(self.where.name) if self.where else None
        return None if given is None or self.read_where is None else self.read_where(given)


def _size(first: int | None, last: int | None) -> int:
    if first is not None and last is not None:
        raise BadUserInputError("give 'first' or 'last', not both")
    name, size = ("last", last) if last is not None else ("first", first)
    if size is None:
        return DEFAULT_SIZE
    if not 1 <= size <= LARGEST_SIZE:
        raise BadUserInputError(f"'{name}' must lie between 1 and {LARGEST_SIZE}, but is {size}")
    return size


class Connection:
    """A page, as the fields of a connection read it; each part is made when it is selected."""

    __slots__ = ("_counted", "_cursors", "_key", "_loader", "_page")

    def __init__(
        self,
        page: Page[Any],
        key: PageKey,
        loader: PageLoader[Any],
        cursors: CursorCodec,
        counted: int | None,
    ) -> None:
        self._counted = counted
        self._page = page
        self._key = key
        self._loader = loader
        self._cursors = cursors

    @property
    def nodes(self) -> list[Any]:
        """The rows."""
        return self._page.rows

    @property
    def edges(self) -> list["Edge"]:
        """The rows with their cursors."""
        return [Edge(row, self) for row in self._page.rows]

    @property
    def page_info(self) -> "Connection":
        """Whether the list goes on, and where this page ends."""
        return self

    @property
    def total_count(self) -> "int | Future[int]":
        """The size of the whole list: from the parent's counter, or by one statement for all."""
        if self._counted is not None:
            return self._counted
        key = self._key
        return self._loader.totals.load(TotalKey(key.parent, key.where, key.deep))

    @property
    def has_next_page(self) -> bool:
        """Whether rows follow."""
        return self._page.has_next

    @property
    def has_previous_page(self) -> bool:
        """Whether rows come before."""
        return self._page.has_previous

    @property
    def start_cursor(self) -> str | None:
        """The first row's cursor; None on an empty page."""
        return self.cursor_of(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """The last row's cursor; None on an empty page."""
        return self.cursor_of(self.nodes[-1]) if self.nodes else None

    def cursor_of(self, row: object) -> str:
        """Build a row's cursor in this list and order."""
        return self._cursors.encode(self._loader.name, self._key.order, row)


class Edge:
    """One row of a page, as the fields of an edge read it."""

    __slots__ = ("_connection", "node")

    def __init__(self, node: Any, connection: Connection) -> None:  # a row
        self.node = node
        self._connection = connection

    @property
    def cursor(self) -> str:
        """The row's cursor."""
        return self._connection.cursor_of(self.node)

    @property
    def since(self) -> Any:
        """When the row came into the list, where the list knows."""
        return getattr(self.node, "since", None)


async def connection(
    page: Awaitable[Page[Any]],
    key: PageKey,
    loader: PageLoader[Any],
    cursors: CursorCodec,
    counted: int | None,
) -> Connection:
    """Wait for a page and dress it as a connection of a list with ``counted`` rows, if known."""
    return Connection(await page, key, loader, cursors, counted)
