"""Connections: taken for one statement, given back whatever happens, and asked of no lost peer."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from traceback import format_exception
from typing import Any

import pytest
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

from graphql_api.db.database import UNAVAILABLE, Database
from graphql_api.db.engine import create_engine
from graphql_api.db.monitor import Statement, StatementLog, recorded
from graphql_api.errors import UnavailableError
from graphql_api.models import Tag
from graphql_api.settings import Settings
from tests.support.factories import Factory

NOTHING: dict[str, Any] = {}
SLEEP = text("SELECT pg_sleep(:seconds)")

Open = Callable[..., AbstractAsyncContextManager[Database]]


@pytest.fixture
def opened(settings: Settings) -> Open:
    """Open another database object with some settings changed."""

    @asynccontextmanager
    async def open_with(*, serving: bool = False, **changes: object) -> AsyncGenerator[Database]:
        changed = settings.model_copy(update=changes)
        engine = create_engine(changed, serving=serving)
        try:
            yield Database(engine, pgbouncer=changed.pgbouncer)
        finally:
            await engine.dispose()

    return open_with


def taken(database: Database) -> int:
    """Count the connections that are out of the pool."""
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def value(database: Database, sql: str) -> object:
    """Read one value."""
    return (await database.reader(1).rows(text(sql), NOTHING))[0][0]


async def until(probe: Callable[[], Awaitable[object]]) -> None:
    """Wait until ``probe`` gives something true."""
    async with asyncio.timeout(10):
        while not await probe():  # noqa: ASYNC110  # nobody tells us of it
            await asyncio.sleep(0.01)


SLEEPING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
    AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()
"""


OURS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'graphql-api'
"""


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
    read = asyncio.create_task(database.reader(1).rows(SLEEP, {"seconds": 30}))
    await until(lambda: value(database, SLEEPING))
    read.cancel()
    await asyncio.sleep(0)
    read.cancel()
    await asyncio.wait([read])
    assert read.cancelled()

    async def it_is_back() -> bool:
        return taken(database) == 0

    await until(it_is_back)
    assert await value(database, SLEEPING) == 0


async def test_a_burst_of_reads_leaves_no_more_connections_than_the_pool_keeps(
    database: Database,
) -> None:
    await asyncio.gather(*(value(database, "SELECT pg_sleep(0.01)") for _ in range(20)))
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    assert (taken(database), pool.checkedin()) == (0, 4)

    async def the_others_are_gone() -> bool:
        return await value(database, OURS) == 4

    await until(the_others_are_gone)


async def test_fifty_cancelled_reads_give_every_connection_back(database: Database) -> None:
    reads = [
        asyncio.create_task(database.reader(4).rows(SLEEP, {"seconds": 30})) for _ in range(50)
    ]

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
    read = asyncio.create_task(database.reader(1).rows(SLEEP, {"seconds": 30}))
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


async def test_reads_of_one_operation_run_side_by_side(database: Database) -> None:
    reader = database.reader(4)
    async with asyncio.timeout(3):  # one after the other they would take 4 s
        await asyncio.gather(*(reader.rows(SLEEP, {"seconds": 1}) for _ in range(4)))


async def test_a_transaction_commits_at_its_end(database: Database, make: Factory) -> None:
    tag = await make.tag(name="Before")
    async with database.transaction() as session:
        (await session.get_one(Tag, (tag.tenant_id, tag.id))).name = "After"
    async with database.transaction() as session:
        assert await session.scalar(select(Tag.name)) == "After"
    assert taken(database) == 0


async def test_a_transaction_that_fails_leaves_nothing(database: Database, make: Factory) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            session.add(Tag(tenant_id=1, slug="kept", name="Kept"))
            await session.flush()
            session.add(Tag(tenant_id=1, slug="kept", name="Refused"))

    with pytest.raises(IntegrityError):
        await fail()
    await make.tag(name="Other")
    async with database.transaction() as session:
        assert (await session.scalars(select(Tag.name))).all() == ["Other"]
    assert taken(database) == 0


async def test_a_database_nobody_listens_at_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgresql://someone:hidden@127.0.0.1:{port}/nowhere"
    engine = create_engine(Settings.load(_env_file=None, database_url=url, secret_key="k" * 32))
    with pytest.raises(UnavailableError) as failed:
        await value(Database(engine), "SELECT 1")
    assert failed.value.message == UNAVAILABLE
    assert failed.value.extensions == {"code": "UNAVAILABLE"}
    await engine.dispose()


async def test_a_database_that_never_answers_is_unavailable_in_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://someone:hidden@127.0.0.1:{silent.getsockname()[1]}/nowhere"
        engine = create_engine(Settings.load(_env_file=None, database_url=url, secret_key="k" * 32))
        async with asyncio.timeout(6):
            with pytest.raises(UnavailableError):
                await value(Database(engine), "SELECT 1")
        await engine.dispose()


async def test_a_pool_that_stays_exhausted_is_unavailable(opened: Open) -> None:
    async with opened(pool_size=1, pool_timeout_s=0.1) as database, database.engine.connect():
        with pytest.raises(UnavailableError) as failed:
            async with asyncio.timeout(3):
                await value(database, "SELECT count(*) FROM posts")
        assert failed.value.message == UNAVAILABLE


async def test_what_a_client_is_told_names_no_statement_and_no_host(settings: Settings) -> None:
    told = UNAVAILABLE.lower()
    for secret in ("select", "posts", "sql", str(settings.url.host), "127.0.0.1", "5432"):
        assert secret.lower() not in told


async def test_a_statement_that_takes_too_long_is_unavailable(opened: Open) -> None:
    async with opened(serving=True, command_timeout_s=0.2) as database:
        with pytest.raises(UnavailableError):
            async with asyncio.timeout(5):
                await database.reader(1).rows(SLEEP, {"seconds": 30})
        assert taken(database) == 0
        assert await value(database, "SELECT 1") == 1


async def test_a_statement_that_the_server_stops_is_unavailable(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("SET statement_timeout = '50ms'"))
        await connection.commit()
    with pytest.raises(UnavailableError):
        await database.reader(1).rows(SLEEP, {"seconds": 30})


async def cut(database: Database) -> None:
    """Cut the connection of the statement that sleeps, once it does, and see it gone."""
    asleep = SLEEPING.replace("count(*)", "coalesce(max(pid), 0)")
    await until(lambda: value(database, asleep))
    pid = await value(database, asleep)
    await value(database, f"SELECT pg_terminate_backend({pid})")
    gone = f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {pid}"  # noqa: S608  # a number
    await until(lambda: value(database, gone))


async def test_a_connection_that_is_cut_during_a_read_costs_no_error(database: Database) -> None:
    read = asyncio.create_task(database.reader(1).rows(SLEEP, {"seconds": 0.5}))
    await cut(database)
    assert len(await read) == 1


async def test_a_read_that_is_cut_twice_is_unavailable(database: Database) -> None:
    read = asyncio.create_task(database.reader(1).rows(SLEEP, {"seconds": 30}))
    await cut(database)
    await cut(database)
    with pytest.raises(UnavailableError):
        await read
    assert taken(database) == 0


CUT_THE_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
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


@pytest.fixture
async def asked(database: Database) -> list[str]:
    """Take down what the driver asks its server, by whomever, on the pool's only connection."""
    found: list[str] = []

    def watch(connection: Any, *_: object) -> None:  # the pool's
        connection.driver_connection.add_query_logger(lambda record: found.append(record.query))

    # SQLAlchemy asks about the server itself on its first connection
    async with database.engine.connect() as connection:
        watch(await connection.get_raw_connection())
    event.listen(database.engine.sync_engine, "connect", watch)
    return found


