"""Reads: each takes a connection for one statement and gives it back, whatever happens."""

import asyncio
from traceback import format_exception

import pytest
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.monitor import Statement, StatementLog, recorded
from tests.db.reading import FOR_LONG, NOTHING, SLEEP, SLEEPING, Open, taken, value
from tests.support.patience import until


async def test_a_read_gives_its_connection_back(database: Database) -> None:
    assert await value(database, "SELECT 1") == 1
    assert taken(database) == 0


async def test_a_read_leaves_no_transaction_open(database: Database, opened: Open) -> None:
    await value(database, "SELECT count(*) FROM posts")
    async with opened() as other:
        states = await other.reader(1).rows(
            text("SELECT state FROM pg_stat_activity WHERE datname = current_database()"), NOTHING
        )
    assert "idle in transaction" not in [state for (state,) in states]


async def test_a_read_that_fails_gives_its_connection_back(database: Database) -> None:
    with pytest.raises(PostgresError):
        await value(database, "SELECT 1 / 0")
    assert taken(database) == 0
    assert await value(database, "SELECT 1") == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 / length(substr(:name, 100))",  # the server finds nothing to divide by
        "SELECT CAST(CAST(:name AS text) AS int)",  # it quotes what is no number
        "SELECT :name + 1",  # the driver quotes it
    ],
)
async def test_a_fault_of_ours_keeps_the_values_to_itself(sql: str, database: Database) -> None:
    name = "nnA"[::-1]  # a traceback quotes this file
    with pytest.raises((PostgresError, InterfaceError)) as failed:
        await database.reader(1).rows(text(sql), {"name": name}, loader="Broken")
    assert name not in "".join(format_exception(failed.value))
    assert "Broken" in str(failed.value)
    assert taken(database) == 0


async def test_a_read_that_is_cancelled_while_its_connection_closes_closes_it_all_the_same(
    database: Database,
) -> None:
    read = asyncio.create_task(database.reader(1).rows(SLEEP, FOR_LONG))
    await until(lambda: value(database, SLEEPING))
    read.cancel()
    await asyncio.sleep(0)
    read.cancel()
    await asyncio.wait([read])
    assert read.cancelled()

    async def it_is_back() -> bool:
        return taken(database) == 0

    async def it_has_ended() -> bool:
        return await value(database, SLEEPING) == 0

    await until(it_is_back)
    await until(it_has_ended)


async def test_fifty_cancelled_reads_give_every_connection_back(database: Database) -> None:
    reads = [asyncio.create_task(database.reader(4).rows(SLEEP, FOR_LONG)) for _ in range(50)]

    async def none_is_left() -> bool:
        return taken(database) == 4

    await until(none_is_left)
    for read in reads:
        read.cancel()
    ended = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(result) for result in ended} == {asyncio.CancelledError}
    assert taken(database) == 0
    assert await asyncio.gather(*(value(database, "SELECT 1") for _ in range(20))) == [1] * 20


async def test_a_cancelled_read_stops_the_statement_too(database: Database) -> None:
    read = asyncio.create_task(database.reader(1).rows(SLEEP, FOR_LONG))
    await until(lambda: value(database, SLEEPING))
    read.cancel()
    await asyncio.wait([read])

    async def it_has_ended() -> bool:
        return await value(database, SLEEPING) == 0

    await until(it_has_ended)


class _Failing(StatementLog):
    """A log that fails."""

    def add(self, statement: Statement) -> None:
        """Fail."""
        raise ValueError(statement.sql)


async def test_a_recorder_that_fails_costs_the_pool_nothing(database: Database) -> None:
    with recorded(database.engine, _Failing()), pytest.raises(ValueError, match="SELECT 1"):
        await value(database, "SELECT 1")
    assert taken(database) == 0
    assert await value(database, "SELECT 2") == 2


async def test_an_operation_takes_no_more_connections_than_it_may(database: Database) -> None:
    reader = database.reader(2)
    reads = [reader.rows(SLEEP, {"seconds": 0.02}) for _ in range(8)]
    reading = asyncio.gather(*reads)
    most = 0
    while not reading.done():
        await asyncio.sleep(0)
        most = max(most, taken(database))
    assert most == 2
    assert len(await reading) == 8


WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_reads_of_one_operation_run_side_by_side(database: Database, opened: Open) -> None:
    reader = database.reader(4)

    async def all_four_wait() -> bool:
        return await value(other, WAITING) == 4

    async with opened() as other:
        async with other.transaction() as holder:
            await holder.execute(text("SELECT pg_advisory_xact_lock(1)"))
            wait = text("SELECT pg_advisory_xact_lock_shared(1)")
            reading = asyncio.gather(*(reader.rows(wait, NOTHING) for _ in range(4)))
            await until(all_four_wait)
        assert len(await reading) == 4
