"""The cost of an operation as a formula: compiled with its document, worked out for each request.

A walk through the document gives amounts. What does not depend on a variable is a number at once;
what does is a step, which takes one multiplication a request. A fragment that is spread twice is
worked out once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    BooleanValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ValueNode,
    VariableNode,
)

from graphql_api.schema.arguments import DEFAULT_SIZE, LARGEST_SIZE

_MOST_DIGITS = 9


class Amount(NamedTuple):
    """Some cost and some nodes, and the steps whose results are to be added to them."""

    cost: int = 0
    nodes: int = 0
    steps: tuple[int, ...] = ()

    def plus(self, other: "Amount") -> "Amount":
        """Add another."""
        if other is NOTHING:
            return self
        return Amount(self.cost + other.cost, self.nodes + other.nodes, self.steps + other.steps)


NOTHING = Amount()


class Varying(NamedTuple):
    """A size that a variable says, or else the argument's default."""

    name: str
    default: int | None


@dataclass(frozen=True, slots=True)
class Size:
    """How many entries a list has: the product of what its arguments say, if any does."""

    parts: tuple[int | Varying | None, ...]

    def of(self, variables: Mapping[str, Any]) -> int:
        """Work it out; what a variable holds may be anything yet."""
        size, is_given = 1, False
        for part in self.parts:
            count: int | None
            if isinstance(part, Varying):
                count = count_of(variables.get(part.name))
                count = part.default if count is None else count
            else:
                count = part
            if count is not None:
                size *= count
                is_given = True
        return size if is_given else DEFAULT_SIZE


class Step(NamedTuple):
    """A list or a thing whose amount depends on variables."""

    size: int | Size
    fixed: int
    """What it costs whatever its size."""
    weight: int
    """What each entry costs."""
    nodes: int
    """How many nodes each entry is: 1, or 0."""
    once: Amount
    """What is selected beside the entries."""
    each: Amount
    """What is selected of each entry."""


@dataclass(frozen=True, slots=True)
class Formula:
    """The amount of an operation."""

    steps: Sequence[Step]
    total: Amount
    defaults: Mapping[str, Any]
    """The values that variables have where none is sent."""

    def of(self, variables: Mapping[str, Any] | None) -> tuple[int, int]:
        """Work out the cost and the number of nodes, for the variables of a request."""
        if not self.total.steps:
            return self.total.cost, self.total.nodes
        values = {**self.defaults, **variables} if variables else self.defaults
        done: list[tuple[int, int]] = []
        for size, fixed, weight, is_node, once, each in self.steps:
            count = size if isinstance(size, int) else size.of(values)
            cost, nodes = _sum(once, done)
            cost_of_each, nodes_of_each = _sum(each, done)
            cost += fixed + count * (weight + cost_of_each)
            done.append((cost, nodes + count * (is_node + nodes_of_each)))
        return _sum(self.total, done)


def amount_of(step: Step) -> Amount | None:
    """Work a step out at once; None where it depends on a variable."""
    size, fixed, weight, is_node, once, each = step
    if not isinstance(size, int) or once.steps or each.steps:
        return None
    cost = fixed + once.cost + size * (weight + each.cost)
    return Amount(cost, once.nodes + size * (is_node + each.nodes))


def size_of(given: Sequence[tuple[ValueNode | None, int | None]]) -> int | Size:
    """Read the size of a list from its arguments, each with its default.

    What is out of bounds is refused when the field runs, so it counts as the nearest that is not.
    """
    parts: list[int | Varying | None] = []
    for node, default in given:
        if isinstance(node, VariableNode):
            parts.append(Varying(node.name.value, default))
        elif node is None or isinstance(node, NullValueNode):
            parts.append(default)
        else:
            parts.append(count_of(literal(node)))
    size = Size(tuple(parts))
    return size if any(isinstance(each, Varying) for each in parts) else size.of({})


def count_of(value: Any) -> int | None:  # anything: it comes from outside
    """Read a size: a number, or how many entries a list has; None for what is neither."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # GraphQL takes it as a number without a fraction
    if value.__class__ is int:
        return min(max(value, 0), LARGEST_SIZE)
    return min(len(value), LARGEST_SIZE) if isinstance(value, list) else None


def literal(node: ValueNode | None) -> Any:
    """Read as much of a value in a document as sizes, and `dryRun`, need."""
    if isinstance(node, BooleanValueNode):
        return node.value
    if isinstance(node, IntValueNode):
        is_long = len(node.value) > _MOST_DIGITS
        return LARGEST_SIZE * (not node.value.startswith("-")) if is_long else int(node.value)
    if isinstance(node, ListValueNode):
        return [None] * len(node.values)
    return None


def _sum(amount: Amount, done: list[tuple[int, int]]) -> tuple[int, int]:
    cost, nodes, steps = amount
    for step in steps:
        cost += done[step][0]
        nodes += done[step][1]
    return cost, nodes
