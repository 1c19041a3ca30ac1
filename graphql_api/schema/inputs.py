"""Filters that several lists share, as clients write them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import strawberry

from graphql_api.errors import BadUserInputError
from graphql_api.loaders import filter as plain
from graphql_api.schema import global_id
from graphql_api.services.text import checked_text

MOST_VALUES = 100

GivenT = TypeVar("GivenT")
ReadT = TypeVar("ReadT")


def optional(read: Callable[[GivenT], ReadT], given: GivenT | None) -> ReadT | None:
    """Read a value that may be absent."""
    return None if given is None else read(given)


def each(
    read: Callable[[GivenT], ReadT], given: Sequence[GivenT] | None
) -> tuple[ReadT, ...] | None:
    """Read a list that may be absent.

    Raises:
        BadUserInputError: it has more than 100 entries.
    """
    if given is None:
        return None
    if len(given) > MOST_VALUES:
        raise BadUserInputError(f"a list in a filter takes at most {MOST_VALUES} entries")
    return tuple(map(read, given))


@strawberry.input
class IDFilter:
    """Bounds an id; conditions that are given must all hold."""

    eq: strawberry.ID | None = strawberry.field(default=None, description="Is this one.")
    in_: list[strawberry.ID] | None = strawberry.field(
        name="in", default=None, description="Is one of these, at most 100."
    )
    not_in: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Is none of these, at most 100."
    )

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

    eq: str | None = strawberry.field(default=None, description="Is this text.")
    in_: list[str] | None = strawberry.field(
        name="in", default=None, description="Is one of these, at most 100."
    )
    starts_with: str | None = strawberry.field(default=None, description="Begins with this.")

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

    gte: datetime | None = strawberry.field(default=None, description="At or after.")
    lt: datetime | None = strawberry.field(default=None, description="Before.")

    def read(self) -> plain.RangeFilter:
        """Turn it into the loaders' filter."""
        return plain.RangeFilter(gte=self.gte, lt=self.lt)


@strawberry.input
class IntFilter:
    """Bounds a number; conditions that are given must all hold."""

    eq: int | None = strawberry.field(default=None, description="Equal to.")
    gte: int | None = strawberry.field(default=None, description="At least.")
    lte: int | None = strawberry.field(default=None, description="At most.")

    def read(self) -> plain.RangeFilter:
        """Turn it into the loaders' filter."""
        return plain.RangeFilter(eq=self.eq, gte=self.gte, lte=self.lte)


def ids_of(type_name: str) -> Callable[[IDFilter], plain.IdFilter]:
    """Read filters of ids of one type."""
    return lambda given: given.read(type_name)
