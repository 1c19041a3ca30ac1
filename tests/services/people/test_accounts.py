"""Accounts: who can have which name, address and role."""

import asyncio

import pytest

from graphql_api.db.database import Database
from graphql_api.models import DEFAULT_TENANT, Role, Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people.accounts import Registration, create_user
from graphql_api.services.people.login import login
from graphql_api.services.people.operators import promote
from graphql_api.services.people.people import People
from graphql_api.services.people.sealing import Vault
from graphql_api.services.people.sessions import refresh
from graphql_api.services.permission import ANYBODY
from graphql_api.services.problem import RefusedError
from tests.services.people.asked import EMAIL, PASSWORD, execute, refused, registered, rows
from tests.services.people.cheap import OLD, ring
from tests.support.factories import Factory

ALL = "SELECT username, display_name, role FROM users JOIN accounts ON user_id = id ORDER BY id"


async def test_whoever_registers_is_a_reader_and_logged_in_the_first_too(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people, "Ada", display_name=" Ada L. ")
    assert session.viewer.role is Role.READER
    assert people.tokens.read(session.access.text, DEFAULT_TENANT) == session.viewer
    assert (await refresh(writer, people, session.refresh_token)).viewer == session.viewer
    assert (await login(writer, people, "ada", PASSWORD)).viewer == session.viewer
    assert await rows(database, ALL) == [("ada", "Ada L.", "reader")]


async def test_without_a_name_to_show_the_user_name_is_shown(
    writer: Writer, people: People, database: Database
) -> None:
    await registered(writer, people, "ada_1-b")
    assert await rows(database, ALL) == [("ada_1-b", "ada_1-b", "reader")]


async def test_the_address_is_kept_for_its_user_and_nowhere_readable(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people, email=" Ada@Example.org ")
    [(sealed,)] = await rows(database, "SELECT email_sealed FROM accounts")
    assert people.vault.open(sealed, DEFAULT_TENANT, session.viewer.user_id) == "Ada@Example.org"
    for table in ("users", "accounts", "revisions", "outbox"):
        for (row,) in await rows(database, f"SELECT {table}::text FROM {table}"):  # noqa: S608  # our own tables
            assert "example" not in row.lower()
            assert "argon2" not in row or table == "accounts"
            assert PASSWORD not in row


