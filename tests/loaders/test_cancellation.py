"""However an operation ends, everybody is answered and nothing is left behind."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.statement import Compiled
from graphql_api.errors import UnavailableError
from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Viewer
from tests.support.factories import Factory
from tests.support.patience import patience, until


class Sleeping(BatchLoader[int, int]):
    """Sleeps in the database, for longer than a test may take; the key tells whose statement."""

    async def batch_load_fn(self, keys: list[int]) -> list[int]:
        """Sleep."""
        await self.fetch(Compiled(text(f"SELECT pg_sleep(600) AS sleeper_{keys[0]}")), {})
        return keys


async def request(database: Database, number: int) -> None:
    """Wait for three statements on two connections, as the endpoint would."""
    operation = Operation(database.reader(2), Viewer())
    try:
        await asyncio.gather(*(Sleeping(operation).load(number) for _ in range(3)))
    finally:
        await asyncio.shield(operation.close())


async def n_sleeping(database: Database, number: int) -> int:
    """Count the statements of a request that run on the server."""
    running = text(
        "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = :query"
        " AND datname = current_database()"
    )
    query = f"SELECT pg_sleep(600) AS sleeper_{number}"
    return len(await database.reader(1).rows(running, {"query": query}))


async def leave(running: "asyncio.Task[None]") -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with patience():
            await running


async def test_a_request_that_is_cancelled_at_any_moment_gives_its_connections_back(
    database: Database, n_connections_in_use: Callable[[], int], make: Factory
) -> None:
    user = await make.user()
    for number in range(50):
        running = asyncio.create_task(request(database, number))
        await asyncio.sleep(number * 0.001)
        await leave(running)
        assert n_connections_in_use() == 0

    async def nothing_sleeps() -> bool:
        return sum([await n_sleeping(database, number) for number in range(50)]) == 0

    await until(nothing_sleeps)
    operations = [Operation(database.reader(4), Viewer()) for _ in range(10)]
    async with patience():
        found = await asyncio.gather(
            *(Loaders(operation).user_by_id.load(user.id) for operation in operations)
        )
    assert [row and row.id for row in found] == [user.id] * 10


async def test_the_statements_of_a_request_that_is_cancelled_end_on_the_server_too(
    database: Database,
) -> None:
    async def both_sleep() -> bool:
        return await n_sleeping(database, 1000) == 2

    async def none_sleeps() -> bool:
        return await n_sleeping(database, 1000) == 0

    running = asyncio.create_task(request(database, 1000))
    await until(both_sleep)
    await leave(running)
    await until(none_sleeps)


async def test_the_end_of_an_operation_answers_everybody_and_gives_the_connections_back(
    database: Database,
    operation: Operation,
    n_connections_in_use: Callable[[], int],
    complaints: list[dict[str, Any]],
) -> None:
    # not sooner: the driver itself complains where somebody leaves while it connects
    async def all_connections_are_in_use() -> bool:
        return await n_sleeping(database, 1) == 3

    answers = [Sleeping(operation).load(1) for _ in range(5)]
    await until(all_connections_are_in_use)
    answers.append(Sleeping(operation).load(1))
    async with patience():
        await operation.close()
        assert n_connections_in_use() == 0
        found = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(answer) for answer in found] == [UnavailableError] * 6
    gc.collect()
    assert complaints == []


async def test_a_load_after_the_end_is_an_error_and_does_not_hang(
    loaders: Loaders, make: Factory
) -> None:
    user = await make.user()
    known = await loaders.user_by_id.load(user.id)
    await loaders.close()
    async with patience():
        assert await loaders.user_by_id.load(user.id) is known
        with pytest.raises(UnavailableError):
            await loaders.user_by_id.load(user.id + 1)
