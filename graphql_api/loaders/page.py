"""The shape of a page: the first or last rows of each parent's list, in one statement.

`unnest(parents, sizes, cursors) CROSS JOIN LATERAL (… LIMIT size)` gives every parent a page of its
own size and place, reading no more rows than it returns. Pages that differ in more than values (in
order, direction or filter) become *arms* of one UNION ALL (see `arm`), so that aliases never add a
statement.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, true

from graphql_api.loaders import arm
from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.keyset import Order, Position
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.walk import Shape, Walk, grouped, parameters

RowT = TypeVar("RowT")


class PageKey(NamedTuple):
    """Which page of which list; hashable, so that equal pages are loaded once."""

    parent: int
    """The id of the parent; 0 for a list of everything."""
    order: tuple[Order, ...]
    """Ends with the id, which breaks ties."""
    size: int
    backward: bool = False
    """The last ``size`` rows instead of the first."""
    after: Position | None = None
    before: Position | None = None
    around: int | None = None
    """The id of a row that the page must hold; then ``after`` and ``before`` are None."""
    where: Hashable = None
    deep: bool = False
    """With the lists of the parent's descendants, where parents form a tree."""


class TotalKey(NamedTuple):
    """Which list to count."""

    parent: int
    where: Hashable = None
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """A page of a list, in the list's order."""

    rows: list[RowT]
    has_next: bool
    has_previous: bool


class PageLoader(BatchLoader[PageKey, Page[RowT]], Generic[RowT]):
    """A page per key. A subclass says whose rows they are; the rest follows."""

    row: ClassVar[type]
    """The dataclass that a row becomes; it has the columns of every order."""
    table: ClassVar[Any]
    """The model that the rows are of."""
    parent: ClassVar[Any] = None
    """The column that holds the parent's id; None for a list of everything."""
    link: ClassVar[tuple[Any, ColumnElement[bool]] | None] = None
    """The model between parent and row, and how it joins, where the relation is many to many."""
    columns: ClassVar[dict[str, Any]] = {}
    """Columns of ``row`` that are not those of ``table`` with the same name."""
    only: ClassVar[ColumnElement[bool]] = true()
    """What every row of the list meets, beside being visible."""
    tree: ClassVar[Any] = None
    """The model of the parents where they form a tree, for pages that are ``deep``."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self.totals = TotalLoader(operation, type(self))

    @staticmethod
    def condition(where: Any) -> ColumnElement[bool]:  # each list has its own filter
        """Turn the list's filter into SQL; lists without a filter get none."""
        raise NotImplementedError(where)

    @staticmethod
    def alternatives(where: Any) -> Sequence[Any]:
        """Split the filter where its rows are those of several others, each served by an index."""
        return (where,)

    @staticmethod
    def through(where: Any) -> "Through | None":  # noqa: ARG004  # for subclasses
        """Say which other lists hold the rows that meet the filter, if some shorter ones do."""
        return None

    async def batch_load_fn(self, keys: list[PageKey]) -> list[Page[RowT]]:
        """Load the page of each key, in the keys' order, with one statement."""
        walks = [walk for index, key in enumerate(keys) for walk in _walks(index, key)]
        arms = grouped(walks)
        statement = arm.page_statement(type(self), tuple(arms))
        found: defaultdict[tuple[int, bool], _Found] = defaultdict(_Found)
        by_number = list(arms.values())
        build = self.row
        for number, place, earlier, later, *values in await self.fetch(statement, parameters(arms)):
            walk = by_number[number][place - 1]
            met = found[walk.key, walk.shape.backward]
            met.earlier, met.later = earlier, later
            if values[0] is not None:
                met.rows.append(build(*values))
        return [_page(key, index, found) for index, key in enumerate(keys)]


@dataclass(frozen=True, slots=True)
class Through:
    """Lists that hold a filtered list's rows together."""

    pages: type[PageLoader[Any]]
    """Whose lists: their rows are of the same class."""
    members: Select[int, int]
    """The parents (``id``) of the lists, beside ``root``, the parent of the filtered list."""
    where: Hashable
    """What is left of the filter."""


class _Found:
    """What one walk through a list met, and whether there is more past its cursors."""

    __slots__ = ("earlier", "later", "rows")

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.earlier = self.later = False


def _walks(index: int, key: PageKey) -> list[Walk]:
    """Plan the walks for a page: one, or one each way from the row it must hold."""
    directions = [key.backward] if key.around is None else [False, True]
    return [
        Walk(
            index,
            key.parent,
            key.size + 1,  # one more tells whether the list goes on
            Shape(
                order=key.order,
                backward=backward,
                has_after=key.after is not None,
                has_before=key.before is not None,
                anchored=key.around is not None,
                where=key.where,
                deep=key.deep,
            ),
            key.after,
            key.before,
            key.around,
        )
        for backward in directions
    ]


def _page(key: PageKey, index: int, found: dict[tuple[int, bool], _Found]) -> Page[Any]:
    if key.around is not None:
        return _page_around(key.size, found[index, False].rows, found[index, True].rows)
    met = found[index, key.backward]
    rows, more = met.rows[: key.size], len(met.rows) > key.size
    if key.backward:
        return Page(rows[::-1], has_next=met.later, has_previous=more or met.earlier)
    return Page(rows, has_next=more or met.later, has_previous=met.earlier)


def _page_around(size: int, onward: list[Any], back: list[Any]) -> Page[Any]:
    """Put the wanted row, first of ``onward``, in the middle as far as the list allows."""
    n_before = min(len(back), max(size // 2, size - len(onward)))
    n_after = size - n_before
    return Page(
        back[:n_before][::-1] + onward[:n_after],
        has_next=len(onward) > n_after,
        has_previous=len(back) > n_before,
    )


class TotalLoader(BatchLoader[TotalKey, int]):
    """How many rows a list has in all."""

    def __init__(self, operation: Operation, pages: type[PageLoader[Any]]) -> None:
        super().__init__(operation)
        self._pages = pages

    @property
    def name(self) -> str:
        """The page loader's name with what is counted."""
        return f"{self._pages.__name__}.totals"

    async def batch_load_fn(self, keys: list[TotalKey]) -> list[int]:
        """Count the list of each key, in the keys' order, with one statement."""
        walks = [
            Walk(index, key.parent, 0, Shape(where=key.where, deep=key.deep))
            for index, key in enumerate(keys)
        ]
        arms = grouped(walks)
        by_number = list(arms.values())
        totals = [0] * len(keys)
        statement = arm.total_statement(self._pages, tuple(arms))
        for number, place, total in await self.fetch(statement, parameters(arms)):
            totals[by_number[number][place - 1].key] = total
        return totals
