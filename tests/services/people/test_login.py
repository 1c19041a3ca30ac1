"""Logging in: what proves who one is, and how often it may be tried."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.db.pool import ReadyPool
from graphql_api.errors import UnavailableError
from graphql_api.models import DEFAULT_TENANT, Role, Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people import attempts
from graphql_api.services.people.accounts import Registration, create_user
from graphql_api.services.people.attempts import MOST
from graphql_api.services.people.login import change_password, login
from graphql_api.services.people.passwords import Check, Passwords
from graphql_api.services.people.people import People
from graphql_api.services.people.sessions import refresh
from graphql_api.services.permission import ANYBODY
from graphql_api.services.problem import RateLimitProblem, RefusedError
from tests.services.people.asked import PASSWORD, execute, problems, refused, registered, rows
from tests.services.people.cheap import CHEAP
from tests.support.factories import Factory

WRONG = [("UNAUTHENTICATED", "")]
LIMITED = [("RATE_LIMITED", "")]
NEW = "battery staple"
FAILURES = "SELECT n_failures FROM login_failures"


class Checks:
    """Notes what passwords are compared with, and whether a connection is held meanwhile."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.stored: list[str | None] = []
        self.held: list[int] = []
        self._pool = engine.pool

    def note(self, stored: str | None) -> None:
        """Note a piece of work."""
        assert isinstance(self._pool, ReadyPool)
        self.stored.append(stored)
        self.held.append(self._pool.checkedout())


