"""`@cost`: what a field costs. What stands in the SDL is what is counted."""

from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.schema_directive import Location

PRICE = "price"
"""The key of a field's metadata under which its price stands."""

COUNTS = "counts"
"""The key of the metadata of `totalCount`, which may take a statement of its own."""

OF_MUTATION = 10
"""A transaction with its audit entry takes about as long as ten rows of a list."""

OF_LIST = 10
"""How many entries a list without a size counts for: few of ours have more."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What the field costs each time it is asked for: `weight`, times the sizes that the"
    " arguments in `multipliers` give. These multiply what is selected in the list, too; a list"
    " without them counts as `weight` entries.",
)
class Cost:
    """Marks a field that costs something."""

    weight: int = 1
    multipliers: list[str] | None = strawberry.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a field costs, and which statements it takes."""

    weight: int = 0
    multipliers: tuple[str, ...] = ()
    """The arguments, by their names in GraphQL, that say how many entries the list has."""
    statement: str | None = None
    """What loads it: all fields of a level with the same name here take one statement."""
    counting: str | None = None
    """What counts the whole list, where its `totalCount` is selected."""
    unfiltered_is_known: bool = False
    """Whether nothing needs to be counted while no argument in ``filters`` is given."""
    filters: tuple[str, ...] = ()


def priced(price: Price) -> dict[str, Any]:
    """Give what a field's declaration says of its price: the directive, and the price itself."""
    cost = Cost(
        weight=price.weight,
        multipliers=list(price.multipliers) if price.multipliers else strawberry.UNSET,
    )
    return {"directives": [cost] if price.weight else [], "metadata": {PRICE: price}}
