"""Waves: what can be known by then is one batch, and batches of a wave run side by side."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.statement import Compiled
from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.operation import Operation
from graphql_api.models import Viewer
from graphql_api.settings import Settings
from tests.support.patience import until
from tests.support.postgres import address

Load = Callable[[int], Awaitable[int]]


class Timed(BatchLoader[int, int]):
    """Gives keys back after a while."""

    def __init__(self, operation: Operation, seconds: float = 0) -> None:
        super().__init__(operation)
        self.seconds = seconds
        self.batches: list[list[int]] = []

    async def batch_load_fn(self, keys: list[int]) -> list[int]:
        """Sleep and give the keys back."""
        self.batches.append(sorted(keys))
        await asyncio.sleep(self.seconds)
        return keys


class Held(BatchLoader[int, int]):
    """Waits in the database until a lock is free."""

    async def batch_load_fn(self, keys: list[int]) -> list[int]:
        """Wait, and give the keys back."""
        await self.fetch(Compiled(text("SELECT pg_advisory_xact_lock_shared(1)")), {})
        return keys


WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def plainly(load: Load, key: int) -> int:
    return await load(key)


async def in_a_task(load: Load, key: int) -> int:
    return await asyncio.create_task(plainly(load, key))


async def behind_a_gather(load: Load, key: int) -> int:
    [(found,)] = await asyncio.gather(asyncio.gather(load(key)))
    return found


async def a_turn_later(load: Load, key: int) -> int:
    await asyncio.sleep(0)
    return await load(key)


async def two_turns_later(load: Load, key: int) -> int:
    await asyncio.sleep(0)
    return await a_turn_later(load, key)


WAYS = [plainly, in_a_task, behind_a_gather, a_turn_later, two_turns_later]


async def test_loads_that_come_a_few_turns_apart_are_one_batch(operation: Operation) -> None:
    loader = Timed(operation)
    found = await asyncio.gather(*(way(loader.load, key) for key, way in enumerate(WAYS)))
    assert found == list(range(len(WAYS)))
    assert loader.batches == [found]


async def test_a_wave_waits_as_long_as_every_other_turn_brings_a_key(operation: Operation) -> None:
    loader = Timed(operation)

    async def later(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await loader.load(turns)

    await asyncio.gather(*map(later, range(0, 20, 2)))
    assert loader.batches == [list(range(0, 20, 2))]


async def test_loads_that_follow_an_answer_in_different_ways_are_one_batch(
    operation: Operation,
) -> None:
    first, second = Timed(operation), Timed(operation)

    async def chain(way: Callable[[Load, int], Coroutine[Any, Any, int]], key: int) -> int:
        return await way(second.load, await way(first.load, key))

    await asyncio.gather(*(chain(way, key) for key, way in enumerate(WAYS)))
    assert (len(first.batches), len(second.batches)) == (1, 1)


@pytest.mark.parametrize(("left_s", "right_s"), [(0, 0.1), (0.1, 0), (0.1, 0.1)])
async def test_the_number_of_batches_does_not_depend_on_which_one_is_faster(
    left_s: float, right_s: float, operation: Operation
) -> None:
    left, right = Timed(operation, left_s), Timed(operation, right_s)
    below, deepest = Timed(operation), Timed(operation)

    async def path(loader: Timed, way: Callable[[Load, int], Awaitable[int]], key: int) -> None:
        await way(deepest.load, await way(below.load, await way(loader.load, key)))

    await asyncio.gather(
        *(path(left, way, key) for key, way in enumerate(WAYS)),
        *(path(right, way, key + 10) for key, way in enumerate(WAYS)),
    )
    assert [len(loader.batches) for loader in (left, right, below, deepest)] == [1] * 4


@pytest.fixture
async def holder(settings: Settings) -> AsyncGenerator[asyncpg.Connection]:
    """Connect beside the pool, and hold the lock until closed."""
    connection = await asyncpg.connect(address(settings.url))
    await connection.execute("SELECT pg_advisory_lock(1)")
    yield connection
    await connection.close()


@pytest.mark.parametrize("n_connections", [1, 2, 4])
async def test_a_wave_runs_side_by_side_on_as_many_connections_as_a_request_may_have(
    n_connections: int,
    database: Database,
    holder: asyncpg.Connection,
    n_connections_in_use: Callable[[], int],
) -> None:
    operation = Operation(database.reader(n_connections), Viewer())
    loaders = [Held(operation) for _ in range(2 * n_connections)]

    async def whoever_has_a_connection_waits() -> bool:
        waiting: int = await holder.fetchval(WAITING)
        return 0 < n_connections_in_use() == waiting

    loading = asyncio.gather(*(loader.load(1) for loader in loaders))
    await until(whoever_has_a_connection_waits)
    assert n_connections_in_use() == n_connections
    await holder.close()
    await loading
    await operation.close()
