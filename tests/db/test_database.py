"""Connections: taken for one statement, given back whatever happens, and asked of no lost peer."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ResourceClosedError
from sqlalchemy.pool import QueuePool

from graphql_api.db.database import UNAVAILABLE, Database
from graphql_api.db.engine import create_engine
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
    with pytest.raises(DBAPIError):
        await value(database, "SELECT 1 / 0")
    assert taken(database) == 0
    assert await value(database, "SELECT 1") == 1


async def test_a_fault_of_ours_keeps_the_values_to_itself(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed:
        await database.reader(1).rows(text("SELECT 1 / :zero, :name"), {"zero": 0, "name": "Ann"})
    assert "Ann" not in str(failed.value)


async def test_fifty_cancelled_reads_give_every_connection_back(database: Database) -> None:
    reads = [
        asyncio.create_task(database.reader(4).rows(SLEEP, {"seconds": 30})) for _ in range(50)
    ]

    async def none_is_left() -> bool:
        return taken(database) == 6

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


async def test_an_operation_takes_no_more_connections_than_it_may(database: Database) -> None:
    most = 0

    def note(*_: object) -> None:
        nonlocal most
        most = max(most, taken(database))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    reader = database.reader(2)
    await asyncio.gather(*(reader.rows(SLEEP, {"seconds": 0.02}) for _ in range(8)))
    assert most == 2


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


async def test_a_connection_that_is_cut_during_a_read_is_unavailable(database: Database) -> None:
    read = asyncio.create_task(database.reader(1).rows(SLEEP, {"seconds": 30}))
    await until(lambda: value(database, SLEEPING))
    await value(database, SLEEPING.replace("count(*)", "pg_terminate_backend(pid)"))
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


async def test_without_the_test_before_use_a_restart_costs_an_error(opened: Open) -> None:
    async with opened(pool_pre_ping=False) as database, opened() as other:
        await value(database, "SELECT 1")
        await other.reader(1).rows(CUT_THE_OTHERS, NOTHING)
        with pytest.raises(UnavailableError):
            await value(database, "SELECT 1")


async def test_a_burst_may_take_half_the_pool_more(opened: Open) -> None:
    async with opened(pool_size=4, pool_timeout_s=0.1) as database:
        held = [await database.engine.connect() for _ in range(6)]
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
        with pytest.raises(ResourceClosedError):
            await value(database, "LOCK TABLE posts IN ACCESS SHARE MODE")
