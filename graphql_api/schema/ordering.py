"""Orders that clients can ask for: each is served by an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import strawberry

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.keyset import Order

MOST_ORDERS = 3


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
            BadUserInputError: too many entries, or one field twice.
        """
        if not given:
            return self.default
        if len(given) > MOST_ORDERS:
            raise BadUserInputError(f"'orderBy' takes at most {MOST_ORDERS} entries")
        columns = [self.columns[part.field] for part in given]
        if len(set(columns)) < len(columns):
            raise BadUserInputError("'orderBy' names a field twice")
        falling = [part.direction is OrderDirection.DESC for part in given]
        return (*map(Order, columns, falling), Order("id", falling[-1]))
