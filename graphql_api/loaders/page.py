"""The shape of a page: the first or last rows of each parent's list, in one statement.

`unnest(parents, sizes, cursors) CROSS JOIN LATERAL (… LIMIT size)` gives every parent a page of its
own size and place, reading no more rows than it returns. Pages that differ in more than values (in
order, direction or filter) become *arms* of one UNION ALL (see `arm`), so that aliases never add a
statement.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, repeat
from operator import itemgetter
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, true

from graphql_api.db.statement import Compiled
from graphql_api.loaders import arm
from graphql_api.loaders.base import BatchLoader, key_of, names_of, rows_of, visible
from graphql_api.loaders.filter import hollow
from graphql_api.loaders.keyset import Order, Position
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.walk import Arms, Shape, Walk, grouped, parameters

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
    peeks: bool = True
    """Whether to find out if the list goes on: it costs a row more."""

    def of(self, parents: Iterable[int]) -> "list[PageKey]":
        """Return the same page of other parents' lists."""
        parts = zip(parents, *map(repeat, self[1:]), strict=False)  # all but the first are endless
        return list(map(_as_key, parts))


_as_key: Any = partial(tuple.__new__, PageKey)  # for each parent of a level: by nothing but C


class TotalKey(NamedTuple):
    """Which list to count."""

    parent: int
    where: Hashable = None
    deep: bool = False


@dataclass(slots=True)  # one for each parent: frozen ones take four times as long to make
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
    seen = staticmethod(visible)
    """Which rows of the table the viewer may see in it: the notion of what is visible, or own."""
    only: ClassVar[ColumnElement[bool]] = true()
    """What every row of the list meets beside that."""
    tree: ClassVar[Any] = None
    """The model of the parents where they form a tree, for pages that are ``deep``."""

    _totals: "TotalLoader | None" = None

    @property
    def totals(self) -> "TotalLoader":
        """The loader that counts the same lists."""
        if self._totals is None:
            self._totals = TotalLoader(self.operation, type(self))
        return self._totals

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
        if _are_alike(keys):
            return await self._load_alike(keys)
        shapes: dict[tuple[Any, ...], _Shapes] = {}
        walks = [walk for index, key in enumerate(keys) for walk in _walks(index, key, shapes)]
        arms = grouped(walks)
        kinds = tuple(shape for shape, _walks in arms)
        records = await self.fetch(self._statement(kinds), parameters(arms))
        found = [(_Found(), _Found()) for _key in keys]
        _take_apart(records, arms, found, plain=arm.is_plain(kinds))
        if self.selected is None:
            for met in (each for both in found for each in both):
                met.rows = [self.row(*record[1:]) for record in met.rows]
        return [_page(key, *found[index]) for index, key in enumerate(keys)]

    def _statement(self, shapes: tuple[Shape, ...]) -> Compiled:
        names = names_of(self.row) if self.selected is None else self.selected
        return arm.page_statement(type(self), shapes, names)  # type: ignore[arg-type]  # a class can be hashed

    async def _load_alike(self, keys: list[PageKey]) -> list[Page[RowT]]:
        """Load pages that differ in their parents alone, as those of a level do: the usual case."""
        key = keys[0]
        ((shape, values),) = _shapes(key)
        bound: dict[str, Any] = {
            "parent_0": list(map(_parent_of, keys)),
            "size_0": [key.size + key.peeks] * len(keys),
            **{f"where_0_{index}": value for index, value in enumerate(values)},
        }
        records = await self.fetch(self._statement((shape,)), bound)
        n_of_place = Counter(map(key_of, records))
        rows = rows_of(self, records)
        pages: list[Page[Any]] = []
        end = 0
        for n_met in map(n_of_place.get, range(1, len(keys) + 1), repeat(0)):
            start, end = end, end + n_met
            more = n_met > key.size
            met = rows[start : end - more]
            if key.backward:
                pages.append(Page(met[::-1], has_next=False, has_previous=more))
            else:
                pages.append(Page(met, has_next=more, has_previous=False))
        return pages


_parent_of = itemgetter(0)
_but_parent = itemgetter(slice(1, None))


def _are_alike(keys: list[PageKey]) -> bool:
    """Tell whether keys differ in their parents alone, and nothing bounds their pages."""
    first = keys[0]
    alike = first[1:]
    return (first.after, first.before, first.around) == (None, None, None) and all(
        map(alike.__eq__, map(_but_parent, keys))
    )


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


def _take_apart(
    records: list[Any], arms: Arms, found: list[tuple[_Found, _Found]], *, plain: bool
) -> None:
    """Sort the records to the walks that met them."""
    for code, alike in groupby(records, key_of):
        met = arm.met(code, plain=plain)
        shape, walks = arms[met.arm]
        walk = found[walks[met.place - 1].key][shape.backward]
        walk.earlier, walk.later = met.earlier, met.later
        if met.has_row:
            walk.rows += alike


_Shapes = list[tuple[Shape, tuple[Any, ...]]]


def _walks(index: int, key: PageKey, kept: dict[tuple[Any, ...], _Shapes]) -> list[Walk]:
    """Plan the walks for a page: one, or one each way from the row it must hold.

    The shapes are ``kept`` for the next key that differs in its parent alone, as most do.
    """
    shapes = kept.get(key[1:])
    if shapes is None:
        shapes = kept[key[1:]] = _shapes(key)
    size = key.size + key.peeks  # one more tells whether the list goes on
    return [
        Walk(index, key.parent, size, shape, values, key.after, key.before, key.around)
        for shape, values in shapes
    ]


def _shapes(key: PageKey) -> _Shapes:
    where, values = hollow(key.where)
    directions = [key.backward] if key.around is None else [False, True]
    return [
        (
            Shape(
                order=key.order,
                backward=backward,
                has_after=key.after is not None,
                has_before=key.before is not None,
                anchored=key.around is not None,
                where=where,
                deep=key.deep,
            ),
            values,
        )
        for backward in directions
    ]


def _page(key: PageKey, onward: _Found, back: _Found) -> Page[Any]:
    if key.around is not None:
        return _page_around(key.size, onward.rows, back.rows)
    met = back if key.backward else onward
    rows, more = met.rows, len(met.rows) > key.size
    if more:
        rows = rows[: key.size]
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
        walks = []
        for index, key in enumerate(keys):
            where, values = hollow(key.where)
            walks.append(Walk(index, key.parent, 0, Shape(where=where, deep=key.deep), values))
        arms = grouped(walks)
        totals = [0] * len(keys)
        kinds = tuple(shape for shape, _walks in arms)
        statement = arm.total_statement(self._pages, kinds)  # type: ignore[arg-type]  # a class can be hashed
        for number, place, total in await self.fetch(statement, parameters(arms)):
            _shape, in_order = arms[number]
            totals[in_order[place - 1].key] = total
        return totals
