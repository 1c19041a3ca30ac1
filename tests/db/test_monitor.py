"""The record of statements: all of them, by whoever asked, and only while it runs."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from asyncpg import PostgresError
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog, recorded
from graphql_api.models import Tag

Recorder = Callable[[], AbstractContextManager[StatementLog]]

ONE = text("SELECT 1")


async def test_reads_are_recorded_with_their_loader(
    database: Database, statements: Recorder
) -> None:
    with statements() as log:
        await database.reader(1).rows(ONE, {}, loader="UserById")
        await database.reader(1).rows(ONE, {}, loader="TagsByPost")
        await database.reader(1).rows(ONE, {}, loader="UserById")
        await database.reader(1).rows(ONE, {})
    assert len(log) == 4
    assert log.loaders == {"": 1, "TagsByPost": 1, "UserById": 2}
    assert {statement.sql for statement in log.statements} == {"SELECT 1"}


async def test_writes_are_recorded_in_order(database: Database, statements: Recorder) -> None:
    with statements() as log:
        async with database.transaction() as session:
            session.add(Tag(tenant_id=1, slug="a", name="A"))
            await session.flush()
            await session.execute(text("DELETE FROM tags"))
    assert [statement.sql.split()[0] for statement in log.statements] == ["INSERT", "DELETE"]
    assert log.loaders == {"": 2}


async def test_a_statement_that_fails_is_recorded(database: Database, statements: Recorder) -> None:
    with statements() as log, pytest.raises(PostgresError):
        await database.reader(1).rows(text("SELECT 1 / 0"), {}, loader="Broken")
    assert log.loaders == {"Broken": 1}


async def test_concurrent_reads_keep_their_own_names(
    database: Database, statements: Recorder
) -> None:
    reader = database.reader(4)
    names = [f"Loader{n}" for n in range(20)]
    with statements() as log:
        await asyncio.gather(*(reader.rows(ONE, {}, loader=name) for name in names))
    assert log.loaders == dict.fromkeys(sorted(names), 1)


async def test_nothing_is_recorded_outside_the_block(
    database: Database, statements: Recorder
) -> None:
    await database.reader(1).rows(ONE, {})
    with statements() as log:
        pass
    await database.reader(1).rows(ONE, {})
    assert len(log) == 0


async def test_two_records_at_once_do_not_disturb_each_other(
    database: Database, statements: Recorder
) -> None:
    with statements() as outer:
        await database.reader(1).rows(ONE, {})
        with statements() as inner:
            await database.reader(1).rows(ONE, {})
        await database.reader(1).rows(ONE, {})
    assert (len(outer), len(inner)) == (3, 1)


async def test_a_record_ends_with_its_block_even_when_that_fails(database: Database) -> None:
    engine = database.engine.sync_engine

    def fail() -> None:
        with recorded(database.engine):
            raise ZeroDivisionError

    before = len(list(engine.dispatch.before_cursor_execute))
    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(list(engine.dispatch.before_cursor_execute)) == before


async def test_the_values_are_not_recorded(database: Database, statements: Recorder) -> None:
    with statements() as log:
        await database.reader(1).rows(text("SELECT :name"), {"name": "Ann"})
    assert "Ann" not in repr(log)
