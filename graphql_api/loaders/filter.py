"""What the filters of several lists share: plain values, and the SQL that an index serves.

A filter is a tree of frozen dataclasses of tuples, so that it can be part of a loader's key.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    String,
    Text,
    bindparam,
    literal,
    select,
    true,
)

from graphql_api.loaders.base import visible

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Hole:
    """Stands for a value in a filter, so that filters alike but for values have one statement."""

    index: int
    arm: int = 0


def hollow(where: Any) -> tuple[Any, tuple[Any, ...]]:  # a filter, or None
    """Take the values out of a filter: what is left is its shape."""
    values: list[Any] = []
    return _emptied(where, values), tuple(values)


def _emptied(value: Any, values: list[Any]) -> Any:
    if value is None or isinstance(value, bool) or value == ():
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return _mapped(lambda part: _emptied(part, values), value)
    if isinstance(value, tuple) and is_dataclass(value[0]):
        return tuple(_emptied(each, values) for each in value)
    values.append(value)
    return Hole(len(values) - 1)


def _mapped(function: Callable[[Any], Any], value: Any) -> Any:  # a dataclass
    parts = {part.name: function(getattr(value, part.name)) for part in fields(value)}
    return replace(value, **parts)


def of_arm(where: Any, arm: int) -> Any:  # a hollow filter
    """Name the holes of a filter after the arm of a statement."""
    if isinstance(where, Hole):
        return replace(where, arm=arm)
    if is_dataclass(where) and not isinstance(where, type):
        return _mapped(lambda part: of_arm(part, arm), where)
    return tuple(of_arm(each, arm) for each in where) if isinstance(where, tuple) else where


def bound(hole: Any, kind: "TypeEngine[Any]") -> BindParameter[Any]:  # or a value
    """Bind the value that a filter was given."""
    if isinstance(hole, Hole):
        return bindparam(f"where_{hole.arm}_{hole.index}", type_=kind)
    return literal(hole, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdFilter:
    """Bounds an id; what is None does not count."""

    eq: int | None = None
    any_of: tuple[int, ...] | None = None
    none_of: tuple[int, ...] | None = None

    def on(self, value: Any) -> Iterator[ColumnElement[bool]]:  # a column
        """Give the conditions on the column ``value``."""
        if self.eq is not None:
            yield value == bound(self.eq, value.type)
        if self.any_of is not None:
            yield among(value, self.any_of)
        if self.none_of is not None:
            yield unless(among(value, self.none_of))

    def on_visible(self, value: Any, model: Any) -> Iterator[ColumnElement[bool]]:  # a column
        """Give the same for a column whose rows outlive those of ``model`` that it names.

        Ids of rows of ``model`` that nobody sees are nobody's. PostgreSQL asks once which of the
        wanted are seen; the plain values stand beside, from which it knows how many to expect.
        """

        def seen(wanted: IdFilter) -> ColumnElement[bool]:
            ids = select(model.id).where(visible(model), *wanted.on(model.id)).correlate(None)
            found: ColumnElement[bool] = value.in_(ids)
            return found

        yield from replace(self, none_of=None).on(value)
        for wanted in (IdFilter(eq=self.eq), IdFilter(any_of=self.any_of)):
            if wanted != IdFilter():
                yield seen(wanted).is_(true())  # no join
        if self.none_of is not None:
            yield unless(seen(IdFilter(any_of=self.none_of)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFilter:
    """Bounds a short text; what is None does not count."""

    eq: str | None = None
    any_of: tuple[str, ...] | None = None
    starts_with: str | None = None

    def on(self, value: Any) -> Iterator[ColumnElement[bool]]:  # a column
        """Give the conditions on the column ``value``."""
        if self.eq is not None:
            yield value == bound(self.eq, value.type)
        if self.any_of is not None:
            yield among(value, self.any_of)
        if self.starts_with is not None:
            yield from prefixed(value, bound(self.starts_with, Text()))


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeFilter:
    """Bounds a number or a time; what is None does not count."""

    eq: int | None = None
    gte: int | datetime | None = None
    lte: int | None = None
    lt: datetime | None = None

    def on(self, value: Any) -> Iterator[ColumnElement[bool]]:  # a column
        """Give the conditions on the column ``value``."""
        if self.eq is not None:
            yield value == bound(self.eq, value.type)
        if self.gte is not None:
            yield value >= bound(self.gte, value.type)
        if self.lte is not None:
            yield value <= bound(self.lte, value.type)
        if self.lt is not None:
            yield value < bound(self.lt, value.type)


def conditions(value: object) -> int:
    """Count the conditions in a filter, those of the filters in it included."""
    if isinstance(value, tuple):
        return sum(map(conditions, value)) if value and is_dataclass(value[0]) else bool(value)
    if is_dataclass(value):
        return sum(conditions(getattr(value, field.name)) for field in fields(value))
    return value is not None


def array(wanted: Any, value: Any) -> BindParameter[Any]:  # a hole or a tuple; a column
    """Bind values of a column as ONE array."""
    kind = Text() if isinstance(value.type, String) else BigInteger()
    return bound(list(wanted) if isinstance(wanted, tuple) else wanted, ARRAY(kind))


def among(value: Any, wanted: Any) -> ColumnElement[bool]:  # a column; a hole or a tuple
    """Select rows whose ``value`` is one of ``wanted``."""
    found: ColumnElement[bool] = value == array(wanted, value).any_()
    return found


def unless(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Select rows that do not meet ``condition``, those among them where a null leaves it open."""
    return condition.is_not(true())


def prefixed(value: Any, prefix: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:  # a column
    """Select values that begin with ``prefix``, as a range of an index in code point order."""
    yield value >= prefix
    yield value < prefix + _LAST_CHARACTER
