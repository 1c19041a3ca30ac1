"""Connections that their server closes are replaced, and a read that another can answer does."""

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from graphql_api.db.database import Database
from graphql_api.db.monitor import recorded
from graphql_api.errors import UnavailableError
from tests.db.reading import FOR_LONG, NOTHING, SLEEP, SLEEPING, Open, taken, value
from tests.support.patience import PATIENCE_S, patience, until
from tests.support.proxy import RUN, Proxy, prepare

PATIENTLY = f"{PATIENCE_S * 1000:.0f}"
"""Until the server is gone, and not only told to go."""


IDLE = "idle_in_transaction_session_timeout"


async def is_closed(connection: AsyncConnection) -> bool:
    """Tell whether the driver has heard that its server closed a connection."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    closed: bool = driver.is_closed()
    return closed


async def cut(database: Database) -> None:
    """Cut the connection of the statement that sleeps, once it does, and see it gone."""
    asleep = SLEEPING.replace("count(*)", "coalesce(max(pid), 0)")
    await until(lambda: value(database, asleep))
    pid = await value(database, asleep)
    assert await value(database, f"SELECT pg_terminate_backend({pid}, {PATIENTLY})")


ONCE = text("SELECT pg_sleep(CASE nextval('reads') WHEN 1 THEN 600 ELSE 0 END)")
"""Sleeps when it is read for the first time, for longer than any test waits."""


async def test_a_connection_that_is_cut_during_a_read_costs_no_error(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("CREATE SEQUENCE reads"))
    try:
        read = asyncio.create_task(database.reader(1).rows(ONCE, NOTHING))
        await cut(database)
        assert len(await read) == 1
    finally:
        async with database.transaction() as session:
            await session.execute(text("DROP SEQUENCE reads"))


async def test_a_read_that_is_cut_twice_is_unavailable(database: Database) -> None:
    read = asyncio.create_task(database.reader(1).rows(SLEEP, FOR_LONG))
    await cut(database)
    await cut(database)
    with pytest.raises(UnavailableError):
        await read
    assert taken(database) == 0


CUT_THE_OTHERS = text(
    f"SELECT pg_terminate_backend(pid, {PATIENTLY}) FROM pg_stat_activity"  # noqa: S608  # a number
    " WHERE datname = current_database() AND application_name = 'graphql-api'"
    " AND pid <> pg_backend_pid()"
)


async def test_a_database_that_was_restarted_costs_no_read_an_error(
    database: Database, opened: Open
) -> None:
    await asyncio.gather(*(value(database, "SELECT 1") for _ in range(4)))
    async with opened() as other:
        await other.reader(1).rows(CUT_THE_OTHERS, NOTHING)
    assert await value(database, "SELECT 1") == 1


async def test_a_connection_that_its_server_closed_is_replaced_without_asking(
    overheard: tuple[Database, Proxy], opened: Open
) -> None:
    database, between = overheard
    before = await value(database, "SELECT pg_backend_pid()")
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
    between.take()
    async with opened() as other:
        await other.reader(1).rows(CUT_THE_OTHERS, NOTHING)

    async def the_driver_has_heard_of_it() -> bool:
        closed: bool = driver.is_closed()
        return closed

    await until(the_driver_has_heard_of_it)
    with recorded(database.engine) as log:
        assert await value(database, "SELECT pg_backend_pid() AS after") != before
    said = [word for word in between.take() if word != "Password"]
    assert said == [*prepare("SELECT pg_backend_pid() AS after"), *RUN]
    assert len(log) == 1
    assert taken(database) == 0


@pytest.mark.parametrize("n_connections", [1, 2])
async def test_connections_whose_server_says_that_it_goes_are_replaced_before_it_is_gone(
    n_connections: int, overheard: tuple[Database, Proxy], opened: Open
) -> None:
    database, between = overheard
    sql = "SELECT pg_backend_pid() FROM pg_sleep(0.05)"
    before = await asyncio.gather(*(value(database, sql) for _ in range(n_connections)))
    assert len(set(before)) == n_connections
    with between.hidden_ends():
        async with opened() as other:
            await other.reader(1).rows(CUT_THE_OTHERS, NOTHING)
        async with patience():
            await between.wait_for_hidden_ends(n_connections)
        assert await value(database, "SELECT pg_backend_pid()") not in before
    assert taken(database) == 0


async def test_of_several_closed_connections_each_is_replaced_once(opened: Open) -> None:
    async with opened(pool_size=3) as database:
        await asyncio.gather(*(value(database, "SELECT pg_sleep(0.05)") for _ in range(3)))
        opened_since: list[object] = []
        event.listen(database.engine.sync_engine, "connect", lambda *_: opened_since.append(1))
        async with opened() as other:
            await other.reader(1).rows(CUT_THE_OTHERS, NOTHING)
        for _ in range(9):
            assert await value(database, "SELECT 1") == 1
        assert len(opened_since) == 3


async def test_the_one_closed_connection_of_several_is_replaced_by_the_next_reads(
    opened: Open,
) -> None:
    async with opened(pool_size=3) as database:
        await asyncio.gather(*(value(database, "SELECT pg_sleep(0.05)") for _ in range(3)))
        pids = {await value(database, "SELECT pg_backend_pid()") for _ in range(3)}
        async with database.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            gone = driver.get_server_pid()
            driver.terminate()
        assert gone in pids
        after = [await value(database, "SELECT pg_backend_pid()") for _ in range(6)]
        assert gone not in after
        assert not pids & set(after[3:])  # its death is taken for that of all that are as old
        assert taken(database) == 0


async def test_a_transaction_that_idles_too_long_is_ended_and_its_change_made_by_another(
    opened: Open,
) -> None:
    async with opened(serving=True, pool_size=1) as database:
        before = await value(database, "SELECT pg_backend_pid()")
        tries: list[object] = []

        async def idle_once(session: AsyncSession) -> None:
            tries.append(await session.scalar(text("SELECT pg_backend_pid()")))
            if len(tries) == 1:
                await session.execute(text(f"SET LOCAL {IDLE} = '20ms'"))
                await until(partial(is_closed, await session.connection()))
            await session.execute(text("SELECT 1"))

        await database.change(idle_once)
        assert len(tries) == 2
        assert tries[0] == before != tries[1]
        assert taken(database) == 0
        assert await value(database, "SELECT pg_backend_pid()") == tries[1]
