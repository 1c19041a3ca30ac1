"""A change is made once and whole, whatever becomes of its connection and of who asked for it."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.db.fault import UNKNOWN
from graphql_api.errors import UnavailableError
from tests.db.reading import taken, value
from tests.support.factories import Factory
from tests.support.patience import patience

NAMES = "SELECT array_agg(display_name ORDER BY id) FROM users"
SORTED = """SELECT array_agg(letters ORDER BY id) FROM users, LATERAL (
    SELECT string_agg(letter, '' ORDER BY letter COLLATE "C") AS letters
    FROM string_to_table(display_name, NULL) AS letter) AS sorted"""
RENAME = text("UPDATE users SET display_name = display_name || :more WHERE id = :id")
REFUSED = "correct-horse"
CUT = text("SELECT pg_terminate_backend(pg_backend_pid())")


def renaming(
    number: int, then: Callable[[AsyncSession], Awaitable[None]]
) -> Callable[[AsyncSession], Awaitable[None]]:
    """Add to a user's name, and then do something more."""

    async def act(session: AsyncSession) -> None:
        await session.execute(RENAME, {"more": "!", "id": number})
        await then(session)

    return act


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT CAST(:value AS text)::int", "InvalidTextRepresentationError"),
        ("SELECT CAST(:value AS int)", "DataError"),
        (
            "INSERT INTO tenants (slug, name) VALUES (:value, 'a'), (:value, 'b')",
            "UniqueViolationError",
        ),
    ],
)
async def test_an_error_does_not_repeat_the_value_that_was_refused(
    sql: str, kind: str, served: Database
) -> None:
    async def act(session: AsyncSession) -> None:
        await session.execute(text(sql), {"value": REFUSED})

    with pytest.raises(DBAPIError) as raised:
        await served.change(act)
    logged = "".join(traceback.format_exception(raised.value))
    assert kind in logged
    assert REFUSED not in logged


async def test_of_two_changes_that_wait_for_each_other_both_are_made_once(
    make: Factory, database: Database
) -> None:
    for name in "ab":
        await make.user(display_name=name)
    both = asyncio.Barrier(2)
    runs = []

    def act(first: int, second: int) -> Callable[[AsyncSession], Awaitable[None]]:
        async def then(session: AsyncSession) -> None:
            runs.append(first)
            if len(runs) <= 2:
                await both.wait()
            await session.execute(RENAME, {"more": "?", "id": second})

        return renaming(first, then)

    async with patience():
        await asyncio.gather(database.change(act(1, 2)), database.change(act(2, 1)))
    assert len(runs) == 3, "PostgreSQL ends one of the two, which runs again"
    assert await value(database, SORTED) == ["!?a", "!?b"]


async def test_a_connection_that_is_lost_before_the_commit_costs_no_change(
    make: Factory, database: Database
) -> None:
    await make.user(display_name="a")
    runs = []

    async def then(session: AsyncSession) -> None:
        runs.append(1)
        if len(runs) == 1:
            await session.execute(CUT)

    await database.change(renaming(1, then))
    assert (await value(database, NAMES), len(runs)) == (["a!"], 2)
    assert taken(database) == 0


async def test_a_change_whose_connection_is_lost_each_time_is_unavailable_and_was_not_made(
    make: Factory, database: Database
) -> None:
    await make.user(display_name="a")

    async def then(session: AsyncSession) -> None:
        await session.execute(CUT)

    with pytest.raises(UnavailableError):
        await database.change(renaming(1, then))
    assert await value(database, NAMES) == ["a"]
    assert taken(database) == 0


async def test_a_commit_whose_answer_is_lost_is_told_as_such_and_not_repeated(
    make: Factory, database: Database
) -> None:
    await make.user(display_name="a")
    runs = []
    async with database.transaction() as session:
        await session.execute(
            text("""
            CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$""")
        )
        await session.execute(
            text("""
            CREATE CONSTRAINT TRIGGER z_cut AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION cut()""")
        )

    async def then(_session: AsyncSession) -> None:
        runs.append(1)

    try:
        with pytest.raises(UnavailableError) as lost:
            await database.change(renaming(1, then))
    finally:
        async with database.transaction() as session:
            await session.execute(text("DROP TRIGGER z_cut ON users"))
            await session.execute(text("DROP FUNCTION cut()"))
    assert str(lost.value) == UNKNOWN
    assert len(runs) == 1


async def test_a_fault_undoes_the_change_and_is_raised_as_it_is(
    make: Factory, database: Database
) -> None:
    await make.user(display_name="a")
    runs = []

    async def then(session: AsyncSession) -> None:
        runs.append(1)
        await session.execute(text("UPDATE users SET username = ''"))

    with pytest.raises(IntegrityError):
        await database.change(renaming(1, then))
    assert (await value(database, NAMES), len(runs)) == (["a"], 1)


async def test_a_change_that_has_begun_is_finished_though_the_caller_leaves(
    make: Factory, database: Database
) -> None:
    await make.user(display_name="a")
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def then(_session: AsyncSession) -> None:
        begun.set()
        await go_on.wait()

    caller = asyncio.create_task(database.change(renaming(1, then)))
    async with patience():
        await begun.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        go_on.set()
        await database.settle(60)
    assert await value(database, NAMES) == ["a!"]
    assert taken(database) == 0
