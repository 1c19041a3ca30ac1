"""Filters that several lists share, as clients write them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import strawberry

from graphql_api.errors import BadUserInputError
from graphql_api.loaders import filter as plain
from graphql_api.schema import global_id
from graphql_api.services.text import checked_text

MOST_VALUES = 100

GivenT = TypeVar("GivenT")
ReadT = TypeVar("ReadT")


def maybe(description: str, *, name: str | None = None) -> Any:  # stands for the type
    """Declare an input's field that may be absent, or null, which is the same."""
    return strawberry.field(default=strawberry.UNSET, description=description, name=name)


def optional(read: Callable[[GivenT], ReadT], given: GivenT | None) -> ReadT | None:
    """Read a value that may be absent."""
    return None if given is None or given is strawberry.UNSET else read(given)


def each(
    read: Callable[[GivenT], ReadT], given: Sequence[GivenT] | None
) -> tuple[ReadT, ...] | None:
    """Read a list that may be absent.

    Raises:
        BadUserInputError: it has more than 100 entries.
    """
    if given is None or given is strawberry.UNSET:
        return None
    if len(given) > MOST_VALUES:
        raise BadUserInputError(f"a list in a filter takes at most {MOST_VALUES} entries")
    return tuple(map(read, given))


@strawberry.input
class IDFilter:
    """Bounds an id; conditions that are given must all hold."""

    eq: strawberry.ID | None = maybe("Is this one.")
    in_: list[strawberry.ID] | None = maybe("Is one of these, at most 100.", name="in")
    not_in: list[strawberry.ID] | None = maybe("Is none of these, at most 100.")

    def read(self, type_name: str) -> plain.IdFilter:
        """Check the ids, which must be those of one type."""

        def number(text: str) -> int:
            return global_id.number_of(text, type_name)

        return plain.IdFilter(
            eq=optional(number, self.eq),
            any_of=each(number, self.in_),
            none_of=each(number, self.not_in),
        )


@strawberry.input
class StringFilter:
    """Bounds a short text; upper and lower case differ. Conditions given must all hold."""

    eq: str | None = maybe("Is this text.")
    in_: list[str] | None = maybe("Is one of these, at most 100.", name="in")
    starts_with: str | None = maybe("Begins with this.")

    def read(self) -> plain.TextFilter:
        """Turn it into the loaders' filter."""
        return plain.TextFilter(
            eq=optional(checked_text, self.eq),
            any_of=each(checked_text, self.in_),
            starts_with=optional(checked_text, self.starts_with),
        )


@strawberry.input
class DateTimeFilter:
    """Bounds a moment; conditions that are given must all hold."""

    gte: datetime | None = maybe("At or after.")
    lt: datetime | None = maybe("Before.")

    def read(self) -> plain.RangeFilter:
        """Turn it into the loaders' filter."""
        return plain.RangeFilter(gte=self.gte or None, lt=self.lt or None)


@strawberry.input
class DateRange:
    """A stretch of time."""

    from_: datetime = strawberry.field(name="from", description="When it begins.")
    to: datetime = strawberry.field(description="When it is over: before this.")

    def read(self) -> plain.RangeFilter:
        """Turn it into the loaders' filter.

        Raises:
            BadUserInputError: it ends before it begins.
        """
        if self.to < self.from_:
            raise BadUserInputError("a range ends at or after its beginning")
        return plain.RangeFilter(gte=self.from_, lt=self.to)


@strawberry.input
class IntFilter:
    """Bounds a number; conditions that are given must all hold."""

    eq: int | None = maybe("Equal to.")
    gte: int | None = maybe("At least.")
    lte: int | None = maybe("At most.")

    def read(self) -> plain.RangeFilter:
        """Turn it into the loaders' filter."""
        return plain.RangeFilter(
            eq=optional(int, self.eq), gte=optional(int, self.gte), lte=optional(int, self.lte)
        )


def ids_of(type_name: str) -> Callable[[IDFilter], plain.IdFilter]:
    """Read filters of ids of one type."""
    return lambda given: given.read(type_name)
