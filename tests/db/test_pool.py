"""The pool: how many connections there are, for how long, and who gets the next."""

import asyncio
import socket
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.pool import QueuePool

from graphql_api.db.database import Database
from graphql_api.db.pool import ReadyPool
from graphql_api.errors import UnavailableError
from tests.db.reading import FOR_LONG, SLEEP, SLEEPING, Open, taken, value
from tests.support.patience import PATIENCE_S, patience, until

OURS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'graphql-api'
"""


async def test_a_burst_of_reads_leaves_no_more_connections_than_the_pool_keeps(
    database: Database,
) -> None:
    with_one: Any = await value(database, OURS)  # a server of other tests may be there
    await asyncio.gather(*(value(database, "SELECT pg_sleep(0.01)") for _ in range(20)))
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    assert (taken(database), pool.checkedin()) == (0, 4)

    async def the_others_are_gone() -> bool:
        return bool(await value(database, OURS) == with_one + 3)

    await until(the_others_are_gone)


async def test_no_burst_takes_more_connections_than_the_pool_has(opened: Open) -> None:
    async with opened(pool_size=4, pool_timeout_s=0.1) as database:
        held = [await database.engine.connect() for _ in range(4)]
        with pytest.raises(UnavailableError):
            await value(database, "SELECT 1")
        for connection in held:
            await connection.close()
        pool = database.engine.pool
        assert isinstance(pool, QueuePool)
        assert (pool.size(), pool.checkedin()) == (4, 4)


@pytest.mark.parametrize(("seconds", "connections"), [(0, 3), (3600, 1)])
async def test_a_connection_is_replaced_when_it_is_old(
    seconds: int, connections: int, opened: Open
) -> None:
    async with opened(pool_recycle_s=seconds) as database:
        pids = {await value(database, "SELECT pg_backend_pid()") for _ in range(3)}
    assert len(pids) == connections


async def read_one(database: Database) -> object:
    return await value(database, "SELECT 1")


def pool_of(database: Database) -> ReadyPool:
    pool = database.engine.pool
    assert isinstance(pool, ReadyPool)
    return pool


async def n_wait(database: Database, number: int) -> None:
    """Wait until so many reads wait for a connection."""
    waiting = pool_of(database)._pool.entries._getters  # noqa: SLF001  # nobody else knows

    async def they_do() -> bool:
        return len(waiting) == number

    await until(they_do)


async def test_whoever_has_waited_longest_gets_the_connection_that_is_given_back(
    opened: Open,
) -> None:
    async with opened(pool_size=1) as database:
        lent = await pool_of(database).lend()
        order: list[int] = []

        async def read(number: int) -> None:
            await read_one(database)
            order.append(number)

        reads = []
        for number in range(3):
            reads.append(asyncio.create_task(read(number)))
            await n_wait(database, number + 1)
        pool_of(database).take_back(lent)
        async with patience():
            await asyncio.gather(*reads)
        assert order == [0, 1, 2]
        assert taken(database) == 0


async def test_who_waits_gets_the_place_of_a_read_that_was_cancelled(
    database: Database, opened: Open
) -> None:
    async with opened(pool_size=1) as full:
        leaving = asyncio.create_task(full.reader(1).rows(SLEEP, FOR_LONG))
        await until(lambda: value(database, SLEEPING))
        waiting = asyncio.create_task(read_one(full))
        await n_wait(full, 1)
        leaving.cancel()
        async with patience():
            assert await waiting == 1
        assert taken(full) == 0


def at(port: int) -> SecretStr:
    return SecretStr(f"postgresql://someone:hidden@127.0.0.1:{port}/nowhere")


async def test_who_waits_gets_the_place_of_a_read_that_leaves_while_it_connects(
    opened: Open,
) -> None:
    accept = asyncio.get_running_loop().sock_accept
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)  # noqa: FBT003  # as sockets have it
        there = at(silent.getsockname()[1])
        async with opened(database_url=there, pool_size=1, pool_timeout_s=2 * PATIENCE_S) as full:
            leaving = asyncio.create_task(read_one(full))
            first, _ = await accept(silent)
            waiting = asyncio.create_task(read_one(full))
            await n_wait(full, 1)
            leaving.cancel()
            async with patience():
                second, _ = await accept(silent)
            waiting.cancel()
            await asyncio.wait([leaving, waiting])
            assert taken(full) == 0
        first.close()
        second.close()


async def test_who_waits_for_one_that_cannot_connect_is_told_as_soon(opened: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = at(free.getsockname()[1])
    async with opened(database_url=gone, pool_size=1, pool_timeout_s=2 * PATIENCE_S) as database:
        async with patience():
            reads = [read_one(database) for _ in range(5)]
            told = await asyncio.gather(*reads, return_exceptions=True)
        assert [type(error) for error in told] == [UnavailableError] * 5
        assert taken(database) == 0


async def test_who_leaves_just_as_its_turn_comes_leaves_the_connection_to_the_next(
    opened: Open,
) -> None:
    async with opened(pool_size=1) as database:
        for turns in range(6):  # between being woken and having it
            lent = await pool_of(database).lend()
            leaving = asyncio.create_task(read_one(database))
            await n_wait(database, 1)
            staying = asyncio.create_task(read_one(database))
            await n_wait(database, 2)
            pool_of(database).take_back(lent)
            for _ in range(turns):
                await asyncio.sleep(0)
            leaving.cancel()
            async with patience():
                assert await staying == 1
                await asyncio.wait([leaving])
            assert taken(database) == 0
