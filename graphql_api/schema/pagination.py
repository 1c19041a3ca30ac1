"""Relay connections: from a field's arguments to a loader's key, and from a page to its parts."""

import inspect
from asyncio import Future
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from strawberry.utils.str_converters import to_camel_case

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.base import Columns
from graphql_api.loaders.page import Page, PageKey, PageLoader, TotalKey, TotalLoader
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

_CURSORS = {"cursor", "start_cursor", "end_cursor"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Which arguments a connection takes, and what they mean."""

    ordering: Ordering
    order_by: inspect.Parameter | None = None
    where: inspect.Parameter | None = None
    """The argument that filters; its value is read by ``read_where``."""
    filters: tuple[inspect.Parameter, ...] = ()
    """Several that do in its place; their values, by name, are read by ``read_where``."""
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
            *self.filters,
            self.order_by,
        ]
        return [parameter for parameter in offered if parameter is not None]

    @property
    def sizes(self) -> tuple[str, ...]:
        """The arguments that say how many entries there are."""
        return ("first", "last") if self.backward else ("first",)

    @property
    def filtering(self) -> tuple[str, ...]:
        """The arguments that leave entries out, by their names in GraphQL."""
        parameters = (self.where, self.deep, *self.filters)
        return tuple(to_camel_case(each.name) for each in parameters if each is not None)

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

    def needs(
        self, columns: Columns, fields: frozenset[str], arguments: Arguments | None
    ) -> list[str]:
        """Say which of the rows' columns the fields of a connection read beside the nodes'."""
        needed = ["since"] if "since" in fields and "since" in columns else []
        if not _CURSORS.isdisjoint(fields):
            order = None if arguments is None else arguments.get("order_by")
            needed += self.ordering.reads(order, known=arguments is not None)
        return needed

    def _around(self, arguments: Arguments) -> int | None:
        wanted = arguments.get("around")
        if wanted is None or self.around is None:
            return None
        if any(arguments.get(name) is not None for name in ("last", "after", "before")):
            raise BadUserInputError("'around' goes with 'first' alone")
        return global_id.number_of(wanted, self.around)

    def _where(self, arguments: Arguments) -> Hashable:
        given: Any = arguments.get(self.where.name) if self.where else None
        if self.filters:
            given = {parameter.name: arguments.get(parameter.name) for parameter in self.filters}
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


class PageView:
    """How the fields of a connection read the pages that one field asked for."""

    __slots__ = ("_cursors", "_names", "_values_of", "key", "loader")

    def __init__(
        self,
        loader: PageLoader[Any],
        key: PageKey,
        cursors: CursorCodec,
        columns: Columns | None,
    ) -> None:
        self.loader = loader
        self.key = key
        """The page, but for its parent."""
        self._cursors = cursors
        self._names = None if columns is None else (None, *columns)
        self._values_of: Callable[[Any], Any] | None = None

    async def connection(
        self, page: Awaitable[Page[Any]], parent: int, counted: int | None
    ) -> "Connection":
        """Wait for a page and dress it as a connection; its list has ``counted`` rows, if known."""
        return Connection(await page, self, parent, counted)

    async def connections(
        self,
        pages: Awaitable[list[Page[Any]]],
        parents: Sequence[int],
        counts: Iterable[int | None],
    ) -> list["Connection"]:
        """Do the same for a whole level."""
        return list(map(Connection, await pages, repeat(self), parents, counts))

    def cursor_of(self, row: Any) -> str:
        """Build a row's cursor in this list and order."""
        if self._values_of is None:
            self._values_of = self._getter([part.column for part in self.key.order])
        return self._cursors.encode(self.loader.name, self.key.order, self._values_of(row))

    def since_of(self, row: Any) -> Any:
        """Return when the row came into the list, where the list knows."""
        if self._names is None:
            return getattr(row, "since", None)
        return row[self._names.index("since")] if "since" in self._names else None

    def _getter(self, columns: list[str]) -> Callable[[Any], Any]:
        """Return what reads the columns of a row, as a tuple; there are two or more."""
        if self._names is None:
            return attrgetter(*columns)
        return itemgetter(*map(self._names.index, columns))


class Total(NamedTuple):
    """The size of a list that is still to be counted."""

    loader: TotalLoader
    key: TotalKey


class Connection:
    """A page, as the fields of a connection read it; each part is made when it is selected."""

    __slots__ = ("_counted", "_page", "_parent", "_view", "nodes")

    def __init__(self, page: Page[Any], view: PageView, parent: int, counted: int | None) -> None:
        self.nodes = page.rows
        self._page = page
        self._view = view
        self._parent = parent
        self._counted = counted

    @property
    def edges(self) -> list["Edge"]:
        """The rows with their cursors."""
        return [Edge(row, self._view) for row in self.nodes]

    @property
    def page_info(self) -> "Connection":
        """Whether the list goes on, and where this page ends."""
        return self

    @property
    def total(self) -> int | Total:
        """The size of the whole list from the parent's counter, or what counts it."""
        key = self._view.key
        if self._counted is not None and key.where is None:
            return self._counted
        return Total(self._view.loader.totals, TotalKey(self._parent, key.where, key.deep))

    @property
    def total_count(self) -> "int | Future[int]":
        """The size of the whole list; counted by one statement for all where it has to be."""
        total = self.total
        return total if isinstance(total, int) else total.loader.load(total.key)

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
        return self._view.cursor_of(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """The last row's cursor; None on an empty page."""
        return self._view.cursor_of(self.nodes[-1]) if self.nodes else None


class Edge:
    """One row of a page, as the fields of an edge read it."""

    __slots__ = ("_view", "node")

    def __init__(self, node: Any, view: PageView) -> None:  # a row
        self.node = node
        self._view = view

    @property
    def cursor(self) -> str:
        """The row's cursor."""
        return self._view.cursor_of(self.node)

    @property
    def since(self) -> Any:
        """When the row came into the list, where the list knows."""
        return self._view.since_of(self.node)
