"""`graphql-api user` and `graphql-api token`: what they do, and what an operator hears."""

import io
import os
import pty
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from select import select

import pytest
from sqlalchemy import URL

from graphql_api.models import DEFAULT_TENANT, Role
from graphql_api.services.people.keys import data_keys, token_keys
from graphql_api.services.people.sealing import Vault
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.cli.command import PROGRAM, Outcome, Run, sentence, variables
from tests.support.patience import PATIENCE_S
from tests.support.postgres import Link
from tests.support.serving import SECRET_KEY

Database = tuple[URL, Callable[[], None]]
Create = Callable[..., Outcome]
PASSWORD = "correct horse"
ACCOUNTS = "SELECT username, role FROM users JOIN accounts ON user_id = id ORDER BY username"


@pytest.fixture
def database(migrated_database: Database) -> URL:
    """Give a database with tables and nothing in them."""
    url, empty = migrated_database
    empty()
    return url


@pytest.fixture
def create(database: URL, run: Run, monkeypatch: pytest.MonkeyPatch) -> Create:
    """Run `user create`, with a password on standard input."""

    def run_it(name: str, *options: str, password: str = f"{PASSWORD}\n") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO(password))
        return run("user", "create", name, "--password-stdin", *options, database=database)

    return run_it


def rows(url: URL, sql: str) -> list[tuple[object, ...]]:
    """Run a query."""
    with closing(Link(url)) as link:
        return link.fetch(sql)


def settings(database: URL, **given: str) -> Settings:
    """Give the settings that a command has."""
    url = variables(database)["DATABASE_URL"]
    return Settings.load(_env_file=None, database_url=url, secret_key=SECRET_KEY, **given)


def test_a_user_is_made_and_promoted_and_listed(database: URL, create: Create, run: Run) -> None:
    assert create("Ada", "--role", "editor") == (0, "ada is an editor\n", "")
    assert create("bob") == (0, "bob is a reader\n", "")
    promoted = run("user", "promote", "bob", "administrator", database=database)
    assert promoted == (0, "bob is an administrator\n", "")
    assert rows(database, ACCOUNTS) == [("ada", "editor"), ("bob", "administrator")]
    listed = run("user", "list", database=database).output.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [
        ["ada", "editor"],
        ["bob", "administrator"],
    ]


def test_the_address_is_sealed_and_never_said(database: URL, create: Create) -> None:
    assert "example" not in str(create("ada", "--email", "ada@example.org"))
    [(user_id, sealed)] = rows(database, "SELECT user_id, email_sealed FROM accounts")
    vault = Vault(data_keys(settings(database)))
    assert vault.open(sealed, DEFAULT_TENANT, user_id) == "ada@example.org"  # type: ignore[arg-type]  # a row's values


@pytest.mark.parametrize(
    ("name", "options", "password", "says"),
    [
        ("a", (), PASSWORD, "'username' takes 3 to 60 of a-z, 0-9, '_' and '-'"),
        ("ada", ("--email", "ada"), PASSWORD, "'email' must look like name@example.org"),
        ("ada", (), "short\n", "'password' needs 8 characters or more"),
        ("ada", (), "", "'password' needs 8 characters or more"),
        ("ada", (), "a" * 100_000, "'password' takes 128 characters at most"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(
    name: str, options: tuple[str, ...], password: str, says: str, create: Create, database: URL
) -> None:
    assert says in sentence(create(name, *options, password=password))
    assert rows(database, ACCOUNTS) == []


def test_a_taken_name_and_a_missing_user_are_one_sentence(
    database: URL, create: Create, run: Run
) -> None:
    create("ada")
    assert sentence(create("ADA")) == "this user name is taken"
    for arguments in (("user", "promote", "bob", "editor"), ("token", "issue", "bob")):
        outcome = run(*arguments, database=database)
        assert sentence(outcome) == "there is no user 'bob' with an account"


def test_an_unknown_role_is_refused(run: Run) -> None:
    outcome = run("user", "promote", "ada", "owner")
    assert outcome.code == 2
    assert "administrator" in outcome.errors


def test_a_terminal_is_asked_for_the_password_twice_and_shows_it_never(
    database: URL, tmp_path: Path
) -> None:
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, "user", "create", "ada"],
        cwd=tmp_path,
        env=os.environ | variables(database) | {"TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            for question in (b"Password: ", b"confirmation: "):
                while question not in shown.rpartition(b"\n")[2]:
                    assert select([terminal], [], [], PATIENCE_S)[0]
                    shown += os.read(terminal, 1000)
                os.write(terminal, f"{PASSWORD}\n".encode())
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
    os.close(terminal)
    assert PASSWORD.encode() not in shown
    assert rows(database, ACCOUNTS) == [("ada", "reader")]


def test_without_a_terminal_it_says_how_to_give_a_password(
    database: URL, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    said = sentence(run("user", "create", "ada", database=database))
    assert said == "there is no terminal to ask for a password; use --password-stdin"


def test_a_password_that_is_no_text_is_one_sentence(
    database: URL, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), "utf-8"))
    outcome = run("user", "create", "ada", "--password-stdin", database=database)
    assert sentence(outcome) == "the password is not text in UTF-8"


def test_an_access_token_speaks_for_its_user_for_as_long_as_asked(
    database: URL, create: Create, run: Run
) -> None:
    create("ada", "--role", "author")
    tokens = AccessTokens(token_keys(settings(database)))
    for options, minutes in (((), 15), (("--minutes", "90"), 90)):
        outcome = run("token", "issue", "Ada", *options, database=database)
        assert (outcome.code, outcome.errors) == (0, "")
        text = outcome.output.removesuffix("\n")
        assert tokens.read(text, DEFAULT_TENANT).role is Role.AUTHOR
        (_, expires) = tokens._read[text]  # noqa: SLF001  # with its end
        now = AccessTokens(token_keys(settings(database)))._now()  # noqa: SLF001  # the same clock
        assert minutes * 60 - PATIENCE_S < expires - now <= minutes * 60
    for minutes in (0, 1441):
        outcome = run("token", "issue", "ada", "--minutes", str(minutes), database=database)
        assert outcome.code == 2


def test_addresses_are_sealed_anew_under_the_first_key(
    database: URL, create: Create, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("ada", "--email", "ada@example.org")
    done = "addresses: {} sealed under the first key\n"
    assert run("user", "reseal", database=database) == (0, done.format(0), "")
    key = f"new:{SECRET_KEY[::-1]}"
    monkeypatch.setenv("GRAPHQL_API_DATA_KEYS", key)
    for number in (1, 0):
        assert run("user", "reseal", database=database) == (0, done.format(number), "")
    [(sealed,)] = rows(database, "SELECT email_sealed FROM accounts")
    assert sealed[:4] == b"\x03new"  # type: ignore[index]  # a row's value


def test_addresses_whose_key_is_gone_are_one_sentence(
    database: URL, create: Create, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHQL_API_DATA_KEYS", f"old:{SECRET_KEY[::-1]}")
    create("ada", "--email", "ada@example.org")
    monkeypatch.delenv("GRAPHQL_API_DATA_KEYS")
    outcome = run("user", "reseal", database=database)
    assert outcome.code == 1
    assert outcome.errors == (
        "graphql-api: some addresses stay as they were:"
        " 1 are sealed under a key that is not set, or damaged\n"
    )
