"""Walks through lists: where each begins, which way it goes, and how far."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    TableValuedAlias,
    bindparam,
    column,
    func,
)

from graphql_api.loaders.keyset import Order, Position

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine


class Shape(NamedTuple):
    """What makes the text of an arm."""

    order: tuple[Order, ...] = ()
    backward: bool = False
    has_after: bool = False
    has_before: bool = False
    anchored: bool = False
    """Whether the walk begins at a row given by its id."""
    where: Hashable = None
    deep: bool = False

    @property
    def cursors(self) -> list[str]:
        """Names of the cursors that bound the walk."""
        given = (("after", self.has_after), ("before", self.has_before))
        return [name for name, is_given in given if is_given]


class Walk(NamedTuple):  # one for each key of a batch: light
    """A walk through one parent's list, from a place on, for a number of rows."""

    key: int
    """Which of the batch's keys it is for, by its place."""
    parent: int
    size: int
    shape: Shape
    values: tuple[Any, ...] = ()
    """What the filter in the shape compares with."""
    after: Position | None = None
    before: Position | None = None
    anchor: int | None = None


Arms: TypeAlias = list[tuple[Shape, list[Walk]]]
"""Walks that differ in arrays alone, by the shape that they have in common."""


def grouped(walks: Sequence[Walk]) -> Arms:
    """Group walks by shape and filter, in order of appearance."""
    arms: dict[tuple[Shape, tuple[Any, ...]], list[Walk]] = {}
    for walk in walks:
        arms.setdefault((walk.shape, walk.values), []).append(walk)
    return [(shape, together) for (shape, _values), together in arms.items()]


def parameters(arms: Arms) -> dict[str, Any]:
    """Lay out what the walks of each arm bind: one array a column, and the filter's values."""
    bound: dict[str, Any] = {}
    for number, (shape, walks) in enumerate(arms):
        bound[f"parent_{number}"] = [walk.parent for walk in walks]
        bound[f"size_{number}"] = [walk.size for walk in walks]
        for index, value in enumerate(walks[0].values):
            bound[f"where_{number}_{index}"] = value
        if shape.anchored:
            bound[f"anchor_{number}"] = [walk.anchor for walk in walks]
        for name in shape.cursors:
            for part in range(len(shape.order)):
                bound[f"{name}{part}_{number}"] = [getattr(walk, name)[part] for walk in walks]
    return bound


def walk_table(shape: Shape, number: int, kinds: "Sequence[TypeEngine[Any]]") -> TableValuedAlias:
    """Turn the arrays bound for an arm into a table with a row for each walk.

    ``kinds`` are the types of the columns of the order.
    """
    columns: dict[str, TypeEngine[Any]] = {"parent": BigInteger(), "size": Integer()}
    if shape.anchored:
        columns["anchor"] = BigInteger()
    for name in shape.cursors:
        columns |= {f"{name}{part}": kind for part, kind in enumerate(kinds)}
    arrays = [bindparam(f"{name}_{number}", type_=ARRAY(kind)) for name, kind in columns.items()]
    walks = func.unnest(*arrays).table_valued(
        *(column(name, kind) for name, kind in columns.items()), with_ordinality="place"
    )
    return walks.render_derived(name=f"walk_{number}")
