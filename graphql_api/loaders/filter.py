"""What the filters of several lists share: plain values, and the SQL that an index serves.

A filter is a tree of frozen dataclasses of tuples, so that it can be part of a loader's key.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    Text,
    literal,
    select,
    true,
)

from graphql_api.loaders.base import visible

_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdFilter:
    """Bounds an id; what is None does not count."""

    eq: int | None = None
    any_of: tuple[int, ...] | None = None
    none_of: tuple[int, ...] | None = None

    def on(self, value: Any) -> Iterator[ColumnElement[bool]]:  # a column
        """Give the conditions on the column ``value``."""
        if self.eq is not None:
            yield value == self.eq
        if self.any_of is not None:
            yield among(value, self.any_of)
        if self.none_of is not None:
            yield unless(among(value, self.none_of))

    def on_visible(self, value: Any, model: Any) -> Iterator[ColumnElement[bool]]:  # a column
        """Give the same for a column whose rows outlive those of ``model`` that it names.

        Ids of rows of ``model`` that nobody sees are nobody's. PostgreSQL asks once which of the
        wanted are seen; the plain values stand beside, from which it knows how many to expect.
        """

        def seen(wanted: tuple[int, ...]) -> ColumnElement[bool]:
            ids = select(model.id).where(visible(model), among(model.id, wanted)).correlate(None)
            found: ColumnElement[bool] = value.in_(ids)
            return found

        yield from replace(self, none_of=None).on(value)
        for wanted in (None if self.eq is None else (self.eq,), self.any_of):
            if wanted is not None:
                yield seen(wanted).is_(true())  # no join
        if self.none_of is not None:
            yield unless(seen(self.none_of))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFilter:
    """Bounds a short text; what is None does not count."""

    eq: str | None = None
    any_of: tuple[str, ...] | None = None
    starts_with: str | None = None

    def on(self, value: Any) -> Iterator[ColumnElement[bool]]:  # a column
        """Give the conditions on the column ``value``."""
        if self.eq is not None:
            yield value == self.eq
        if self.any_of is not None:
            yield among(value, self.any_of)
        if self.starts_with is not None:
            yield from prefixed(value, literal(self.starts_with, Text()))


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
            yield value == self.eq
        if self.gte is not None:
            yield value >= self.gte
        if self.lte is not None:
            yield value <= self.lte
        if self.lt is not None:
            yield value < self.lt


def conditions(value: object) -> int:
    """Count the conditions in a filter, those of the filters in it included."""
    if isinstance(value, tuple):
        return sum(map(conditions, value)) if value and is_dataclass(value[0]) else bool(value)
    if is_dataclass(value):
        return sum(conditions(getattr(value, field.name)) for field in fields(value))
    return value is not None


def among(value: Any, wanted: tuple[Any, ...]) -> ColumnElement[bool]:  # a column
    """Select rows whose ``value`` is one of ``wanted``, as ONE array in the statement's text."""
    kind = Text() if isinstance(value.type, String) else BigInteger()
    found: ColumnElement[bool] = value == literal(list(wanted), ARRAY(kind)).any_()
    return found


def unless(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Select rows that do not meet ``condition``, those among them where a null leaves it open."""
    return condition.is_not(true())


def prefixed(value: Any, prefix: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:  # a column
    """Select values that begin with ``prefix``, as a range of an index in code point order."""
    yield value >= prefix
    yield value < prefix + _LAST_CHARACTER
