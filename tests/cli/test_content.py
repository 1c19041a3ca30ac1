"""`graphql-api import` and `graphql-api seed`."""

import os
import pty
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.cli.command import PROGRAM, Run, sentence, variables
from tests.services.wordpress.wxr import author, comment, document, item
from tests.support.postgres import Link

Database = tuple[URL, Callable[[], None]]


@pytest.fixture
def database(migrated_database: Database) -> URL:
    """Give a database with tables and nothing in them."""
    url, empty = migrated_database
    empty()
    return url


@pytest.fixture
def export(tmp_path: Path) -> str:
    """Write a WordPress export of one post with one comment."""
    post = item(1, comment(1, "Hello back"), title="Hello", body="World", creator="ada")
    (tmp_path / "export.xml").write_text(document(author("ada"), post), encoding="utf-8")
    return "export.xml"


def count(url: URL, table: str) -> int:
    """Count the rows of a table."""
    with closing(Link(url)) as link:
        [(number,)] = link.fetch(f"SELECT count(*) FROM {table}")  # noqa: S608  # our own table
    return int(number)


def test_an_import_tells_what_it_did_and_twice_changes_nothing(
    database: URL, export: str, run: Run
) -> None:
    first = run("import", "wordpress", export, database=database)
    assert (first.code, first.errors) == (0, "")
    assert "posts: 1 read, 1 added, 0 updated, 0 unchanged, 0 left out" in first.output
    assert "comments: 1 read, 1 added, 0 updated, 0 unchanged, 0 left out" in first.output
    again = run("import", "wordpress", export, database=database)
    assert "posts: 1 read, 0 added, 0 updated, 1 unchanged, 0 left out" in again.output
    assert (count(database, "posts"), count(database, "comments")) == (1, 1)


def test_a_file_that_cannot_be_imported_is_one_sentence(
    database: URL, export: str, tmp_path: Path, run: Run
) -> None:
    whole = (tmp_path / export).read_bytes()
    (tmp_path / "half.xml").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.xml").write_bytes(b"no XML at all")
    for name in ("half.xml", "none.xml", "nowhere.xml", "."):
        assert sentence(run("import", "wordpress", name, database=database))
    assert count(database, "posts") == 0


def test_a_terminal_shows_a_bar(database: URL, export: str, tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    done = subprocess.run(
        [PROGRAM, "import", "wordpress", export],
        cwd=tmp_path,
        env=os.environ | variables(database) | {"TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
    )
    os.close(theirs)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert done.returncode == 0
    assert "reading" in shown
    assert "━" in shown
    assert "posts: 1 read" in done.stdout.decode()


def test_a_seed_tells_what_it_added_and_twice_adds_nothing(database: URL, run: Run) -> None:
    arguments = ("seed", "--posts", "20", "--seed", "7")
    first = run(*arguments, database=database)
    assert (first.code, first.errors) == (0, "")
    assert "posts: 20 added" in first.output.splitlines()
    assert "comments: 200 added" in first.output.splitlines()
    again = run(*arguments, database=database)
    assert again == (0, "the database holds this seed already; nothing was added\n", "")
    assert (count(database, "posts"), count(database, "comments")) == (20, 200)


def test_a_seed_of_nothing_is_refused(run: Run) -> None:
    outcome = run("seed", "--posts", "0")
    assert outcome.code == 2
    assert "--posts" in outcome.errors
