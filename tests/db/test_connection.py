"""A connection: how it is set up, what it asks its server, and the statements it keeps prepared."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from sqlalchemy import text

from graphql_api.db.connection import PREPARED_STATEMENTS
from graphql_api.db.database import Database
from graphql_api.db.statement import Compiled
from tests.db.reading import NOTHING, Open, taken, value
from tests.support.proxy import RUN, Proxy, prepare

Migrate = Callable[[str], Awaitable[None]]


async def test_a_connection_says_who_we_are_and_compiles_nothing(database: Database) -> None:
    names = "SELECT DISTINCT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    assert await value(database, names) == "graphql-api"
    assert await value(database, "SHOW jit") == "off"
    assert await value(database, "SHOW timezone") == "UTC"


@pytest.mark.parametrize(
    ("name", "of_command", "of_server"),
    [
        ("statement_timeout", "0", "5s"),
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


async def test_a_read_that_was_prepared_before_is_one_round_trip(
    overheard: tuple[Database, Proxy],
) -> None:
    database, between = overheard
    await value(database, "SELECT 1")
    between.take()
    for _ in range(3):
        await value(database, "SELECT 1")
    assert between.take() == RUN * 3


async def test_a_read_is_prepared_when_a_connection_runs_it_first(
    overheard: tuple[Database, Proxy],
) -> None:
    database, between = overheard
    for number in range(3):
        await value(database, f"SELECT {number}")
        assert between.take() == [*prepare(f"SELECT {number}"), *RUN]


async def test_only_a_read_that_wants_other_plans_than_the_last_says_so(
    overheard: tuple[Database, Proxy],
) -> None:
    database, between = overheard
    statements = [Compiled(text("SELECT 1"), replans=replans) for replans in (False, True)]
    plans = []
    for number in (0, 0, 1, 1, 0):
        await database.reader(1).rows(statements[number], NOTHING)
        plans.append([word.split()[-1] for word in between.take() if word.startswith("Query")])
    assert plans == [[], [], ["force_custom_plan"], [], ["force_generic_plan"]]


PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%'"
NUMBERS = "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ '^SELECT -?[0-9]+$'"


async def test_a_connection_keeps_the_statements_that_it_ran_last(
    overheard: tuple[Database, Proxy],
) -> None:
    database, between = overheard
    for number in range(PREPARED_STATEMENTS + 9):
        await value(database, f"SELECT {number}")
        await value(database, "SELECT -1")
    assert between.take().count("Parse SELECT -1") == 1
    assert await value(database, NUMBERS) == PREPARED_STATEMENTS
    between.take()
    await value(database, "SELECT -1")
    await value(database, f"SELECT {PREPARED_STATEMENTS + 8}")
    assert between.take() == RUN * 2
    await value(database, "SELECT 0")
    assert between.take()[:3] == prepare("SELECT 0")


@pytest.fixture
async def table(database: Database) -> AsyncGenerator[Migrate]:
    """Keep a table with one row; give what migrates it while a server reads it."""

    async def migrate(change: str) -> None:
        async with database.transaction() as session:
            await session.execute(text(change))

    await migrate("CREATE TABLE migrated AS SELECT 1 AS number, 'one' AS word")
    yield migrate
    await migrate("DROP TABLE migrated")


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("ALTER TABLE migrated ALTER number TYPE text USING number + 1", ("2", "one")),
        ("ALTER TABLE migrated DROP number", ("one",)),
        ("ALTER TABLE migrated ADD more bool DEFAULT true", (1, "one", True)),
        ("ALTER TABLE migrated RENAME word TO name", (1, "one")),
    ],
)
@pytest.mark.parametrize("sql", ["SELECT * FROM migrated", "SELECT migrated FROM migrated"])
async def test_a_read_that_a_migration_went_past_answers_from_the_new_table(
    sql: str, change: str, after: tuple[object, ...], table: Migrate, opened: Open
) -> None:
    async with opened(pool_size=1) as serving:

        async def read() -> list[tuple[object, ...]]:
            rows = await serving.reader(1).rows(text(sql), NOTHING)
            return [tuple(row[0] if sql.startswith("SELECT m") else row) for row in rows]

        server = await value(serving, "SELECT pg_backend_pid()")
        assert await read() == [(1, "one")]
        await table(change)
        assert await read() == [after]
        assert await read() == [after]
        assert await value(serving, "SELECT pg_backend_pid()") == server
        assert await value(serving, f"{PREPARED} AND statement LIKE '%FROM migrated'") == 1
        assert taken(serving) == 0


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
