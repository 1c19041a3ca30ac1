"""The SQL of pages and totals: one arm for each shape, glued by UNION ALL.

A shape is what makes the text; parents, sizes and cursors are arrays bound to it, one entry a walk.
"""

from collections.abc import Hashable, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Label,
    Select,
    TableValuedAlias,
    UnaryExpression,
    bindparam,
    column,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.selectable import CompoundSelect

from graphql_api.loaders.base import visible
from graphql_api.loaders.keyset import Order, Position, beyond, directed

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from graphql_api.loaders.page import PageLoader

_KEPT_STATEMENTS = 512  # shapes hold filters' values, so this is bounded; one is some 20 kB


class Shape(NamedTuple):
    """What makes the text of an arm."""

    order: tuple[Order, ...] = ()
    backward: bool = False
    has_after: bool = False
    has_before: bool = False
    anchored: bool = False
    """Whether the walk begins at a row given by its id."""
    where: Hashable = None
    deep: bool = False


class Walk(NamedTuple):
    """A walk through one parent's list, from a place on, for a number of rows."""

    key: int
    """Which of the batch's keys it is for, by its place."""
    parent: int
    size: int
    shape: Shape
    after: Position | None = None
    before: Position | None = None
    anchor: int | None = None


def grouped(walks: Sequence[Walk]) -> dict[Shape, list[Walk]]:
    """Group walks by shape, in order of appearance."""
    arms: dict[Shape, list[Walk]] = {}
    for walk in walks:
        arms.setdefault(walk.shape, []).append(walk)
    return arms


def parameters(arms: dict[Shape, list[Walk]]) -> dict[str, list[Any]]:
    """Lay out what the walks of each arm bind, as one array a column."""
    bound: dict[str, list[Any]] = {}
    for number, (shape, walks) in enumerate(arms.items()):
        bound[f"parent_{number}"] = [walk.parent for walk in walks]
        bound[f"size_{number}"] = [walk.size for walk in walks]
        if shape.anchored:
            bound[f"anchor_{number}"] = [walk.anchor for walk in walks]
        for given, name in ((shape.has_after, "after"), (shape.has_before, "before")):
            for part in range(len(shape.order)) if given else ():
                bound[f"{name}{part}_{number}"] = [getattr(walk, name)[part] for walk in walks]
    return bound


@lru_cache(_KEPT_STATEMENTS)
def page_statement(
    pages: "type[PageLoader[Any]]", shapes: tuple[Shape, ...]
) -> Select[Any] | CompoundSelect[Any]:
    """Build the statement of a batch of pages.

    A record holds the arm's number, the walk's place in it from 1, whether the list has rows up to
    its ``after`` and from its ``before`` on, and the row's columns, null where it met none. The
    records of a walk come in its own direction.
    """
    return _glued([_Arm(pages, shape, number).page() for number, shape in enumerate(shapes)])


@lru_cache(_KEPT_STATEMENTS)
def total_statement(
    pages: "type[PageLoader[Any]]", shapes: tuple[Shape, ...]
) -> Select[Any] | CompoundSelect[Any]:
    """Build the statement of a batch of totals; a record holds arm, place and total."""
    return _glued([_Arm(pages, shape, number).total() for number, shape in enumerate(shapes)])


def _glued(selects: list[Select[Any]]) -> Select[Any] | CompoundSelect[Any]:
    return selects[0] if len(selects) == 1 else union_all(*selects)


