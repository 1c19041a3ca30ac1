"""Profiles: what users say of themselves, under an optimistic lock."""

import asyncio

import pytest

from graphql_api.db.database import Database
from graphql_api.models import Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people.profile import update_profile
from graphql_api.services.problem import ConflictProblem, Difference, Subject
from tests.services.people.asked import execute, problems, refused, rows
from tests.support.factories import Factory

PROFILE = "SELECT display_name, bio, avatar_url, version FROM users"
HISTORY = "SELECT action, version, actor_id, owner_id, changes, snapshot FROM revisions"


@pytest.fixture
async def mine(database: Database, make: Factory) -> Writer:
    """Give the way to write of a user named Ada."""
    user = await make.user(username="ada", display_name="Ada", bio="Counts.")
    return Writer(database, await make.viewer(user=user))


async def test_what_is_given_changes_and_the_rest_stays(mine: Writer, database: Database) -> None:
    user_id = mine.viewer.user_id
    assert await update_profile(mine, 1, {"display_name": " Ada L. "}) == user_id
    assert await rows(database, PROFILE) == [("Ada L.", "Counts.", None, 2)]
    await update_profile(mine, 2, {"bio": "One\r\ntwo", "avatar_url": "https://a.b/c?d"})
    assert await rows(database, PROFILE) == [("Ada L.", "One\ntwo", "https://a.b/c?d", 3)]
    await update_profile(mine, 3, {"bio": None, "avatar_url": ""})
    assert await rows(database, PROFILE) == [("Ada L.", None, None, 4)]


async def test_each_change_is_in_the_audit_log_and_no_change_is_not(
    mine: Writer, database: Database
) -> None:
    user_id = mine.viewer.user_id
    await update_profile(mine, 1, {"display_name": "Ada L.", "bio": "Counts."})
    await update_profile(mine, 2, {"display_name": "Ada L."})
    await update_profile(mine, 2, {})
    changes = {"displayName": ["Ada", "Ada L."]}
    snapshot = {"displayName": "Ada L.", "bio": "Counts.", "avatarUrl": None}
    expected = [("update", 2, user_id, user_id, changes, snapshot)]
    assert await rows(database, HISTORY) == expected
    assert await rows(database, "SELECT subject_id, version FROM outbox") == [(user_id, 2)]


async def test_another_version_is_a_conflict_that_says_what_differs(
    mine: Writer, database: Database
) -> None:
    await update_profile(mine, 1, {"bio": "New."})
    [problem] = await problems(update_profile(mine, 1, {"bio": "Other.", "display_name": "Ada"}))
    assert isinstance(problem, ConflictProblem)
    assert (problem.expected_version, problem.current_version) == (1, 2)
    assert problem.current == Subject("User", mine.viewer.user_id)
    assert problem.changed_fields == (Difference("bio", "New.", "Other."),)
    assert await rows(database, PROFILE) == [("Ada", "New.", None, 2)]


async def test_of_changes_made_at_once_one_is_kept(mine: Writer, database: Database) -> None:
    doing = [update_profile(mine, 1, {"bio": f"Number {number}"}) for number in range(5)]
    done = await asyncio.gather(*doing, return_exceptions=True)
    assert done.count(mine.viewer.user_id) == 1
    assert await rows(database, "SELECT version FROM users") == [(2,)]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("display_name", None, "REQUIRED"),
        ("display_name", "", "REQUIRED"),
        ("display_name", "a" * 201, "TOO_LONG"),
        ("display_name", "a\nb", "INVALID"),
        ("bio", "a" * 5001, "TOO_LONG"),
        ("bio", "a\0", "INVALID"),
        ("avatar_url", "a" * 2001, "TOO_LONG"),
        ("avatar_url", "javascript:alert(1)", "INVALID"),
        ("avatar_url", "data:image/png;base64,", "INVALID"),
        ("avatar_url", "//a.b/c", "INVALID"),
        ("avatar_url", "https://", "INVALID"),
        ("avatar_url", "https://a.b/c d", "INVALID"),
    ],
)
async def test_what_cannot_be_taken_changes_nothing(
    name: str, value: str | None, code: str, mine: Writer, database: Database
) -> None:
    before = await rows(database, PROFILE)
    shown = {"display_name": "displayName", "avatar_url": "avatarUrl"}.get(name, name)
    assert await refused(update_profile(mine, 1, {name: value})) == [(code, shown)]
    assert await rows(database, PROFILE) == before
    assert await rows(database, HISTORY) == []


async def test_nobody_and_who_is_deleted_have_no_profile(mine: Writer, database: Database) -> None:
    await execute(database, "UPDATE users SET deleted_at = now()")
    for writer in (mine, Writer(database, Viewer())):
        assert await refused(update_profile(writer, 1, {"bio": "New."})) == [
            ("UNAUTHENTICATED", "")
        ]