async def test_a_read_asks_the_server_one_thing(database: Database, asked: list[str]) -> None:
    for number in range(3):
        await value(database, f"SELECT {number}")
    await asyncio.sleep(0)
    assert asked == ["SELECT 0", "SELECT 1", "SELECT 2"]


async def test_a_connection_that_its_server_closed_is_replaced_without_asking(
    database: Database, opened: Open, asked: list[str]
) -> None:
    before = await value(database, "SELECT pg_backend_pid()")
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
    async with opened() as other:
        await other.reader(1).rows(CUT_THE_OTHERS, NOTHING)

    async def the_driver_has_heard_of_it() -> bool:
        closed: bool = driver.is_closed()
        return closed

    await until(the_driver_has_heard_of_it)
    with recorded(database.engine) as log:
        assert await value(database, "SELECT pg_backend_pid() AS after") != before
    await asyncio.sleep(0)
    assert asked == ["SELECT pg_backend_pid()", "SELECT pg_backend_pid() AS after"]
    assert len(log) == 1
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


async def test_a_connection_says_who_we_are_and_compiles_nothing(database: Database) -> None:
    names = "SELECT DISTINCT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    assert await value(database, names) == "graphql-api"
    assert await value(database, "SHOW jit") == "off"
    assert await value(database, "SHOW timezone") == "UTC"


@pytest.mark.parametrize(
    ("name", "of_command", "of_server"),
    [
        ("statement_timeout", "0", "30s"),
        ("lock_timeout", "0", "4s"),
        ("idle_in_transaction_session_timeout", "0", "10s"),
    ],
)
async def test_a_server_waits_for_nothing_for_ever_and_a_command_for_everything(
    name: str, of_command: str, of_server: str, opened: Open
) -> None:
    async with opened() as one, opened(serving=True) as other:
        assert await value(one, f"SHOW {name}") == of_command
        assert await value(other, f"SHOW {name}") == of_server


PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%'"


async def test_statements_are_prepared_once(database: Database) -> None:
    ours = f"{PREPARED} AND statement LIKE '%FROM posts%'"
    for _ in range(3):
        await value(database, "SELECT count(*) FROM posts")
    assert await value(database, ours) == 1


async def test_behind_pgbouncer_no_prepared_statement_outlives_its_transaction(
    opened: Open,
) -> None:
    async with opened(pgbouncer=True) as database:
        await value(database, "SELECT count(*) FROM posts")
        await value(database, "SELECT count(*) FROM users")
        assert await value(database, PREPARED) == 0


async def test_behind_pgbouncer_nothing_is_asked_of_the_session(opened: Open) -> None:
    async with opened(serving=True, pgbouncer=True) as database:
        assert await value(database, "SHOW application_name") == ""
        assert await value(database, "SHOW statement_timeout") == "0"


async def test_behind_pgbouncer_a_read_is_a_transaction_so_that_it_stays_on_one_server(
    opened: Open,
) -> None:
    # PostgreSQL refuses this one outside of a transaction; inside, there are no rows to read
    async with opened(pgbouncer=True) as database:
        locking = text("LOCK TABLE posts IN ACCESS SHARE MODE")
        assert await database.reader(1).rows(locking, NOTHING) == []
