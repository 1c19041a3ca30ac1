"""Sessions: each token is exchanged once, and whoever copies one ends what they copied."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import DEFAULT_TENANT, Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people.login import login
from graphql_api.services.people.people import People
from graphql_api.services.people.sessions import Session, logout, refresh
from graphql_api.services.permission import ANYBODY
from graphql_api.services.problem import RefusedError
from tests.services.people.asked import PASSWORD, execute, problems, refused, registered, rows
from tests.support.factories import Factory
from tests.support.patience import patience, until

INVALID = [("UNAUTHENTICATED", "refreshToken")]


async def works(writer: Writer, people: People, token: str) -> bool:
    """Tell whether a refresh token can be exchanged."""
    try:
        await refresh(writer, people, token)
    except RefusedError:
        return False
    return True


async def test_a_token_is_exchanged_for_the_next_of_its_session(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    renewed = session
    for _ in range(3):
        before, renewed = renewed, await refresh(writer, people, renewed.refresh_token)
        assert renewed.refresh_token != before.refresh_token
        assert renewed.viewer == session.viewer
        assert people.tokens.read(renewed.access.text, DEFAULT_TENANT) == session.viewer
    assert await rows(database, "SELECT count(*), count(DISTINCT family) FROM refresh_tokens") == [
        (4, 1)
    ]
    lives = "SELECT DISTINCT expires_at - created_at = interval '30 days' FROM refresh_tokens"
    assert await rows(database, lives) == [(True,)]


async def test_a_token_is_random_and_kept_as_a_hash_alone(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    assert len(session.refresh_token) == 43  # 256 bits in base64
    sql = "SELECT token_hash = sha256(:token) FROM refresh_tokens"
    assert await rows(database, sql, token=session.refresh_token.encode()) == [(True,)]
    assert session.refresh_token not in repr(session)
    assert session.access.text not in repr(session)


async def test_a_token_that_comes_again_ends_its_session_and_no_other(
    writer: Writer, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    stolen = await registered(writer, people)
    other = await login(writer, people, "ada", PASSWORD)
    newest = await refresh(writer, people, stolen.refresh_token)
    with caplog.at_level(logging.WARNING):
        assert await refused(refresh(writer, people, stolen.refresh_token)) == INVALID
    assert f"user {stolen.viewer.user_id} came twice" in caplog.text
    assert stolen.refresh_token not in caplog.text
    assert await refused(refresh(writer, people, newest.refresh_token)) == INVALID
    assert await works(writer, people, other.refresh_token)


async def test_of_those_who_exchange_a_token_at_once_one_succeeds_and_the_session_ends(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    tokens = [works(writer, people, session.refresh_token) for _ in range(8)]
    assert sum(await asyncio.gather(*tokens)) == 1
    assert await rows(database, "SELECT count(*) FROM refresh_tokens") == [(0,)]


@pytest.mark.parametrize("token", ["", "none", "a" * 43, "é" * 43, "\ud800" * 43, "a" * 1_000_000])
async def test_what_was_never_a_token_is_refused_in_the_same_words(
    token: str, writer: Writer, people: People
) -> None:
    session = await registered(writer, people)
    await refresh(writer, people, session.refresh_token)
    assert await problems(refresh(writer, people, token)) == await problems(
        refresh(writer, people, session.refresh_token)
    )
    assert await logout(writer, token, everywhere=True) == 0


async def test_a_token_lives_for_thirty_days_and_is_gone_with_the_next_login(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    await execute(database, "UPDATE refresh_tokens SET expires_at = now()")
    assert await refused(refresh(writer, people, session.refresh_token)) == INVALID
    assert await logout(writer, session.refresh_token, everywhere=True) == 0
    assert await rows(database, "SELECT count(*) FROM refresh_tokens") == [(1,)]
    await login(writer, people, "ada", PASSWORD)
    assert await rows(database, "SELECT count(*) FROM refresh_tokens") == [(1,)]


async def test_who_is_deleted_is_refused(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    await execute(database, "UPDATE users SET deleted_at = now()")
    assert await refused(refresh(writer, people, session.refresh_token)) == INVALID
    assert await refused(login(writer, people, "ada", PASSWORD)) == [("UNAUTHENTICATED", "")]


async def test_a_token_is_good_for_its_own_tenant_alone(
    writer: Writer, people: People, make: Factory, database: Database
) -> None:
    session = await registered(writer, people)
    theirs = Writer(database, Viewer((await make.tenant()).id), rule=ANYBODY)
    assert await refused(refresh(theirs, people, session.refresh_token)) == INVALID
    assert await logout(theirs, session.refresh_token) == 0
    assert await works(writer, people, session.refresh_token)


async def several(writer: Writer, people: People) -> list[Session]:
    """Let one user have three sessions, of which the first was renewed, and another have one."""
    mine = [await registered(writer, people)]
    mine += [await login(writer, people, "ada", PASSWORD) for _ in range(2)]
    mine[0] = await refresh(writer, people, mine[0].refresh_token)
    return [*mine, await registered(writer, people, "bob")]


async def test_logging_out_ends_one_session(writer: Writer, people: People) -> None:
    sessions = await several(writer, people)
    tokens = [session.refresh_token for session in sessions]
    assert await logout(writer, tokens[0]) == 1
    assert await logout(writer, tokens[0]) == 0
    assert [await works(writer, people, token) for token in tokens] == [False, True, True, True]


async def test_logging_out_everywhere_ends_all_of_a_user(writer: Writer, people: People) -> None:
    sessions = await several(writer, people)
    tokens = [session.refresh_token for session in sessions]
    assert await logout(writer, tokens[1], everywhere=True) == 3
    assert [await works(writer, people, token) for token in tokens] == [False, False, False, True]


async def test_a_used_token_ends_its_own_session_alone(writer: Writer, people: People) -> None:
    sessions = await several(writer, people)
    used = sessions[1].refresh_token
    renewed = await refresh(writer, people, used)
    assert await logout(writer, used, everywhere=True) == 1
    assert not await works(writer, people, renewed.refresh_token)
    assert await works(writer, people, sessions[2].refresh_token)


async def test_a_session_that_is_being_renewed_ends_with_all_others(
    writer: Writer, people: People, database: Database
) -> None:
    """Whoever renews comes between: without a lock, the new token would outlive the logout."""
    sessions = [await registered(writer, people)]
    sessions += [await login(writer, people, "ada", PASSWORD) for _ in range(3)]
    for _ in range(5):
        tokens = [session.refresh_token for session in sessions]
        doing = [refresh(writer, people, token) for token in tokens[1:]]
        ended = logout(writer, tokens[0], everywhere=True)
        await asyncio.gather(ended, *doing, return_exceptions=True)
        assert await rows(database, "SELECT count(*) FROM refresh_tokens") == [(0,)]
        sessions = [await login(writer, people, "ada", PASSWORD) for _ in range(4)]


async def test_whoever_ends_sessions_waits_for_who_renews_one(
    writer: Writer, people: People, database: Database, waiting: Callable[[], Awaitable[object]]
) -> None:
    session = await registered(writer, people)
    async with database.transaction() as other, patience():
        await other.execute(text("SELECT FROM accounts FOR NO KEY UPDATE"))
        ending = asyncio.create_task(logout(writer, session.refresh_token, everywhere=True))
        await until(waiting)
        assert not ending.done()
    assert await ending == 1


@pytest.fixture
def waiting(database: Database) -> Callable[[], Awaitable[object]]:
    """Tell whether somebody waits for a lock in this database."""

    async def look() -> bool:
        sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        return bool(await rows(database, f"{sql} AND wait_event_type = 'Lock'"))

    return look
