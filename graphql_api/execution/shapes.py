"""Completion of values: from a column of what fields gave to a column of the answer's parts.

It has two halves. On the way down, values are sorted: nulls and errors are put aside, lists are
flattened, objects opened, whose relations are then loaded. On the way up, when nothing is loaded
any more, generated code builds the answer's objects, and lists are split again.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol

from graphql import GraphQLError, Undefined
from graphql.pyutils import Path, is_iterable
from graphql.pyutils.is_awaitable import is_async_iterable
from strawberry.execution import optimized_is_awaitable as is_awaitable

from graphql_api.execution.errors import Failed, null_error
from graphql_api.execution.info import At
from graphql_api.execution.leaves import Leaf

if TYPE_CHECKING:
    from graphql_api.execution.plan import Field, Scope
    from graphql_api.execution.run import Run


class Completion(Protocol):
    """A column on its way."""

    def finish(self, run: "Run") -> list[Any]:
        """Return the completed values, once nothing is loaded any more."""


class Ready:
    """A column that needed no more than its values."""

    __slots__ = ("_values",)

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def finish(self, _run: "Run") -> list[Any]:
        """Return the values."""
        return self._values


class After:
    """A column that is known when something has been waited for."""

    __slots__ = ("_completion", "_then", "awaitable")

    def __init__(self, run: "Run", awaitable: Any, then: Callable[[Any], Completion]) -> None:
        self.awaitable = awaitable
        self._then = then
        self._completion: Completion = Ready([])
        run.waiting.append(self)

    def resume(self, outcome: Any) -> None:
        """Go on with what was waited for, or with the exception that it raised."""
        self._completion = self._then(outcome)

    def finish(self, run: "Run") -> list[Any]:
        """Return the completed values."""
        return self._completion.finish(run)


class Shape:
    """A type at one place of an operation."""

    item: "Shape | None" = None
    """What a list holds."""

    def __init__(self, field: "Field", *, nullable: bool) -> None:
        self.field = field
        self.nullable = nullable

    def scope_of(self, type_name: str | None) -> "Scope | None":  # noqa: ARG002  # for subclasses
        """Return what is selected of an object of the type; None for a leaf."""
        return None

    def scopes(self) -> "list[Scope]":
        """List what may be selected below, by type."""
        return []

    def complete(self, values: list[Any], run: "Run", at: At | None) -> Completion:
        """Begin the completion of a column; ``at`` gives its paths where they may be read."""
        raise NotImplementedError

    def absent(self, value: Any, run: "Run") -> Any:
        """Complete None, Undefined or an exception."""
        if isinstance(value, Failed):
            return value
        if isinstance(value, Exception):
            error = value
        elif self.nullable:
            return None
        else:
            error = null_error(self.field)
        run.has_errors = True
        return Failed(error)


def settled(values: list[Any], run: "Run", then: Callable[[list[Any]], Completion]) -> Completion:
    """Wait for the awaitables in ``values``, side by side, and go on with the full column."""
    places = [index for index, value in enumerate(values) if is_awaitable(value)]
    gathered = _gathered([values[place] for place in places])

    def resume(outcomes: Any) -> Completion:
        full = list(values)
        for place, outcome in zip(places, outcomes, strict=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, Exception):
                raise outcome
            full[place] = outcome
        return then(full)

    return After(run, gathered, resume)


def _gathered(awaitables: list[Any]) -> Any:
    """Start them all now, or where no loop runs yet once somebody waits."""

    async def outcomes() -> list[Any]:
        return await asyncio.gather(*awaitables, return_exceptions=True)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return outcomes()
    return asyncio.gather(*awaitables, return_exceptions=True)


class LeafShape(Shape):
    """A scalar or an enum."""

    def __init__(self, leaf: Leaf, field: "Field", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self.leaf = leaf

    def complete(self, values: list[Any], run: "Run", at: At | None) -> Completion:  # noqa: ARG002  # leaves have no paths
        """Complete each value."""
        if any(map(is_awaitable, values)):
            return settled(values, run, lambda full: self.complete(full, run, None))
        exactly = self.leaf.exactly
        return Ready([exactly(value, run) for value in values])


_LISTS = {list}


class ListShape(Shape):
    """A list."""

    item: Shape

    def __init__(self, item: Shape, field: "Field", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self.item = item

    def scopes(self) -> "list[Scope]":
        """List what may be selected of the list's entries."""
        return self.item.scopes()

    def complete(self, values: list[Any], run: "Run", at: At | None) -> Completion:
        """Flatten the lists into one column, and remember where each ends."""
        lists: list[Any] = values
        special: dict[int, Any] = {}
        if not _LISTS.issuperset(map(type, values)):
            # before anything is taken from a generator, which gives it but once
            if any(map(_is_waited_for, values)):
                return self._waited(values, run, at)
            lists = [
                value if value.__class__ is list else self._entries(index, value, special, run)
                for index, value in enumerate(values)
            ]
        sizes = list(map(len, lists))
        below = None if at is None else _below(at, sizes)
        flat = list(chain.from_iterable(lists))
        return _Lists(self.item.complete(flat, run, below), sizes, special)

    def _entries(
        self, index: int, value: Any, special: dict[int, Any], run: "Run"
    ) -> Sequence[Any]:
        if value is None or value is Undefined or isinstance(value, Exception | Failed):
            special[index] = self.absent(value, run)
            return ()
        try:
            if not is_iterable(value):
                where = f"{self.field.parent_type}.{self.field.name}"
                raise GraphQLError(  # noqa: TRY301  # for one place that catches
                    f"Expected Iterable, but did not find one for field '{where}'."
                )
            return list(value)
        except Exception as error:  # noqa: BLE001  # whatever an iterator raises
            special[index] = self.absent(error, run)
            return ()

    def _waited(self, values: list[Any], run: "Run", at: At | None) -> Completion:
        full = [_drained(value) if is_async_iterable(value) else value for value in values]
        return settled(full, run, lambda lists: self.complete(lists, run, at))


def _is_waited_for(value: Any) -> bool:
    return bool(is_awaitable(value) or is_async_iterable(value))


async def _drained(values: Any) -> list[Any]:
    return [value async for value in values]


def _below(at: At, sizes: list[int]) -> At:
    def paths() -> list[Path | None]:
        return [
            Path(path, index, None)
            for path, size in zip(at(), sizes, strict=True)
            for index in range(size)
        ]

    return paths


class _Lists:
    __slots__ = ("_flat", "_sizes", "_special")

    def __init__(self, flat: Completion, sizes: list[int], special: dict[int, Any]) -> None:
        self._flat = flat
        self._sizes = sizes
        self._special = special

    def finish(self, run: "Run") -> list[Any]:
        flat = iter(self._flat.finish(run))
        lists: list[Any] = [list(islice(flat, size)) for size in self._sizes]
        for index, value in self._special.items():
            lists[index] = value
        return lists