async def test_a_new_user_is_in_the_audit_log_as_all_see_them(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    entry = "SELECT subject_type, subject_id, owner_id, action, version, snapshot FROM revisions"
    user_id = session.viewer.user_id
    shown = {"username": "ada", "displayName": "ada"}
    assert await rows(database, entry) == [("User", user_id, user_id, "create", 1, shown)]


@pytest.mark.parametrize(
    "username",
    [
        "",
        "ab",
        "_ada",
        "-ada",
        "a" * 61,
        "a da",
        "adä",
        "ada.l",
        "a\0da",
        "ada\n\u2028b",
        "\u212aay",
    ],
)
async def test_a_user_name_has_3_to_60_plain_characters(
    username: str, writer: Writer, people: People, database: Database
) -> None:
    [(code, path)] = await refused(registered(writer, people, username, email=EMAIL))
    assert code in {"INVALID", "REQUIRED", "TOO_LONG"}
    assert path == "username"
    assert await rows(database, ALL) == []


@pytest.mark.parametrize("username", ["abc", "a" * 60, "0-_", " ada ", "ADA"])
async def test_other_user_names_are_taken_in_lower_case(
    username: str, writer: Writer, people: People, database: Database
) -> None:
    await registered(writer, people, username, email=EMAIL)
    [(kept, _, _)] = await rows(database, ALL)
    assert kept == username.strip().lower()


async def test_all_that_is_wrong_is_said_at_once_before_a_password_is_hashed(
    writer: Writer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people.passwords, "hash", None)
    doing = registered(writer, people, "a", email="none", password="short", display_name="a" * 201)
    assert await refused(doing) == [
        ("INVALID", "username"),
        ("INVALID", "email"),
        ("INVALID", "password"),
        ("TOO_LONG", "displayName"),
    ]
    long = registered(writer, people, password="a" * 1_000_000)
    assert await refused(long) == [("TOO_LONG", "password")]


@pytest.mark.parametrize(
    "email", ["", "ada", "@", "ada@", "@b", "a@b@c", "a b@c", "a" * 251 + "@b.c"]
)
async def test_an_address_looks_like_one(email: str, writer: Writer, people: People) -> None:
    [(_, path)] = await refused(registered(writer, people, email=email))
    assert path == "email"


async def test_a_name_or_an_address_that_is_taken_is_refused_and_nothing_is_added(
    writer: Writer, people: People, database: Database
) -> None:
    await registered(writer, people)
    before = await rows(database, "SELECT count(*) FROM revisions")
    taken = ("ALREADY_EXISTS", "username"), ("ALREADY_EXISTS", "email")
    assert await refused(registered(writer, people, "ADA", email="b@c")) == [taken[0]]
    assert await refused(registered(writer, people, "bob", email=f" {EMAIL.upper()}")) == [taken[1]]
    assert await refused(registered(writer, people)) == list(taken)
    assert await rows(database, ALL) == [("ada", "ada", "reader")]
    assert await rows(database, "SELECT count(*) FROM revisions") == before


async def test_of_those_who_want_a_name_or_an_address_at_once_one_gets_it(
    writer: Writer, people: People, database: Database
) -> None:
    async def codes(username: str, email: str) -> list[tuple[str, str]]:
        try:
            await registered(writer, people, username, email=email)
        except RefusedError as error:
            return [(each.code.value, ".".join(each.path or ())) for each in error.problems]
        return []

    numbers = range(6)
    by_name = await asyncio.gather(*(codes("ada", f"{number}@b") for number in numbers))
    by_email = await asyncio.gather(*(codes(f"user-{number}", EMAIL) for number in numbers))
    assert sorted(by_name) == [[], *[[("ALREADY_EXISTS", "username")]] * 5]
    assert sorted(by_email) == [[], *[[("ALREADY_EXISTS", "email")]] * 5]
    assert len(await rows(database, ALL)) == 2


async def test_an_index_decides_where_looking_first_found_nothing(
    writer: Writer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await registered(writer, people)
    monkeypatch.setattr(Vault, "indexes", lambda *_: [])  # as if the other came a moment later
    assert await refused(registered(writer, people, "bob", email=EMAIL)) == [
        ("ALREADY_EXISTS", "email")
    ]


async def test_an_address_is_taken_whichever_key_it_is_sealed_under(
    writer: Writer, people: People
) -> None:
    old = People(people.passwords, people.tokens, Vault(ring(old=OLD)))
    await registered(writer, old)
    assert await refused(registered(writer, people, "bob", email=EMAIL)) == [
        ("ALREADY_EXISTS", "email")
    ]


async def test_the_name_of_who_is_deleted_is_free_again(
    writer: Writer, people: People, database: Database
) -> None:
    await registered(writer, people)
    await execute(database, "UPDATE users SET deleted_at = now()")
    session = await registered(writer, people, email="other@example.org")
    assert (await login(writer, people, "ada", PASSWORD)).viewer == session.viewer


async def test_tenants_have_their_own_names_and_addresses(
    writer: Writer, people: People, make: Factory, database: Database
) -> None:
    other = await make.tenant()
    await registered(writer, people)
    theirs = Writer(database, Viewer(other.id), rule=ANYBODY)
    session = await registered(theirs, people)
    assert session.viewer.tenant_id == other.id


async def test_a_user_is_made_with_a_role_and_without_an_address(
    writer: Writer, people: People, database: Database
) -> None:
    user_id = await create_user(writer, people, Registration("ada", PASSWORD), Role.EDITOR)
    assert (await login(writer, people, "ada", PASSWORD)).viewer.user_id == user_id
    assert await rows(database, ALL) == [("ada", "ada", "editor")]
    again = create_user(writer, people, Registration("ada", PASSWORD), Role.EDITOR)
    assert await refused(again) == [("ALREADY_EXISTS", "username")]


async def test_who_came_without_an_account_gets_one_from_an_operator_alone(
    writer: Writer, people: People, make: Factory, database: Database
) -> None:
    user = await make.user(username="ada", display_name="Ada")
    assert await refused(registered(writer, people)) == [("ALREADY_EXISTS", "username")]
    given = Registration("ada", PASSWORD)
    assert await create_user(writer, people, given, Role.AUTHOR) == user.id
    assert await rows(database, ALL) == [("ada", "Ada", "author")]


async def test_a_new_role_is_in_the_next_token(
    writer: Writer, people: People, database: Database
) -> None:
    session = await registered(writer, people)
    await promote(writer, "Ada", Role.ADMINISTRATOR)
    renewed = await refresh(writer, people, session.refresh_token)
    assert renewed.viewer.role is Role.ADMINISTRATOR
    assert people.tokens.read(renewed.access.text, DEFAULT_TENANT) == renewed.viewer
    await execute(database, "UPDATE users SET deleted_at = now()")
    for name in ("ada", "bob", "", "a\0da"):
        assert await refused(promote(writer, name, Role.READER)) == [("NOT_FOUND", "username")]


async def test_a_registration_does_not_show_what_is_private() -> None:
    shown = repr(Registration("ada", PASSWORD, EMAIL))
    assert PASSWORD not in shown
    assert EMAIL not in shown
