"""`graphql-api purge`."""

from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import URL

from tests.cli.command import Run
from tests.support.postgres import Link

Database = tuple[URL, Callable[[], None]]

CONTENT = """
INSERT INTO users (tenant_id, username, display_name) VALUES (1, 'user', 'U');
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, deleted_at)
    SELECT 1, 1, n, '', '', '', '', now() - n * interval '1 day'
    FROM generate_series(10, 60, 10) AS n
"""


@pytest.fixture
def database(migrated_database: Database) -> URL:
    """Give a database with posts that were deleted 10, 20, … and 60 days ago."""
    url, empty = migrated_database
    empty()
    with closing(Link(url)) as link:
        link.execute(CONTENT)
    return url


@pytest.mark.parametrize(
    ("arguments", "n_left"),
    [
        ((), 2),
        (("--older-than", "45d"), 4),
        (("--older-than", "2w"), 1),
        (("--older-than", "0h"), 0),
    ],
    ids=str,
)
def test_what_was_deleted_longer_ago_is_removed(
    arguments: tuple[str, ...], n_left: int, database: URL, run: Run
) -> None:
    outcome = run("purge", *arguments, database=database)
    assert (outcome.code, outcome.errors) == (0, "")
    assert outcome.output.splitlines() == [
        f"posts: {6 - n_left} removed",
        "comments: 0 removed",
        "deleted comments above others: 0 emptied",
        "categories: 0 removed",
        "tags: 0 removed",
        "refresh tokens: 0 removed",
        "idempotency keys: 0 removed",
        "login failures: 0 removed",
    ]
    with closing(Link(database)) as link:
        assert link.fetch("SELECT count(*) FROM posts") == [(n_left,)]


@pytest.mark.parametrize("age", ["", "30", "d", "-1d", "1.5d", "30 d", "1y", "999999w", "٣d"])
def test_what_is_no_length_of_time_is_refused(age: str, run: Run) -> None:
    outcome = run("purge", "--older-than", age)
    assert outcome.code == 2
    assert "such as 30d" in outcome.errors
