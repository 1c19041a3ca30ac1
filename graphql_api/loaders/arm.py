"""The SQL of pages and totals: one arm for each shape, glued by UNION ALL.

A shape is what makes the text; parents, sizes and cursors are arrays bound to it, one entry a walk.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

from sqlalchemy import Label, Select, literal_column, or_, select, true, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from graphql_api.loaders.listing import Listing, rows_of, size_of
from graphql_api.loaders.walk import Shape

if TYPE_CHECKING:
    from graphql_api.loaders.page import PageLoader

Statement = Select[Any] | CompoundSelect[Any]
Build = Callable[["type[PageLoader[Any]]", tuple[Shape, ...]], Statement]

_KEPT_STATEMENTS = 256  # one is some 0.3 MB


def _kept(build: Build) -> Build:
    """Keep what ``build`` made for shapes without a filter.

    Those with one hold its values, and are built anew: a millisecond each, where what is compiled
    from them is kept by SQLAlchemy, which puts values aside.
    """
    keep = lru_cache(_KEPT_STATEMENTS)(build)

    @wraps(build)
    def statement(pages: "type[PageLoader[Any]]", shapes: tuple[Shape, ...]) -> Statement:
        filtered = any(shape.where is not None for shape in shapes)
        if filtered:
            return build(pages, shapes)
        return keep(pages, shapes)  # type: ignore[arg-type]  # a class can be hashed

    return statement


@_kept
def page_statement(pages: "type[PageLoader[Any]]", shapes: tuple[Shape, ...]) -> Statement:
    """Build the statement of a batch of pages.

    A record holds the arm's number, the walk's place in it from 1, whether the list has rows up to
    its ``after`` and from its ``before`` on, and the row's columns, null where it met none. The
    records of a walk come in its own direction.
    """
    return _glued([_page(Listing.of_arm(pages, shape, n), n) for n, shape in enumerate(shapes)])


@_kept
def total_statement(pages: "type[PageLoader[Any]]", shapes: tuple[Shape, ...]) -> Statement:
    """Build the statement of a batch of totals; a record holds arm, place and total."""
    return _glued([_total(Listing.of_arm(pages, shape, n), n) for n, shape in enumerate(shapes)])


def _glued(selects: list[Select[Any]]) -> Statement:
    return selects[0] if len(selects) == 1 else union_all(*selects)


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
    in_order = listing.directed([rows.c[part.column] for part in listing.shape.order])
    walks = listing.walks
    return (
        select(
            _labelled(number),
            walks.c.place,
            ends.c.earlier,
            ends.c.later,
            *(rows.c[name] for name in listing.columns),
        )
        .select_from(walks.join(ends, true()).outerjoin(rows, true()))
        .order_by(walks.c.place, *in_order)
    )


def _total(listing: Listing, number: int) -> Select[Any]:
    """Select the size of each walk's list."""
    walks = listing.walks
    total = size_of(listing.parts())
    return select(_labelled(number), walks.c.place, total.label("total")).select_from(walks)


def _labelled(number: int) -> Label[int]:
    return literal_column(str(number)).label("arm")