class _Arm:
    """One arm, while it is built."""

    def __init__(self, pages: "type[PageLoader[Any]]", shape: Shape, number: int) -> None:
        self.pages = pages
        self.shape = shape
        self.number: Label[int] = literal_column(str(number)).label("arm")
        self.suffix = f"_{number}"
        self.columns = {
            field.name: pages.columns.get(field.name, getattr(pages.table, field.name, null()))
            for field in fields(pages.row)
        }
        self.ordered = [self.columns[part.column] for part in shape.order]
        self.walks = self._walks()
        self.tree = self._tree() if shape.deep else None

    def page(self) -> Select[Any]:
        """Select each walk's rows, beside what lies past its cursors."""
        rows = self._rows().lateral("row" + self.suffix)
        ends = select(
            self._any_past("after", backward=True).label("earlier"),
            self._any_past("before", backward=False).label("later"),
        ).lateral("ends" + self.suffix)
        in_order = self._directed([rows.c[part.column] for part in self.shape.order])
        return (
            select(
                self.number,
                self.walks.c.place,
                ends.c.earlier,
                ends.c.later,
                *(rows.c[name] for name in self.columns),
            )
            .select_from(self.walks.join(ends, true()).outerjoin(rows, true()))
            .order_by(self.walks.c.place, *in_order)
        )

    def total(self) -> Select[Any]:
        """Select the size of each walk's list."""
        counted = self._list(func.count()).where(self._of_parent())
        return select(
            self.number, self.walks.c.place, counted.scalar_subquery().label("total")
        ).select_from(self.walks)

    def _walks(self) -> TableValuedAlias:
        """Turn the bound arrays into a table with a row for each walk."""
        kinds: dict[str, TypeEngine[Any]] = {"parent": BigInteger(), "size": Integer()}
        if self.shape.anchored:
            kinds["anchor"] = BigInteger()
        for given, name in ((self.shape.has_after, "after"), (self.shape.has_before, "before")):
            if given:
                kinds |= {f"{name}{part}": value.type for part, value in enumerate(self.ordered)}
        arrays = [bindparam(name + self.suffix, type_=ARRAY(kind)) for name, kind in kinds.items()]
        table = func.unnest(*arrays).table_valued(
            *(column(name, kind) for name, kind in kinds.items()),
            with_ordinality="place",
        )
        return table.render_derived(name="walk" + self.suffix)

    def _tree(self) -> CTE:
        """Name every descendant of the parents, and the parents themselves, by root."""
        model = self.pages.tree
        parents: BindParameter[Any] = bindparam("parent" + self.suffix, type_=ARRAY(BigInteger))
        tree = (
            select(model.id.label("root"), model.id.label("id"))
            .where(visible(model), model.id == parents.any_())
            .cte("tree" + self.suffix, recursive=True)
        )
        children = (
            select(tree.c.root, model.id)
            .join(tree, model.parent_id == tree.c.id)
            .where(visible(model))
        )
        return tree.union(children)  # UNION, not ALL: a cycle would end here

    def _list(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select from the lists of all parents."""
        pages = self.pages
        chosen = select(*columns).select_from(pages.table).where(visible(pages.table), pages.only)
        if pages.link is not None:
            chosen = chosen.join(*pages.link)
        if self.shape.where is not None:
            chosen = chosen.where(pages.condition(self.shape.where))
        outer = (self.walks,) if self.tree is None else (self.walks, self.tree)
        return chosen.correlate(*outer)

    def _of_parent(self) -> ColumnElement[bool]:
        if self.pages.parent is None:
            return true()
        if self.tree is not None:
            below = select(self.tree.c.id).where(self.tree.c.root == self.walks.c.parent)
            return cast("ColumnElement[bool]", self.pages.parent.in_(below.correlate(self.walks)))
        return cast("ColumnElement[bool]", self.pages.parent == self.walks.c.parent)

    def _rows(self) -> Select[Any]:
        """Select the rows that the walk meets, at most its size."""
        labelled = [value.label(name) for name, value in self.columns.items()]
        rows = self._list(*labelled).where(*self._range())
        if self.tree is None:
            return self._cut(rows.where(self._of_parent()), self.ordered)
        # an index gives each descendant's rows in order: take the first of each, then merge
        each = self._cut(rows.where(self.pages.parent == self.tree.c.id), self.ordered)
        first = each.lateral("first" + self.suffix)
        merged = (
            select(*(first.c[name] for name in self.columns))
            .select_from(self.tree.join(first, true()))
            .where(self.tree.c.root == self.walks.c.parent)
        )
        return self._cut(merged, [first.c[part.column] for part in self.shape.order])

    def _cut(self, rows: Select[Any], ordered: Sequence[ColumnElement[Any]]) -> Select[Any]:
        return rows.order_by(*self._directed(ordered)).limit(self.walks.c.size)

    def _directed(self, ordered: Sequence[ColumnElement[Any]]) -> list[UnaryExpression[Any]]:
        return directed(ordered, self.shape.order, backward=self.shape.backward)

    def _range(self) -> list[ColumnElement[bool]]:
        """Bound the walk by its cursors, or have it start at its anchor."""
        bounds = []
        if self.shape.has_after:
            bounds.append(self._past(self._cursor("after"), backward=False))
        if self.shape.has_before:
            bounds.append(self._past(self._cursor("before"), backward=True))
        if self.shape.anchored:
            backward = self.shape.backward
            bounds.append(self._past(self._anchor(), backward=backward, inclusive=not backward))
        return bounds

    def _past(
        self, place: list[ColumnElement[Any]], *, backward: bool, inclusive: bool = False
    ) -> ColumnElement[bool]:
        return beyond(self.ordered, self.shape.order, place, backward=backward, inclusive=inclusive)

    def _cursor(self, name: str) -> list[ColumnElement[Any]]:
        return [self.walks.c[f"{name}{part}"] for part in range(len(self.ordered))]

    def _anchor(self) -> list[ColumnElement[Any]]:
        """Look the anchor's place up: null, which nothing is past, where it is not in the list."""
        return [
            self._list(value)
            .where(self._of_parent(), self.columns["id"] == self.walks.c.anchor)
            .scalar_subquery()
            for value in self.ordered
        ]

    def _any_past(self, name: str, *, backward: bool) -> ColumnElement[bool]:
        """Tell whether the list has rows at or past a cursor; false where none was given."""
        given = self.shape.has_after if name == "after" else self.shape.has_before
        if not given:
            return false()
        past = self._past(self._cursor(name), backward=backward, inclusive=True)
        return self._list(literal_column("1")).where(self._of_parent(), past).exists()
