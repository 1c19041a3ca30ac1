"""The SQL of pages and totals: one arm for each shape, glued by UNION ALL.

A shape is what makes the text; parents, sizes, cursors and the values of filters are bound to it.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Label,
    Select,
    cast,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.selectable import CompoundSelect

from graphql_api.db.statement import Compiled
from graphql_api.loaders.base import Columns
from graphql_api.loaders.listing import Listing, rows_of, size_of
from graphql_api.loaders.walk import Shape

if TYPE_CHECKING:
    from graphql_api.loaders.page import PageLoader

Statement = Select[Any] | CompoundSelect[Any]

_KEPT_STATEMENTS = 1024  # clients choose the columns; one is some 10 kB
_FLAG_BITS = 3
_PLACE_BITS = 40


class Met(NamedTuple):
    """What the first column of a record says."""

    arm: int
    place: int
    """Of the walk in its arm, from 1."""
    has_row: bool
    earlier: bool
    """Whether the list has rows up to the walk's ``after``."""
    later: bool
    """Whether it has rows from its ``before`` on."""


def met(code: int, *, plain: bool) -> Met:
    """Read the first column of a record; in a `plain` statement it is the walk's place."""
    if plain:
        return Met(0, code, has_row=True, earlier=False, later=False)
    place = (code >> _FLAG_BITS) & (1 << _PLACE_BITS) - 1
    arm = code >> _FLAG_BITS + _PLACE_BITS
    return Met(arm, place, bool(code & 1), bool(code & 2), bool(code & 4))


def is_plain(shapes: tuple[Shape, ...]) -> bool:
    """Tell whether the first column is the walk's place, and each record a row.

    So it is with a single arm that nothing bounds: whatever is past its ends is not asked for.
    """
    return len(shapes) == 1 and not shapes[0].anchored and not shapes[0].cursors


@lru_cache(_KEPT_STATEMENTS)
def page_statement(
    pages: "type[PageLoader[Any]]", shapes: tuple[Shape, ...], columns: Columns
) -> Compiled:
    """Build the statement of a batch of pages: a record is its `met` and the row's columns.

    The records come walk by walk, those of each in its own direction. Nothing sorts them: a nested
    loop, the only way to join what is LATERAL, keeps the order of the walks and of each.
    """
    arms = [Listing.of_arm(pages, shape, n, columns) for n, shape in enumerate(shapes)]
    if is_plain(shapes):
        return _compiled(_plain_page(arms[0]), shapes)
    return _compiled(_glued([_page(listing, n) for n, listing in enumerate(arms)]), shapes)


@lru_cache(_KEPT_STATEMENTS)
def total_statement(pages: "type[PageLoader[Any]]", shapes: tuple[Shape, ...]) -> Compiled:
    """Build the statement of a batch of totals; a record holds arm, place and total."""
    arms = [Listing.of_arm(pages, shape, n, ()) for n, shape in enumerate(shapes)]
    return _compiled(_glued([_total(listing, n) for n, listing in enumerate(arms)]), shapes)


def _compiled(statement: Statement, shapes: tuple[Shape, ...]) -> Compiled:
    # which index serves a filter best depends on its values; other lists are read alike for all
    return Compiled(statement, replans=any(shape.where is not None for shape in shapes))


def _glued(selects: list[Select[Any]]) -> Statement:
    return selects[0] if len(selects) == 1 else union_all(*selects)


def _plain_page(listing: Listing) -> Select[Any]:
    """Select each walk's rows."""
    rows = rows_of(listing.parts()).lateral("row_0")
    walks = listing.walks
    return select(walks.c.place, *(rows.c[name] for name in listing.wanted)).select_from(
        walks.join(rows, true())
    )


def _page(listing: Listing, number: int) -> Select[Any]:
    """Select each walk's rows, beside what lies past its cursors."""
    parts = listing.parts()
    rows = rows_of(parts).lateral(f"row_{number}")
    past = select(
        or_(*(part.any_past("after", backward=True) for part in parts)).label("earlier"),
        or_(*(part.any_past("before", backward=False) for part in parts)).label("later"),
    )
    # the LIMIT keeps PostgreSQL from asking this again for each row
    ends = past.limit(literal_column("1")).lateral(f"end_{number}")
    walks = listing.walks
    code = (
        _bits(number << _PLACE_BITS + _FLAG_BITS)
        + walks.c.place * _bits(1 << _FLAG_BITS)
        + cast(rows.c.id.is_not(None), Integer)
        + cast(ends.c.earlier, Integer) * _bits(2)
        + cast(ends.c.later, Integer) * _bits(4)
    )
    return select(code.label("met"), *(rows.c[name] for name in listing.wanted)).select_from(
        walks.join(ends, true()).outerjoin(rows, true())
    )


def _bits(number: int) -> ColumnElement[int]:
    return literal_column(str(number), BigInteger())


def _total(listing: Listing, number: int) -> Select[Any]:
    """Select the size of each walk's list."""
    walks = listing.walks
    total = size_of(listing.parts())
    return select(_labelled(number), walks.c.place, total.label("total")).select_from(walks)


def _labelled(number: int) -> Label[int]:
    return literal_column(str(number)).label("arm")
