"""Keyset pagination: places in a list are values of its order's columns, never offsets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, UnaryExpression, and_, or_, tuple_

Position: TypeAlias = tuple[int | str | datetime, ...]
"""A place in a list: the value of each column of its order."""


class Order(NamedTuple):
    """One column of an order."""

    column: str
    """The name of a column of the rows."""
    descending: bool = False


def directed(
    columns: Sequence[ColumnElement[Any]], order: Sequence[Order], *, backward: bool
) -> list[UnaryExpression[Any]]:
    """Build the ORDER BY of a walk through the list, from its end when ``backward``."""
    return [
        value.desc() if part.descending != backward else value.asc()
        for value, part in zip(columns, order, strict=True)
    ]


def beyond(
    columns: Sequence[ColumnElement[Any]],
    order: Sequence[Order],
    place: Sequence[ColumnElement[Any]],
    *,
    backward: bool,
    inclusive: bool = False,
) -> ColumnElement[bool]:
    """Select the rows that a walk meets after ``place``, and at it when ``inclusive``.

    A row comparison where all columns run one way, so that one index range answers it; else the
    same thing spelled out, led by a range of the first column.
    """
    falling = [part.descending != backward for part in order]
    if len(set(falling)) == 1:
        left, right = tuple_(*columns), tuple_(*place)
        if falling[0]:
            return left <= right if inclusive else left < right
        return left >= right if inclusive else left > right
    return _spelled_out(list(zip(columns, place, falling, strict=True)), inclusive=inclusive)


def _spelled_out(
    parts: list[tuple[ColumnElement[Any], ColumnElement[Any], bool]], *, inclusive: bool
) -> ColumnElement[bool]:
    (value, limit, falling), rest = parts[0], parts[1:]
    strictly = value < limit if falling else value > limit
    loosely = value <= limit if falling else value >= limit
    if not rest:
        return loosely if inclusive else strictly
    return and_(loosely, or_(strictly, _spelled_out(rest, inclusive=inclusive)))
