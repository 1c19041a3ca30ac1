"""Walks through lists: where each begins, which way it goes, and how far."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

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


class Walk(NamedTuple):
    """A walk through one parent's list, from a place on, for a number of rows."""

    key: int
    """Which of the batch's keys it is for, by its place."""
    parent: int
    size: int
    shape: Shape
    after: Position | None = None
    before: Position | None = None
    anchor: int | None = None


def grouped(walks: Sequence[Walk]) -> dict[Shape, list[Walk]]:
    """Group walks by shape, in order of appearance."""
    arms: dict[Shape, list[Walk]] = {}
    for walk in walks:
        arms.setdefault(walk.shape, []).append(walk)
    return arms


def parameters(arms: dict[Shape, list[Walk]]) -> dict[str, list[Any]]:
    """Lay out what the walks of each arm bind, as one array a column."""
    bound: dict[str, list[Any]] = {}
    for number, (shape, walks) in enumerate(arms.items()):
        bound[f"parent_{number}"] = [walk.parent for walk in walks]
        bound[f"size_{number}"] = [walk.size for walk in walks]
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