@pytest.fixture
def checks(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> Checks:
    """Note each password that is compared or hashed."""
    noted = Checks(engine)
    check, make = Passwords.check, Passwords.hash

    async def compare(passwords: Passwords, stored: str | None, given: str) -> Check:
        noted.note(stored)
        return await check(passwords, stored, given)

    async def hash_it(passwords: Passwords, given: str) -> str:
        noted.note("new")
        return await make(passwords, given)

    monkeypatch.setattr(Passwords, "check", compare)
    monkeypatch.setattr(Passwords, "hash", hash_it)
    return noted


@pytest.mark.parametrize("username", ["ada", "ADA", " ada "])
async def test_the_right_password_begins_a_session(
    username: str, writer: Writer, people: People
) -> None:
    viewer = (await registered(writer, people)).viewer
    session = await login(writer, people, username, PASSWORD)
    assert session.viewer == viewer
    assert people.tokens.read(session.access.text, DEFAULT_TENANT) == viewer
    assert (await refresh(writer, people, session.refresh_token)).viewer == viewer


async def test_whoever_is_nobody_costs_and_hears_the_same_as_a_wrong_password(
    writer: Writer, people: People, make: Factory, checks: Checks
) -> None:
    await registered(writer, people)
    await make.user(username="imported")  # has no account
    await make.account(user=await make.user(username="locked"))  # has no password
    checks.stored.clear()
    names = ("ada", "nobody", "imported", "locked", "", "a\0", "\ud800", "a" * 100_000)
    said = [await problems(login(writer, people, name, "wrong password")) for name in names]
    assert said == [said[0]] * len(names)
    assert [each.code for each in said[0]] == ["UNAUTHENTICATED"]
    assert len(checks.stored) == len(names)
    assert [each is None for each in checks.stored] == [False, *[True] * 7]


async def test_a_password_that_is_too_long_is_refused_before_any_work(
    writer: Writer, people: People, database: Database, checks: Checks
) -> None:
    for name in ("ada", "nobody"):
        doing = login(writer, people, name, "a" * 1_000_000)
        assert await refused(doing) == [("TOO_LONG", "password")]
    assert checks.stored == []
    assert await rows(database, FAILURES) == []


async def test_no_connection_is_held_while_a_password_is_worked_on(
    writer: Writer, people: People, checks: Checks, database: Database
) -> None:
    session = await registered(writer, people)
    await login(writer, people, "ada", PASSWORD)
    await change_password(Writer(database, session.viewer), people, PASSWORD, NEW)
    await create_user(writer, people, Registration("bob", PASSWORD), Role.READER)
    assert checks.held == [0] * 5


async def test_a_name_has_ten_attempts_whoever_it_is(
    writer: Writer, people: People, checks: Checks
) -> None:
    await registered(writer, people)
    checks.stored.clear()
    for name in ("ada", "nobody"):
        for _ in range(MOST):
            assert await refused(login(writer, people, name, "wrong password")) == WRONG
        assert await refused(login(writer, people, name, PASSWORD)) == LIMITED
    assert len(checks.stored) == 2 * MOST


async def test_all_ways_to_write_a_name_share_its_attempts(writer: Writer, people: People) -> None:
    for name in ("ada", "ADA", " ada", "Ada ", "aDa"):
        await fail(writer, people, 2, name)
    assert await refused(login(writer, people, "ada", "wrong password")) == LIMITED


async def test_forty_guesses_side_by_side_are_ten(
    writer: Writer, people: People, database: Database, checks: Checks
) -> None:
    await registered(writer, people)
    checks.stored.clear()

    async def guess() -> str:
        [(code, _)] = await refused(login(writer, people, "ada", "wrong password"))
        return code

    codes = await asyncio.gather(*(guess() for _ in range(40)))
    assert codes.count("RATE_LIMITED") == 30
    assert len(checks.stored) == MOST
    assert await rows(database, FAILURES) == [(MOST,)]


async def fail(writer: Writer, people: People, times: int, name: str = "ada") -> None:
    """Try a wrong password."""
    for _ in range(times):
        await refused(login(writer, people, name, "wrong password"))


async def age(database: Database, seconds: float) -> None:
    """Let time pass for the attempts."""
    sql = "UPDATE login_failures SET since = since - make_interval(secs => :seconds)"
    await execute(database, sql, seconds=seconds)


async def test_it_says_when_to_come_back_and_then_all_begins_anew(
    writer: Writer, people: People, database: Database
) -> None:
    await registered(writer, people)
    await fail(writer, people, MOST)
    await age(database, 600)
    [problem] = await problems(login(writer, people, "ada", PASSWORD))
    assert isinstance(problem, RateLimitProblem)
    assert 0 < problem.retry_after_seconds <= 300
    await age(database, problem.retry_after_seconds)
    await fail(writer, people, 1)
    assert await rows(database, FAILURES) == [(1,)]
    await login(writer, people, "ada", PASSWORD)


async def test_success_clears_what_failed_before(
    writer: Writer, people: People, database: Database
) -> None:
    await registered(writer, people)
    for _ in range(2):
        await fail(writer, people, MOST - 1)
        await login(writer, people, "ada", PASSWORD)
        assert await rows(database, FAILURES) == []


async def test_names_that_were_made_up_do_not_pile_up(
    writer: Writer, people: People, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_FORGOTTEN_AT_ONCE", 2)
    for number in range(4):
        await fail(writer, people, 1, f"nobody-{number}")
    await age(database, 901)
    left = []
    for number in range(3):
        await fail(writer, people, 1, f"another-{number}")
        left.append(len(await rows(database, FAILURES)))
    assert left == [3, 2, 3]


async def test_tenants_have_their_own_attempts(
    writer: Writer, people: People, make: Factory, database: Database
) -> None:
    other = Writer(database, Viewer((await make.tenant()).id), rule=ANYBODY)
    await fail(writer, people, MOST)
    assert await refused(login(other, people, "ada", PASSWORD)) == WRONG
    assert await refused(login(writer, people, "ada", PASSWORD)) == LIMITED


async def test_an_attempt_that_was_refused_for_the_crowd_does_not_count(
    writer: Writer, people: People, database: Database
) -> None:
    crowded = People(Passwords(CHEAP, places=0), people.tokens, people.vault)
    await fail(writer, people, 3)
    with pytest.raises(UnavailableError):
        await login(writer, crowded, "ada", PASSWORD)
    assert await rows(database, FAILURES) == [(3,)]


async def test_a_hash_with_old_parameters_is_replaced_at_login(
    writer: Writer, people: People, database: Database
) -> None:
    weaker = Passwords(replace(CHEAP, time_cost=2))
    await registered(writer, People(weaker, people.tokens, people.vault))
    hashes = "SELECT password_hash FROM accounts"
    [(before,)] = await rows(database, hashes)
    await login(writer, people, "ada", PASSWORD)
    [(after,)] = await rows(database, hashes)
    assert (",t=2," in before, ",t=1," in after) == (True, True)
    await login(writer, people, "ada", PASSWORD)
    assert await rows(database, hashes) == [(after,)]
    weaker.close()


async def test_a_new_password_ends_all_sessions_and_begins_one(
    writer: Writer, people: People, database: Database
) -> None:
    sessions = [await registered(writer, people), await login(writer, people, "ada", PASSWORD)]
    mine = Writer(database, sessions[0].viewer)
    changed = await change_password(mine, people, PASSWORD, NEW)
    for session in sessions:
        with pytest.raises(RefusedError):
            await refresh(writer, people, session.refresh_token)
    assert (await refresh(writer, people, changed.refresh_token)).viewer == sessions[0].viewer
    assert await refused(login(writer, people, "ada", PASSWORD)) == WRONG
    await login(writer, people, "ada", NEW)


async def test_a_password_is_changed_by_who_knows_it_alone(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    mine = Writer(database, session.viewer)
    assert await refused(change_password(mine, people, "wrong password", NEW)) == [
        ("UNAUTHENTICATED", "currentPassword")
    ]
    assert await refused(change_password(mine, people, PASSWORD, "short")) == [
        ("INVALID", "newPassword")
    ]
    for given in ((PASSWORD, "a" * 129), ("a" * 129, NEW)):
        [(code, _)] = await refused(change_password(mine, people, *given))
        assert code == "TOO_LONG"
    nobody = Writer(database, Viewer())
    assert await refused(change_password(nobody, people, PASSWORD, NEW)) == WRONG
    await refresh(writer, people, session.refresh_token)
    await login(writer, people, "ada", PASSWORD)


async def test_guesses_at_the_current_password_count_as_those_at_login(
    writer: Writer, people: People, database: Database
) -> None:
    mine = Writer(database, (await registered(writer, people)).viewer)
    await fail(writer, people, MOST - 1)
    await refused(change_password(mine, people, "wrong password", NEW))
    assert await refused(change_password(mine, people, PASSWORD, NEW)) == LIMITED
    assert await refused(login(writer, people, "ada", PASSWORD)) == LIMITED


async def test_a_login_with_a_password_that_changed_meanwhile_is_refused(
    writer: Writer, people: People, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Writer(database, (await registered(writer, people)).viewer)
    check = Passwords.check

    async def slowly(passwords: Passwords, stored: str | None, given: str) -> Check:
        found = await check(passwords, stored, given)
        monkeypatch.setattr(Passwords, "check", check)
        await change_password(mine, people, PASSWORD, NEW)
        return found

    monkeypatch.setattr(Passwords, "check", slowly)
    assert await refused(login(writer, people, "ada", PASSWORD)) == WRONG
    assert await rows(database, "SELECT count(*) FROM refresh_tokens") == [(1,)]
