"""The rows of lists, as SQL inside the statement of an arm.

An index gives rows in order, so that a walk reads no more of them than it returns. Where no single
index does, a list is the union of lists for which one does: those of a parent's descendants, those
of several tags, the alternatives of an OR. Then the first rows of each are read, and merged.
"""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    TableValuedAlias,
    UnaryExpression,
    bindparam,
    false,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from graphql_api.loaders.base import column_of, visible
from graphql_api.loaders.filter import of_arm
from graphql_api.loaders.keyset import beyond, directed
from graphql_api.loaders.walk import Shape, walk_table

if TYPE_CHECKING:
    from graphql_api.loaders.page import PageLoader


class Listing:
    """The lists that the walks of one shape go through."""

    members: FromClause | None = None
    """Parents (``id``) whose lists make up that of the walk with the parent ``root``."""
    overlapping = False
    """Whether a row can be in the lists of several members."""

    def __init__(
        self,
        pages: "type[PageLoader[Any]]",
        shape: Shape,
        walks: TableValuedAlias,
        wanted: Sequence[str],
    ) -> None:
        self.pages = pages
        self.shape = shape
        self.walks = walks
        self.wanted = wanted
        """Names of the columns that a row is to have."""
        in_order = [part.column for part in shape.order]
        self.columns = {name: column_of(pages, name) for name in (*wanted, *in_order, "id")}
        self.ordered = [self.columns[name] for name in in_order]

    @classmethod
    def of_arm(
        cls, pages: "type[PageLoader[Any]]", shape: Shape, number: int, wanted: Sequence[str]
    ) -> Self:
        """Begin an arm: its walks, and the lists as they are."""
        shape = shape._replace(where=of_arm(shape.where, number))
        kinds = [column_of(pages, part.column).type for part in shape.order]
        listing = cls(pages, shape, walk_table(shape, number, kinds), wanted)
        if shape.deep:
            listing.members = _tree(pages.tree, number)
        return listing

    def parts(self) -> list[Self]:
        """Split the lists into some that an index each gives in order."""
        if self.shape.anchored:
            return [self]
        return [self.narrowed(where) for where in self.pages.alternatives(self.shape.where)]

    def narrowed(self, where: Hashable) -> Self:
        """Give the same lists with another filter, through others that hold the same rows."""
        through = self.pages.through(where)
        pages, where = (through.pages, through.where) if through else (self.pages, where)
        part = type(self)(pages, self.shape._replace(where=where), self.walks, self.wanted)
        part.members = through.members.subquery("member") if through else self.members
        part.overlapping = through is not None
        return part

    def rows(self) -> Select[Any]:
        """Select the rows that a walk meets, at most its size."""
        labelled = [value.label(name) for name, value in self.columns.items()]
        rows = self._select(*labelled).where(*self._bounds())
        if self.members is None:
            return self._cut(rows.where(self._of_parent()), self.ordered)
        each = self._cut(rows.where(self.pages.parent == self.members.c.id), self.ordered)
        first = each.lateral("first")
        return self.merged(self._of_members(first), first, overlapping=self.overlapping)

    def merged(self, rows: Select[Any], source: FromClause, *, overlapping: bool) -> Select[Any]:
        """Order and cut rows of ``source`` that came in order from several lists."""
        ordered = [source.c[part.column] for part in self.shape.order]
        return self._cut(rows.ext(distinct_on(*ordered)) if overlapping else rows, ordered)

    def ids(self) -> Select[Any]:
        """Select the ids of a walk's whole list; some twice where members share rows."""
        return self._select(self.columns["id"].label("id")).where(self._of_parent())

    def any_past(self, cursor: str, *, backward: bool) -> ColumnElement[bool]:
        """Tell whether the list has rows at or past a cursor; false where none was given.

        It asks for the nearest as it asks for a page, so that both are read in the same way: to
        EXISTS any row would do, and to find that PostgreSQL looks through whole tables.
        """
        if cursor not in self.shape.cursors:
            return false()
        past = self._past(self._place(cursor), backward=backward, inclusive=True)
        nearest = directed(self.ordered, self.shape.order, backward=backward)
        one = func.least(self.walks.c.size, 1)
        row = self._select(self.columns["id"]).where(past).order_by(*nearest).limit(one)
        if self.members is None:
            return row.where(self._of_parent()).scalar_subquery().is_not(None)
        each = row.where(self.pages.parent == self.members.c.id).lateral("past")
        return self._of_members(each).exists()

    def directed(self, ordered: Sequence[ColumnElement[Any]]) -> list[UnaryExpression[Any]]:
        """Build the ORDER BY of the walks."""
        return directed(ordered, self.shape.order, backward=self.shape.backward)

    def _select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select from the lists of all parents."""
        pages = self.pages
        table = pages.table
        chosen = select(*columns).select_from(table).where(pages.seen(table), pages.only)
        if pages.link is not None:
            chosen = chosen.join(*pages.link)
        if self.shape.where is not None:
            chosen = chosen.where(pages.condition(self.shape.where))
        outer = (self.walks,) if self.members is None else (self.walks, self.members)
        return chosen.correlate(*outer)

    def _of_parent(self) -> ColumnElement[bool]:
        if self.pages.parent is None:
            return true()
        if self.members is not None:
            ids = select(self.members.c.id).where(self.members.c.root == self.walks.c.parent)
            return cast("ColumnElement[bool]", self.pages.parent.in_(ids.correlate(self.walks)))
        return cast("ColumnElement[bool]", self.pages.parent == self.walks.c.parent)

    def _of_members(self, each: FromClause) -> Select[Any]:
        """Select what ``each`` gives for the members of a walk's list."""
        members = cast("FromClause", self.members)
        return (
            select(*each.c)
            .select_from(members.join(each, true()))
            .where(members.c.root == self.walks.c.parent)
            .correlate(self.walks)
        )

    def _cut(self, rows: Select[Any], ordered: Sequence[ColumnElement[Any]]) -> Select[Any]:
        return rows.order_by(*self.directed(ordered)).limit(self.walks.c.size)

    def _bounds(self) -> list[ColumnElement[bool]]:
        """Bound the walk by its cursors, or have it start at its anchor."""
        bounds = [
            self._past(self._place(cursor), backward=cursor == "before")
            for cursor in self.shape.cursors
        ]
        if self.shape.anchored:
            backward = self.shape.backward
            bounds.append(self._past(self._anchor(), backward=backward, inclusive=not backward))
        return bounds

    def _past(
        self, place: list[ColumnElement[Any]], *, backward: bool, inclusive: bool = False
    ) -> ColumnElement[bool]:
        return beyond(self.ordered, self.shape.order, place, backward=backward, inclusive=inclusive)

    def _place(self, cursor: str) -> list[ColumnElement[Any]]:
        return [self.walks.c[f"{cursor}{part}"] for part in range(len(self.ordered))]

    def _anchor(self) -> list[ColumnElement[Any]]:
        """Look the anchor's place up: null, which nothing is past, where it is not in the list."""
        return [
            self._select(value)
            .where(self._of_parent(), self.columns["id"] == self.walks.c.anchor)
            .scalar_subquery()
            for value in self.ordered
        ]


def rows_of(parts: Sequence[Listing]) -> Select[Any]:
    """Select the rows that a walk meets in any of ``parts``, which can share rows."""
    first = parts[0]
    if len(parts) == 1:
        return first.rows()
    every = union_all(*(part.rows() for part in parts)).lateral("any")
    return first.merged(select(*every.c), every, overlapping=True)


def size_of(parts: Sequence[Listing]) -> ColumnElement[int]:
    """Count the rows of a walk's list, each once."""
    first, *others = (part.ids() for part in parts)
    if parts[0].overlapping:
        first = first.distinct()
    rows = first.union(*others) if others else first
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _tree(model: Any, number: int) -> CTE:  # a model
    """Name every descendant of an arm's parents, and the parents themselves, by root."""
    parents: BindParameter[Any] = bindparam(f"parent_{number}", type_=ARRAY(BigInteger))
    tree = (
        select(model.id.label("root"), model.id.label("id"))
        .where(visible(model), model.id == parents.any_())
        .cte(f"tree_{number}", recursive=True)
    )
    children = (
        select(tree.c.root, model.id).join(tree, model.parent_id == tree.c.id).where(visible(model))
    )
    return tree.union(children)  # UNION, not ALL: a cycle would end here
