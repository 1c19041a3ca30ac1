"""`graphql-api db`, on a database from its first table to none, and on what is none."""

import os
import subprocess
from contextlib import closing

import pytest
from sqlalchemy import URL

from graphql_api.db import migrate
from tests.cli.command import PROGRAM, Outcome, Run, sentence, variables
from tests.support.patience import PATIENCE_S
from tests.support.postgres import Link

HEAD = migrate.head()


def said(outcome: Outcome) -> str:
    """Check that a command succeeded, and return its last line."""
    assert (outcome.code, outcome.errors) == (0, "")
    return outcome.output.splitlines()[-1]


def test_a_database_goes_up_and_down(empty_database: URL, run: Run) -> None:
    def db(*arguments: str) -> Outcome:
        return run("db", *arguments, database=empty_database)

    assert said(db("current")) == f"the database is at base; the newest is {HEAD}"
    assert sentence(db("check")) == "Target database is not up to date."
    assert said(db("upgrade", "0001")) == "the database is at 0001"
    assert said(db("upgrade")) == f"the database is at {HEAD}"
    assert said(db("upgrade")) == f"the database is at {HEAD}"
    assert said(db("current")) == f"the database is at {HEAD}; the newest is {HEAD}"
    assert said(db("check")) == "the database is what the models say"
    assert said(db("downgrade", "base")) == "the database is at base"
    with closing(Link(empty_database)) as link:
        tables = link.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
    assert [name for (name,) in tables if not name.startswith("alembic_version")] == []


def test_two_processes_that_migrate_at_once_go_one_after_the_other(empty_database: URL) -> None:
    environment = os.environ | variables(empty_database)
    upgrades = [
        subprocess.Popen(
            [PROGRAM, "db", "upgrade"], env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said_of_it = [upgrade.communicate(timeout=PATIENCE_S)[1] for upgrade in upgrades]
    assert (said_of_it, [upgrade.returncode for upgrade in upgrades]) == ([""] * 3, [0] * 3)


def test_a_table_that_differs_is_found(empty_database: URL, run: Run) -> None:
    assert said(run("db", "upgrade", database=empty_database)) == f"the database is at {HEAD}"
    with closing(Link(empty_database)) as link:
        link.execute("ALTER TABLE tags ADD COLUMN colour text")
    said_of_it = sentence(run("db", "check", database=empty_database))
    assert "colour" in said_of_it


def test_an_unknown_revision_is_one_sentence(empty_database: URL, run: Run) -> None:
    for command in ("upgrade", "downgrade"):
        outcome = run("db", command, "9999", database=empty_database)
        assert sentence(outcome) == "Can't locate revision identified by '9999'"


@pytest.mark.parametrize(
    "arguments",
    [("db", "upgrade"), ("db", "current"), ("seed", "--posts", "1"), ("import", "wordpress", "x")],
    ids=" ".join,
)
def test_an_unreachable_database_is_one_sentence(arguments: tuple[str, ...], run: Run) -> None:
    outcome = run(*arguments, database="postgresql://ada:secret@127.0.0.1:1/blog")
    assert sentence(outcome) == (
        "cannot use the database postgresql+asyncpg://ada:***@127.0.0.1:1/blog: Connection refused"
    )


def test_a_database_that_does_not_exist_is_one_sentence(empty_database: URL, run: Run) -> None:
    outcome = run("db", "upgrade", database=empty_database.set(database="nowhere"))
    assert sentence(outcome).endswith(': database "nowhere" does not exist')


def test_a_host_that_does_not_exist_is_one_sentence(run: Run) -> None:
    outcome = run("db", "upgrade", database="postgresql://ada@nowhere.invalid/blog")
    assert sentence(outcome).startswith(
        "cannot use the database postgresql+asyncpg://ada@nowhere.invalid/blog: "
    )


def test_a_database_without_tables_is_one_sentence(empty_database: URL, run: Run) -> None:
    outcome = run("seed", "--posts", "1", database=empty_database)
    assert sentence(outcome) == (
        "the database lacks a table or column; run: graphql-api db upgrade"
    )


@pytest.mark.parametrize("arguments", [("db", "upgrade"), ("serve",)], ids=" ".join)
def test_missing_settings_are_one_sentence(arguments: tuple[str, ...], run: Run) -> None:
    assert sentence(run(*arguments)) == (
        "settings cannot be used: GRAPHQL_API_DATABASE_URL: Field required;"
        " GRAPHQL_API_SECRET_KEY: Field required"
    )


def test_wrong_settings_are_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHQL_API_POOL_SIZE", "none")
    outcome = run("serve", database="mysql://ada@127.0.0.1/blog")
    said_of_it = sentence(outcome)
    assert "GRAPHQL_API_DATABASE_URL: must look like postgresql://user:password@" in said_of_it
    assert "GRAPHQL_API_POOL_SIZE: " in said_of_it
