"""Orders that clients can ask for.

One entry of ``orderBy`` at a time, which an index serves: rows that tie in one order would have to
be read and sorted to be put into a second one, and in a young site all posts tie by likes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import strawberry

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.keyset import Order


@strawberry.enum(description="Which way an order runs.")
class OrderDirection(Enum):
    """Which way an order runs."""

    ASC = strawberry.enum_value("asc", description="Smallest, earliest or first by name first.")
    DESC = strawberry.enum_value("desc", description="Largest, latest or last by name first.")


@dataclass(frozen=True, slots=True)
class Ordering:
    """The orders of one list."""

    default: tuple[Order, ...]
    """Ends with the id, which breaks ties."""
    columns: Mapping[Enum, str]
    """The column behind each value of the list's enum of orders."""

    def order(self, given: Sequence[Any] | None) -> tuple[Order, ...]:
        """Turn ``orderBy`` into columns that end with the id.

        Raises:
            BadUserInputError: more than one entry.
        """
        if not given:
            return self.default
        if len(given) > 1:
            raise BadUserInputError("'orderBy' takes one entry")
        falling = given[0].direction is OrderDirection.DESC
        return (Order(self.columns[given[0].field], falling), Order("id", falling))

    def reads(self, given: Sequence[Any] | None, *, known: bool) -> list[str]:
        """List the columns of the order; where it is not ``known`` yet, those of every order."""
        if not known:
            return [*(part.column for part in self.default), *self.columns.values()]
        chosen = [self.columns[entry.field] for entry in given or ()]
        return [*chosen, "id"] if chosen else [part.column for part in self.default]
