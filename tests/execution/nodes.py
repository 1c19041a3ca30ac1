"""Types behind interfaces and unions, with lists of lists and with guarded fields."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from graphql_api.execution import Batch
from tests.execution.inputs import Color, Info, planned, promised
from tests.execution.rows import Article, Person
from tests.execution.world import ask, fresh, loading, spread, turns


class MayRead(BasePermission):
    """Lets those objects be read that allow it."""

    message = "you may not"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:  # noqa: ARG002  # Strawberry calls it so
        """Ask the object."""
        return bool(source.active)


class Loudly(FieldExtension):
    """Changes what a field gives."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any) -> Any:
        """Put the text in capitals."""
        return next_(source, info, **kwargs).upper()


@strawberry.interface
class Node:
    """An interface whose objects Strawberry tells apart by their class."""

    id: strawberry.ID
    name: str | None


@strawberry.type
class Tag(Node):
    """An object that says everything itself."""

    label: str
    color: Color
    weight: float | None
    numbers: strawberry.Private[Any]
    owner_id: strawberry.Private[Any]
    active: strawberry.Private[Any]

    @planned(Batch(load=loading("person"), key=("owner_id",)))
    async def owner(self, info: Info) -> Person | None:
        """Give an object with all of its attributes."""
        return await ask(info, "person", self.owner_id)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    def matrix(self) -> list[list[int]] | None:
        """Give lists of lists."""
        return fresh(self.numbers)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    async def late_matrix(self) -> list[list[int | None] | None]:
        """Give lists of lists a turn later."""
        await turns(1)
        return fresh(self.numbers)  # type: ignore[no-any-return]  # faults included

    @planned(None, permission_classes=[MayRead])
    def secret(self) -> str | None:
        """Give the label to those who may have it."""
        return self.label

    @planned(None, extensions=[Loudly()])
    def loud(self) -> str:
        """Give the label in capitals."""
        return self.label


def _groups(info: Info) -> Any:
    things = info.context.world.things
    return [list(spread(things, 0, 1)), [], list(spread(things, 0, 3))]


@strawberry.type
class Pin(Node):
    """Another object behind the interface, with a relation to some of them."""

    label: str | None
    nodes_: strawberry.Private[Any]
    owner_id: strawberry.Private[Any]

    @planned(Batch(load=loading("thing"), key=("owner_id",)))
    async def other(self, info: Info) -> Node | None:
        """Give an object of any type behind the interface."""
        return await ask(info, "thing", self.owner_id)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    def nodes(self, info: Info) -> list[Node | None] | None:
        """Give a list of whatever the data says."""
        found = fresh(self.nodes_)
        if isinstance(found, list):
            return [info.context.world.things.get(n) if n.__class__ is int else n for n in found]
        return found  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    def groups(self, info: Info) -> list[list[Tag]]:
        """Give lists of lists of objects."""
        return _groups(info)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    def loose_groups(self, info: Info) -> list[list[Tag | None] | None]:
        """Give lists of lists of objects, of which any may be null."""
        return _groups(info)  # type: ignore[no-any-return]  # faults included


Thing = Annotated[Tag | Pin | Article, strawberry.union("Thing")]


@strawberry.interface
class Pet:
    """An interface whose objects name their types."""

    name: str
    kind: strawberry.Private[Any]

    @classmethod
    def resolve_type(cls, obj: Any, *_: Any) -> Any:
        """Return what the object says, or a promise of it."""
        if isinstance(obj.kind, Exception):
            raise obj.kind
        return promised(obj.kind[1:]) if str(obj.kind).startswith("?") else obj.kind


@strawberry.type
class Cat(Pet):
    """A pet."""

    lives: int

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool | Awaitable[bool]:
        """Tell cats from others, for some of them a turn later."""
        is_cat = isinstance(obj, Cat)
        return promised(is_cat) if obj.name == "later" else is_cat


@strawberry.type
class Dog(Pet):
    """A pet whose owner is loaded."""

    tricks: list[str | None] | None
    owner_id: strawberry.Private[Any]

    @planned(Batch(load=loading("person"), key=("owner_id",)))
    async def owner(self, info: Info) -> Person:
        """Give an object that must be there."""
        return await ask(info, "person", self.owner_id)  # type: ignore[no-any-return]  # faults included


async def streamed(values: list[Any]) -> AsyncGenerator[Any]:
    """Yield the values from an async generator."""
    for value in values:
        await turns(1)
        yield value


async def streamed_until(values: list[Any]) -> AsyncGenerator[Any]:
    """Yield the values from an async generator, and fail."""
    async for value in streamed(values):
        yield value
    raise RuntimeError("the stream broke")
