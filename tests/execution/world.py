"""What the operations of these tests are about: a world of objects, and how relations are loaded.

A relation has one meaning, `answer_of`; the plan asks for it by levels (`batch`), graphql-core
object by object through a `Loader`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql_api.execution import Execution, Level

Arguments = Mapping[str, Any]
REFUSED = 13
"""Whoever asks for so many is refused."""


@dataclass
class World:
    """The objects, by family and number; any attribute of them may be at fault."""

    people: dict[int, Any] = field(default_factory=dict)
    articles: dict[int, Any] = field(default_factory=dict)
    things: dict[int, Any] = field(default_factory=dict)
    pets: list[Any] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    """How the batches of a family fail: ``refuses``, ``raises``, ``short`` or ``nothing``."""
    answers: dict[str, Callable[["World", Any, Arguments], Any]] = field(default_factory=dict)
    """What each family gives for a key."""
    n_turns: int = 1
    """How many turns of the event loop a load takes."""

    def answer_of(self, family: str, key: Any, arguments: Arguments) -> Any:
        """Return what the relation gives for one key: an exception where that fails."""
        try:
            return self.answers[family](self, key, arguments)
        except Exception as error:  # noqa: BLE001  # it is that key's error
            return error

    async def batch(self, family: str, keys: list[Any], arguments: Arguments) -> Any:
        """Return what the relation gives for several keys."""
        await turns(self.n_turns)
        if self.broken.get(family) == "raises":
            raise RuntimeError(f"no {family} today")
        if self.broken.get(family) == "nothing":
            return None
        values = [self.answer_of(family, key, arguments) for key in keys]
        return values[:-1] if self.broken.get(family) == "short" else values


@dataclass
class Context:
    """What resolvers and loaders are told, and what they note."""

    world: World
    execution: Execution = field(default_factory=Execution)
    log: list[str] = field(default_factory=list)
    """What mutations did, in their order."""
    loads: list[Level] = field(default_factory=list)
    """What plans asked for."""
    visited: set[tuple[str, ...]] = field(default_factory=set)
    """Where graphql-core's resolvers of relations were called with a key: type and path."""
    loaders: dict[str, "Loader"] = field(default_factory=dict)

    def loader(self, family: str, arguments: Arguments) -> "Loader":
        """Return the loader of a relation with some arguments."""
        name = f"{family} {sorted(arguments.items())!r}"
        if name not in self.loaders:
            self.loaders[name] = Loader(self.world, family, arguments)
        return self.loaders[name]


class Loader:
    """Loads object by object, and gathers what is asked for in one turn of the event loop."""

    def __init__(self, world: World, family: str, arguments: Arguments) -> None:
        self._world = world
        self._family = family
        self._arguments = arguments
        self._asked: dict[Any, asyncio.Future[Any]] = {}

    def load(self, key: Any) -> Awaitable[Any]:
        """Return what comes to hold the key's value."""
        if self._world.broken.get(self._family) == "refuses":
            raise RuntimeError(f"{self._family} refuses")
        if not self._asked:
            self._dispatching = asyncio.ensure_future(self._dispatch())
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_future()
        return self._value(self._asked[key])

    async def _value(self, future: asyncio.Future[Any]) -> Any:
        value = await asyncio.shield(future)
        if isinstance(value, Exception):
            raise value
        return value

    async def _dispatch(self) -> None:
        await asyncio.sleep(0)
        asked, self._asked = self._asked, {}
        values: Any
        try:
            values = await self._world.batch(self._family, list(asked), self._arguments)
            if values is None or len(values) != len(asked):
                raise TypeError("a loader gave another number of values than it had keys")  # noqa: TRY301  # for one place that catches
        except Exception as error:  # noqa: BLE001  # the error of every key
            values = [error] * len(asked)
        for future, value in zip(asked.values(), values, strict=True):
            future.set_result(value)


def loading(family: str) -> Callable[[Level], Awaitable[list[Any]]]:
    """Return the function by which a plan loads a relation."""

    def load(level: Level) -> Awaitable[list[Any]]:
        context: Context = level.context
        context.loads.append(level)
        if context.world.broken.get(family) == "refuses":
            raise RuntimeError(f"{family} refuses")
        return _loaded(context.world, level)

    async def _loaded(world: World, level: Level) -> Any:
        values = await world.batch(family, level.keys, level.arguments)
        return values and [laid_out(value, level) for value in values]

    return load


def laid_out(value: Any, level: Level) -> Any:
    """Lay the rows in what a loader gives out as sequences, where columns are asked for."""
    if hasattr(value, "laid_out"):
        return value.laid_out(level)
    if isinstance(value, list | tuple):
        return type(value)(laid_out(each, level) for each in value)
    if level.columns is None or not hasattr(value, "is_row"):
        return value
    return ("key", *(getattr(value, name) for name in level.columns))


def refuse(_context: Any, arguments: Arguments) -> None:
    """Raise what those are told who ask for too many."""
    if arguments.get("first") == REFUSED:
        raise PermissionError("not so many")


def note(info: Any) -> None:
    """Remember that graphql-core asked for a relation here."""
    steps = (str(step) for step in info.path.as_list() if isinstance(step, str))
    parent = info._raw_info.parent_type.name  # noqa: SLF001  # Strawberry keeps the type there
    info.context.visited.add((parent, *steps))


async def ask(info: Any, family: str, key: Any, arguments: Arguments | None = None) -> Any:
    """Load a relation for one object, as graphql-core does."""
    if key is None:
        return None
    refuse(info.context, arguments or {})
    note(info)
    return await info.context.loader(family, arguments or {}).load(key)


async def turns(number: int) -> None:
    """Let the event loop turn so often."""
    for _ in range(number):
        await asyncio.sleep(0)


def fresh(value: Any) -> Any:
    """Make what can be used but once, such as a generator, anew for each who asks."""
    return value() if callable(value) else value


def column_of(columns: Mapping[Any, str], row: Any, choice: Any) -> Any:
    """Return the column of a row that an argument names."""
    return getattr(row, columns[choice])


def spread(values: Mapping[int, Any], start: int, count: int) -> Iterable[Any]:
    """Yield a few values from one on."""
    return [values.get((start + step) % 6) for step in range(count)]
