"""What it costs to keep derived columns right: by the statement, not by the row."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import URL

from tests.support.derived import WRONG
from tests.support.postgres import Link

# one author, one tag, n users, n posts; n comments under the first post, one under each other
CONTENT = """
INSERT INTO users (tenant_id, username, display_name)
    SELECT 1, 'user-' || n, 'U' FROM generate_series(1, {n}) AS n;
INSERT INTO tags (tenant_id, slug, name) VALUES (1, 'tag', 'T');
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    SELECT 1, 1, n, '', '', '', '', 'published', now() FROM generate_series(1, {n}) AS n;
INSERT INTO post_tags (tenant_id, post_id, tag_id) SELECT 1, id, 1 FROM posts;
INSERT INTO comments (tenant_id, post_id, body, body_html, body_text, status)
    SELECT 1, 1, '', '', '', 'approved' FROM generate_series(1, {n});
"""
REPLIES = """
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    SELECT 1, 1, 1, '', '', '', 'approved' FROM comments
"""
POSTS = """
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    SELECT 1, 1, -id, '', '', '', '', 'published', now() FROM users
"""
# of the session's transactions that are not reported yet, too
WRITTEN = "SELECT relname, n_tup_upd FROM pg_stat_xact_user_tables WHERE n_tup_upd > 0"


@pytest.fixture
def link(migrated_database: tuple[URL, Callable[[], None]]) -> Iterator[Link]:
    """Connect to an empty database, without a transaction."""
    url, empty = migrated_database
    empty()
    with closing(Link(url)) as link:
        yield link
        assert link.fetch(WRONG) == []


def updates(link: Link, statement: str) -> dict[str, int]:
    """Count the row versions that a statement and its triggers write, by table."""
    link.execute("BEGIN")
    before = Counter(dict(link.fetch(WRITTEN)))
    link.execute(statement)
    after = Counter(dict(link.fetch(WRITTEN)))
    link.execute("COMMIT")
    return dict(after - before)


@pytest.mark.parametrize(
    ("statement", "written"),
    [
        # the post itself, then its count of comments
        ("UPDATE posts SET status = 'draft' WHERE id = 1", {"posts": 2, "users": 1, "tags": 1}),
        ("UPDATE comments SET status = 'spam'", {"posts": 1}),
        ("UPDATE posts SET deleted_at = now()", {"users": 1, "tags": 1}),
        ("UPDATE users SET deleted_at = now() WHERE id = 1", {"users": 2, "tags": 1}),
        ("DELETE FROM comments", {"posts": 1}),
        ("DELETE FROM post_tags", {"tags": 1}),
        (REPLIES, {"posts": 1, "comments": 1}),
        (POSTS, {"users": 1}),
        ("INSERT INTO post_likes SELECT 1, 1, id FROM users", {"posts": 1}),
        ("INSERT INTO comment_likes SELECT 1, 1, id FROM users", {"comments": 1}),
        ("INSERT INTO tag_follows SELECT 1, 1, id FROM users", {"tags": 1}),
    ],
)
def test_a_parent_is_written_once_however_many_rows_change(
    statement: str, written: dict[str, int], link: Link
) -> None:
    link.execute(CONTENT.format(n=60))
    found = updates(link, statement)
    assert {table: found.get(table) for table in written} == written


# each comment of the content gets a reply
ANSWERED = """
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    SELECT 1, 1, id, '', '', '', 'approved' FROM comments
"""


@pytest.mark.parametrize(
    ("first", "statement", "written"),
    [
        # the deleted ones, which still have their replies
        ("SELECT", "UPDATE comments SET deleted_at = now() WHERE id <= 60", {"comments": 60}),
        # the replies, the count of replies of each mark, and that the mark goes; the post is
        # told of the replies, then of the marks
        (
            "UPDATE comments SET deleted_at = now() WHERE id <= 60",
            "UPDATE comments SET deleted_at = now() WHERE id > 60",
            {"comments": 180, "posts": 2},
        ),
        (
            "UPDATE comments SET deleted_at = now() WHERE id <= 60",
            "DELETE FROM comments",
            {"posts": 1},
        ),
        # the marks, their replies, then the counts; the post itself, and twice what is below it
        (
            "UPDATE comments SET deleted_at = now() WHERE id <= 60",
            "UPDATE posts SET status = 'draft' WHERE id = 1",
            {"comments": 180, "posts": 3},
        ),
    ],
    ids=["deleted", "last replies deleted", "purged", "hidden"],
)
def test_marks_are_written_once_however_many_there_are(
    first: str, statement: str, written: dict[str, int], link: Link
) -> None:
    link.execute(CONTENT.format(n=60))
    link.execute(ANSWERED)
    link.execute(first)
    found = updates(link, statement)
    assert {table: found.get(table) for table in written} == written


def test_a_chain_of_marks_of_any_length_comes_and_goes_with_its_leaf(link: Link) -> None:
    link.execute(CONTENT.format(n=1))
    link.execute("""
        INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status)
            SELECT 1, n, 1, n - 1, '', '', '', 'approved' FROM generate_series(2, 400) AS n
    """)
    link.execute("UPDATE comments SET deleted_at = now() WHERE id < 400")
    seen = "SELECT comment_count, (SELECT count(*) FROM comments WHERE visible) FROM posts"
    assert link.fetch(seen) == [(400, 400)]
    # the leaf; each mark's count, and that it goes; none again
    spam = updates(link, "UPDATE comments SET status = 'spam' WHERE id = 400")
    assert spam == {"comments": 1 + 2 * 399, "posts": 2}
    assert link.fetch(seen) == [(0, 0)]
    approved = updates(link, "UPDATE comments SET status = 'approved' WHERE id = 400")
    assert approved == spam
    assert link.fetch(seen) == [(400, 400)]
    link.execute("DELETE FROM comments WHERE id = 400")
    assert link.fetch(seen) == [(0, 0)]


def test_a_counter_that_goes_up_touches_nothing_else(link: Link) -> None:
    link.execute(CONTENT.format(n=3))
    assert updates(link, "UPDATE posts SET view_count = 5 WHERE id = 1") == {"posts": 1}
    assert updates(link, "INSERT INTO post_likes VALUES (1, 1, 1)") == {"posts": 1}


def test_a_thread_of_any_depth_can_be_hidden_shown_and_purged(link: Link) -> None:
    link.execute(CONTENT.format(n=1))
    link.execute("""
        INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status)
            SELECT 1, n, 1, n - 1, '', '', '', 'approved' FROM generate_series(2, 400) AS n
    """)
    shown = "SELECT comment_count, (SELECT count(*) FROM comments WHERE visible) FROM posts"
    assert link.fetch(shown) == [(400, 400)]
    link.execute("UPDATE comments SET status = 'pending' WHERE id = 2")
    assert link.fetch(shown) == [(1, 1)]
    link.execute("UPDATE comments SET status = 'approved' WHERE id = 2")
    assert link.fetch(shown) == [(400, 400)]
    link.execute("DELETE FROM comments WHERE id = 2")
    assert link.fetch(shown) == [(1, 1)]


def test_one_statement_that_hides_a_comment_and_shows_its_reply_hides_all_below(link: Link) -> None:
    link.execute(CONTENT.format(n=1))
    link.execute("""
        INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status)
            SELECT 1, n, 1, n - 1, '', '', '', CASE n WHEN 2 THEN 'pending' ELSE 'approved' END
            FROM generate_series(2, 4) AS n
    """)
    link.execute("UPDATE comments SET status = CASE id WHEN 1 THEN 'spam' ELSE 'approved' END")
    assert link.fetch("SELECT count(*) FROM comments WHERE visible") == [(0,)]
    link.execute("UPDATE comments SET status = 'approved'")
    assert link.fetch("SELECT count(*) FROM comments WHERE visible") == [(4,)]
    assert link.fetch(WRONG) == []
