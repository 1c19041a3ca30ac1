"""What is counted of the database: who holds connections, who waits, what was sent."""

import asyncio
from typing import Any

import pytest
from asyncpg import DivisionByZeroError
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.figures import LOADS, STATEMENTS, WAITS, Read, Sizes, Statements, counting
from graphql_api.db.pool import ReadyPool
from graphql_api.errors import UnavailableError
from tests.db.reading import Open, taken, value
from tests.support.patience import until


def pool_of(database: Database) -> ReadyPool:
    """Return the pool."""
    pool = database.engine.pool
    assert isinstance(pool, ReadyPool)
    return pool


async def test_reads_and_writes_hold_connections_until_they_end(database: Database) -> None:
    pool = pool_of(database)
    assert (pool.n_held, pool.longest_held_s) == (0, 0)
    async with database.transaction() as session:
        await session.execute(text("SELECT 1"))
        assert pool.n_held == taken(database) == 1
        held = pool.longest_held_s
        assert held > 0
        await value(database, "SELECT 1")
        assert pool.n_held == 1
        assert pool.longest_held_s > held
    assert pool.n_held == taken(database) == 0


async def test_a_read_that_is_cancelled_or_fails_holds_nothing(database: Database) -> None:
    pool = pool_of(database)
    read = asyncio.create_task(value(database, "SELECT pg_sleep(600)"))

    async def it_holds_one() -> bool:
        return pool.n_held == 1

    await until(it_holds_one)
    read.cancel()
    with pytest.raises(asyncio.CancelledError):
        await read
    with pytest.raises(DivisionByZeroError):
        await value(database, "SELECT 1 / 0")
    assert pool.n_held == taken(database) == 0


async def test_who_waits_is_counted_and_for_how_long(opened: Open) -> None:
    async with opened(pool_size=1) as database:
        pool = pool_of(database)
        before = (WAITS.n, WAITS.seconds, WAITS.connects)
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
            waiting = [asyncio.create_task(value(database, "SELECT 1")) for _ in range(2)]

            async def both_wait() -> bool:
                return pool.n_waiting == 2

            await until(both_wait)
        await asyncio.gather(*waiting)
        assert (pool.n_waiting, pool.n_held) == (0, 0)
        assert (WAITS.n - before[0], WAITS.connects - before[2]) == (2, 1)
        assert WAITS.seconds > before[1]


async def test_who_waits_in_vain_is_counted(opened: Open) -> None:
    async with opened(pool_size=1, pool_timeout_s=0.05) as database:
        n_before = WAITS.timeouts
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(UnavailableError):
                await value(database, "SELECT 1")
        assert WAITS.timeouts == n_before + 1
        assert pool_of(database).n_held == 0


async def test_statements_of_changes_are_counted_where_they_are_made(database: Database) -> None:
    own = Statements()
    n_before = STATEMENTS.n

    async def act(session: Any) -> None:
        for _ in range(3):
            await session.execute(text("SELECT 1"))

    async def change() -> None:
        counting.set(own)
        await database.change(act)

    await asyncio.create_task(change())
    await database.change(act)
    assert (own.n, STATEMENTS.n - n_before) == (3, 6)


def test_sizes_are_counted_between_their_bounds() -> None:
    sizes = Sizes()
    for size in (0, 1, 2, 10, 11, 5000, 5001, 10**9):
        sizes.add(size)
    assert sizes.counts == [2, 2, 1, 0, 0, 0, 1, 2]
    assert sizes.total == 10**9 + 10025


async def test_a_read_notes_how_it_went_also_where_it_fails(database: Database) -> None:
    reader = database.reader(1)
    good, bad = (Read("ForTheTest", "", n_keys=2) for _ in range(2))
    await reader.rows(text("SELECT generate_series(1, 3)"), {}, loader="ForTheTest", read=good)
    with pytest.raises(DivisionByZeroError):
        await reader.rows(text("SELECT 1 / 0"), {}, loader="ForTheTest", read=bad)
    for read in (good, bad):
        assert 0 < read.asked <= read.connected <= read.answered
    assert (good.n_rows, bad.n_rows) == (3, 0)
    loads = LOADS.pop("ForTheTest")
    assert (sum(loads.keys.counts), loads.keys.total, loads.rows.total) == (2, 4, 3)
