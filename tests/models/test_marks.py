"""A deleted comment stays as a mark while something below it is seen."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import URL

from tests.support.derived import WRONG
from tests.support.postgres import Link

# under post 1 the thread 1 over 2 over 3 over 4, with 5 beside 2; under post 2 the comment 6
CONTENT = """
INSERT INTO users (tenant_id, username, display_name) VALUES (1, 'user', 'U');
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    SELECT 1, 1, n, '', '', '', '', 'published', now() FROM generate_series(1, 2) AS n;
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    SELECT 1, post, above, '', '', '', 'approved' FROM (
        VALUES (1, NULL), (1, 1), (1, 2), (1, 3), (1, 1), (2, NULL)
    ) AS place (post, above)
"""
DELETE = "UPDATE comments SET deleted_at = now() WHERE id IN "
RESTORE = "UPDATE comments SET deleted_at = NULL WHERE id IN "
SPAM = "UPDATE comments SET status = 'spam' WHERE id IN "
APPROVE = "UPDATE comments SET status = 'approved' WHERE id IN "
PURGE = "DELETE FROM comments WHERE id IN "
HIDE = "UPDATE posts SET status = 'draft' WHERE id IN "
PUBLISH = "UPDATE posts SET status = 'published' WHERE id IN "
LEAVE = "UPDATE users SET deleted_at = now() WHERE id IN "
RETURN = "UPDATE users SET deleted_at = NULL WHERE id IN "
REPLY = """
INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status,
        deleted_at)
    VALUES (1, {id}, 1, {above}, '', '', '', '{status}', {deleted_at})
"""


def reply(number: int, above: int, status: str = "approved", deleted_at: str = "NULL") -> str:
    """Write a reply."""
    return REPLY.format(id=number, above=above, status=status, deleted_at=deleted_at)


@pytest.fixture
def link(migrated_database: tuple[URL, Callable[[], None]]) -> Iterator[Link]:
    """Connect to a database with the threads in it."""
    url, empty = migrated_database
    empty()
    with closing(Link(url)) as link:
        link.execute(CONTENT)
        yield link


def seen(link: Link) -> list[int]:
    """List the comments under post 1 that the public sees."""
    assert link.fetch(WRONG) == []
    found = link.fetch("SELECT id FROM comments WHERE visible AND post_id = 1 ORDER BY id")
    assert link.fetch("SELECT comment_count FROM posts WHERE id = 1") == [(len(found),)]
    return [number for (number,) in found]


CASES: dict[str, list[tuple[str, list[int]]]] = {
    "a deleted comment with replies stays": [(DELETE + "(2)", [1, 2, 3, 4, 5])],
    "a deleted comment without replies goes": [(DELETE + "(4)", [1, 2, 3, 5])],
    "a mark goes with its last reply": [
        (DELETE + "(3)", [1, 2, 3, 4, 5]),
        (DELETE + "(4)", [1, 2, 5]),
    ],
    "a mark stays while it has another reply": [
        (DELETE + "(1)", [1, 2, 3, 4, 5]),
        (DELETE + "(5)", [1, 2, 3, 4]),
    ],
    "marks above each other stay for one leaf, and go with it": [
        (DELETE + "(1, 2, 3)", [1, 2, 3, 4, 5]),
        (DELETE + "(5)", [1, 2, 3, 4]),
        (DELETE + "(4)", []),
        (RESTORE + "(4)", [1, 2, 3, 4]),
    ],
    "what comes back brings the marks above it": [
        (DELETE + "(1, 2, 3, 4, 5)", []),
        (RESTORE + "(3)", [1, 2, 3]),
        (DELETE + "(3)", []),
        (RESTORE + "(1)", [1]),
        (RESTORE + "(2, 4)", [1, 2, 3, 4]),
    ],
    "a comment that comes back is whole again": [
        (DELETE + "(2)", [1, 2, 3, 4, 5]),
        (RESTORE + "(2)", [1, 2, 3, 4, 5]),
    ],
    "one statement deletes a thread and brings it back": [
        (DELETE + "(1, 2, 3, 4, 5)", []),
        (RESTORE + "(1, 2, 3, 4, 5)", [1, 2, 3, 4, 5]),
    ],
    "moderation of the last reply takes the marks above along": [
        (DELETE + "(1, 2, 3, 5)", [1, 2, 3, 4]),
        (SPAM + "(4)", []),
        (APPROVE + "(4)", [1, 2, 3, 4]),
    ],
    "moderation of a mark takes all below along": [
        (DELETE + "(2)", [1, 2, 3, 4, 5]),
        (SPAM + "(2)", [1, 5]),
        (APPROVE + "(2)", [1, 2, 3, 4, 5]),
    ],
    "what is moderated and deleted is no mark": [
        ("UPDATE comments SET status = 'spam', deleted_at = now() WHERE id = 2", [1, 5]),
        (RESTORE + "(2)", [1, 5]),
        (DELETE + "(2)", [1, 5]),
        (APPROVE + "(2)", [1, 2, 3, 4, 5]),
    ],
    "a thread of marks goes with its post and comes with it": [
        (DELETE + "(1, 2, 3, 5)", [1, 2, 3, 4]),
        (HIDE + "(1)", []),
        (PUBLISH + "(1)", [1, 2, 3, 4]),
    ],
    "a thread of marks goes with the author of the post and comes back with them": [
        (DELETE + "(1, 2, 3, 5)", [1, 2, 3, 4]),
        (LEAVE + "(1)", []),
        (RETURN + "(1)", [1, 2, 3, 4]),
    ],
    "what is deleted under a hidden post is right when that comes back": [
        (HIDE + "(1)", []),
        (DELETE + "(1, 2, 5)", []),
        (PUBLISH + "(1)", [1, 2, 3, 4]),
        (HIDE + "(1)", []),
        (DELETE + "(3, 4)", []),
        (PUBLISH + "(1)", []),
    ],
    "a reply to a deleted comment makes it a mark, and all deleted ones above": [
        (DELETE + "(1, 2, 3, 4, 5)", []),
        (reply(7, 3), [1, 2, 3, 7]),
    ],
    "a reply that waits for approval makes no mark": [
        (DELETE + "(1, 2, 3, 4, 5)", []),
        (reply(7, 4, status="pending"), []),
        (APPROVE + "(7)", [1, 2, 3, 4, 7]),
    ],
    "a reply that is deleted from the start makes no mark": [
        (DELETE + "(4)", [1, 2, 3, 5]),
        (reply(7, 4, deleted_at="now()"), [1, 2, 3, 5]),
        (reply(8, 7), [1, 2, 3, 4, 5, 7, 8]),
    ],
    "a purge of the last reply takes the marks above along": [
        (DELETE + "(1, 2, 3, 5)", [1, 2, 3, 4]),
        (PURGE + "(4)", []),
    ],
    "a purge of a mark takes all below along": [
        (DELETE + "(1, 2, 5)", [1, 2, 3, 4]),
        (PURGE + "(2)", []),
        (reply(7, 5), [1, 5, 7]),
    ],
    "one statement deletes a comment and brings its reply back": [
        (DELETE + "(4)", [1, 2, 3, 5]),
        (
            "UPDATE comments SET deleted_at = CASE id WHEN 3 THEN now() END WHERE id IN (3, 4)",
            [1, 2, 3, 4, 5],
        ),
        (
            "UPDATE comments SET deleted_at = CASE id WHEN 4 THEN now() END WHERE id IN (3, 4)",
            [1, 2, 3, 5],
        ),
    ],
    "one statement hides a reply of a mark and shows another": [
        (DELETE + "(1)", [1, 2, 3, 4, 5]),
        (SPAM + "(5)", [1, 2, 3, 4]),
        (
            "UPDATE comments SET status = CASE id WHEN 2 THEN 'spam' ELSE 'approved' END",
            [1, 5],
        ),
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_what_stays_of_a_thread_and_what_goes(case: str, link: Link) -> None:
    assert seen(link) == [1, 2, 3, 4, 5]
    for statement, left in CASES[case]:
        link.execute(statement)
        assert seen(link) == left, statement


def test_a_mark_under_one_post_says_nothing_about_another(link: Link) -> None:
    link.execute(DELETE + "(1, 2, 3, 4, 5, 6)")
    link.execute(RESTORE + "(4)")
    assert link.fetch("SELECT id, comment_count FROM posts ORDER BY id") == [(1, 4), (2, 0)]
    assert seen(link) == [1, 2, 3, 4]
