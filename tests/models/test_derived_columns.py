"""Derived columns stay right, whatever is written, by one statement or many rows at once."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from asyncpg import ForeignKeyViolationError
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from sqlalchemy import URL

from tests.support.derived import WRONG
from tests.support.postgres import Link

# something of everything from the first step on: left to chance, most runs never had a post
CONTENT = """
INSERT INTO users (tenant_id, username, display_name)
    SELECT 1, 'user-' || n, 'U' FROM generate_series(1, 3) AS n;
INSERT INTO tags (tenant_id, slug, name) SELECT 1, 'tag-' || n, 'T' FROM generate_series(1, 3) AS n;
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    SELECT 1, 1 + n % 2, n, '', '', '', '', 'published', '2026-01-01Z'
    FROM generate_series(1, 4) AS n;
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    VALUES (1, 1, NULL, '', '', '', 'approved'), (1, 1, 1, '', '', '', 'approved'),
        (1, 1, 2, '', '', '', 'approved'), (1, 1, 3, '', '', '', 'approved'),
        (1, 2, NULL, '', '', '', 'approved'), (1, 1, NULL, '', '', '', 'approved');
UPDATE comments SET deleted_at = now() WHERE id = 6;
INSERT INTO post_tags (tenant_id, post_id, tag_id) VALUES (1, 1, 1), (1, 2, 1), (1, 2, 2);
INSERT INTO post_likes (tenant_id, post_id, user_id) VALUES (1, 1, 1), (1, 1, 2), (1, 2, 3);
INSERT INTO comment_likes (tenant_id, comment_id, user_id) VALUES (1, 1, 1), (1, 2, 2), (1, 5, 3);
INSERT INTO tag_follows (tenant_id, tag_id, user_id) VALUES (1, 1, 1), (1, 1, 2), (1, 2, 3);
INSERT INTO user_follows (tenant_id, followed_id, follower_id)
    VALUES (1, 1, 2), (1, 2, 1), (1, 1, 3);
"""

# few ids, which new rows use again, so that rows meet; some name nothing
PERSON = st.integers(1, 4)
PEOPLE = TAGS = st.lists(PERSON, min_size=1, max_size=3, unique=True)
ID = st.integers(1, 7)
IDS = st.lists(ID, min_size=1, max_size=3, unique=True)
N = st.integers(1, 3)
MINUTE = st.integers(0, 59)
POST_STATUS = st.sampled_from(["published", "published", "published", "draft", "archived"])
COMMENT_STATUS = st.sampled_from(["approved", "approved", "approved", "pending", "spam"])
DELETED = st.sampled_from([False, False, True])

PURGE_PERSON = "DELETE FROM users WHERE id = $1"
STEPS = [
    (
        """INSERT INTO users (tenant_id, id, username, display_name)
        SELECT 1, free, 'user-' || free, 'U' FROM generate_series(1, 3) AS free
        WHERE free NOT IN (SELECT id FROM users) LIMIT $1""",
        N,
    ),
    (
        """INSERT INTO posts (tenant_id, id, author_id, slug, title, body, body_html, body_text,
            status, published_at, deleted_at)
        SELECT 1, free, id, gen_random_uuid(), '', '', '', '', $3,
            '2026-01-01Z'::timestamptz + $4::int * interval '1 minute', CASE WHEN $5 THEN now() END
        FROM users, generate_series(1, 7) AS free
        WHERE id = $1 AND free NOT IN (SELECT id FROM posts) LIMIT $2""",
        PERSON,
        N,
        POST_STATUS,
        MINUTE,
        DELETED,
    ),
    (
        """INSERT INTO comments (tenant_id, id, post_id, body, body_html, body_text, status,
            deleted_at)
        SELECT 1, free, id, '', '', '', $3, CASE WHEN $4 THEN now() END
        FROM posts, generate_series(1, 7) AS free
        WHERE id = $1 AND free NOT IN (SELECT id FROM comments) LIMIT $2""",
        ID,
        N,
        COMMENT_STATUS,
        DELETED,
    ),
    (
        """INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text,
            status, deleted_at)
        SELECT 1, free, post_id, id, '', '', '', $2, CASE WHEN $3 THEN now() END
        FROM (SELECT row_number() OVER (), post_id, id FROM comments WHERE id = ANY ($1)) AS parent
        JOIN (SELECT row_number() OVER (), free FROM generate_series(1, 7) AS free
            WHERE free NOT IN (SELECT id FROM comments)) AS place USING (row_number)""",
        IDS,
        COMMENT_STATUS,
        DELETED,
    ),
    (
        """INSERT INTO post_tags (tenant_id, post_id, tag_id) SELECT 1, posts.id, tags.id
        FROM posts, tags WHERE posts.id = ANY ($1) AND tags.id = ANY ($2) ON CONFLICT DO NOTHING""",
        IDS,
        TAGS,
    ),
    (
        """INSERT INTO post_likes (tenant_id, post_id, user_id) SELECT 1, posts.id, users.id
        FROM posts, users WHERE posts.id = ANY ($1) AND users.id = ANY ($2)
        ON CONFLICT DO NOTHING""",
        IDS,
        PEOPLE,
    ),
    (
        """INSERT INTO comment_likes (tenant_id, comment_id, user_id)
        SELECT 1, comments.id, users.id FROM comments, users
        WHERE comments.id = ANY ($1) AND users.id = ANY ($2) ON CONFLICT DO NOTHING""",
        IDS,
        PEOPLE,
    ),
    (
        """INSERT INTO tag_follows (tenant_id, tag_id, user_id) SELECT 1, tags.id, users.id
        FROM tags, users WHERE tags.id = ANY ($1) AND users.id = ANY ($2) ON CONFLICT DO NOTHING""",
        TAGS,
        PEOPLE,
    ),
    (
        """INSERT INTO user_follows (tenant_id, followed_id, follower_id) SELECT 1, a.id, b.id
        FROM users AS a, users AS b WHERE a.id = ANY ($1) AND b.id = ANY ($2) AND a.id <> b.id
        ON CONFLICT DO NOTHING""",
        PEOPLE,
        PEOPLE,
    ),
    ("DELETE FROM post_tags WHERE post_id = ANY ($1) AND tag_id = ANY ($2)", IDS, TAGS),
    ("DELETE FROM post_likes WHERE post_id = ANY ($1) AND user_id = ANY ($2)", IDS, PEOPLE),
    ("DELETE FROM comment_likes WHERE comment_id = ANY ($1) AND user_id = ANY ($2)", IDS, PEOPLE),
    ("DELETE FROM tag_follows WHERE tag_id = ANY ($1) AND user_id = ANY ($2)", TAGS, PEOPLE),
    (
        "DELETE FROM user_follows WHERE followed_id = ANY ($1) AND follower_id = ANY ($2)",
        PEOPLE,
        PEOPLE,
    ),
    (
        "UPDATE users SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)",
        PEOPLE,
        DELETED,
    ),
    ("UPDATE posts SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)", IDS, DELETED),
    (
        "UPDATE comments SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)",
        IDS,
        DELETED,
    ),
    ("UPDATE tags SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)", TAGS, DELETED),
    ("UPDATE posts SET status = $2 WHERE id = ANY ($1)", IDS, POST_STATUS),
    ("UPDATE comments SET status = $2 WHERE id = ANY ($1)", IDS, COMMENT_STATUS),
    (
        """UPDATE posts SET author_id = users.id, status = $3 FROM users
        WHERE posts.id = ANY ($1) AND users.id = $2""",
        IDS,
        PERSON,
        POST_STATUS,
    ),
    (
        """UPDATE posts
        SET published_at = '2026-01-01Z'::timestamptz + $2::int * interval '1 minute'
        WHERE id = ANY ($1)""",
        IDS,
        MINUTE,
    ),
    ("DELETE FROM posts WHERE id = ANY ($1)", IDS),
    ("DELETE FROM comments WHERE id = ANY ($1)", IDS),
    (PURGE_PERSON, PERSON),
]
ANYTHING = st.lists(
    st.sampled_from(STEPS).flatmap(lambda step: st.tuples(st.just(step[0]), *step[1:])),
    min_size=30,
    max_size=30,
)


# what is about threads alone, under two posts: deep ones, of which half of the comments are deleted
THREADS = """
INSERT INTO users (tenant_id, username, display_name) VALUES (1, 'user', 'U');
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    SELECT 1, 1, n, '', '', '', '', 'published', '2026-01-01Z' FROM generate_series(1, 2) AS n;
"""
PLACE = st.integers(1, 16)
PLACES = st.lists(PLACE, max_size=6, unique=True)
FATE = st.booleans()
THREAD_STEPS: list[tuple[str, *tuple[st.SearchStrategy[object], ...]]] = [
    # a reply to an earlier one; of those whose parent is not there, one at the top
    (
        """INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text,
            status, deleted_at)
        SELECT 1, n, coalesce(above.post_id, $4), above.id, '', '', '', $2,
            CASE WHEN n = ANY ($3) THEN now() END
        FROM unnest($1::int[]) AS n LEFT JOIN comments AS above ON above.id = n - 1 - n % 3
        WHERE n NOT IN (SELECT id FROM comments)""",
        PLACES,
        COMMENT_STATUS,
        PLACES,
        st.integers(1, 2),
    ),
    (
        """UPDATE comments SET deleted_at = CASE WHEN id = ANY ($1) THEN now() END,
            status = CASE WHEN id = ANY ($2) THEN 'spam' ELSE 'approved' END""",
        PLACES,
        PLACES,
    ),
    ("UPDATE comments SET deleted_at = CASE WHEN id = ANY ($1) THEN now() END", PLACES),
    (
        "UPDATE comments SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)",
        PLACES,
        FATE,
    ),
    ("UPDATE comments SET status = $2 WHERE id = ANY ($1)", PLACES, COMMENT_STATUS),
    (
        """UPDATE comments SET status = CASE WHEN id = ANY ($1) THEN 'approved' ELSE 'pending' END
        WHERE id = ANY ($1) OR id = ANY ($2)""",
        PLACES,
        PLACES,
    ),
    # two updates in one statement, each of which fires the triggers
    (
        """WITH hidden AS (
            UPDATE comments SET status = $2 WHERE id = ANY ($1) RETURNING id
        )
        UPDATE comments SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END
        WHERE id = ANY ($3) AND id <> ALL ($1)""",
        PLACES,
        COMMENT_STATUS,
        PLACES,
    ),
    ("DELETE FROM comments WHERE id = ANY ($1)", PLACES),
    ("DELETE FROM comments WHERE id = $1", PLACE),
    ("UPDATE posts SET status = $2 WHERE id = $1", st.integers(1, 2), POST_STATUS),
    ("UPDATE users SET deleted_at = CASE WHEN $1 THEN now() END", DELETED),
    ("UPDATE comments SET visible = $1, shown = $1, reply_count = 3, depth = 3", FATE),
]
ANYTHING_IN_THREADS = st.lists(
    st.sampled_from(THREAD_STEPS).flatmap(lambda step: st.tuples(st.just(step[0]), *step[1:])),
    min_size=30,
    max_size=30,
)


@pytest.fixture(scope="module")
def begin(
    migrated_database: tuple[URL, Callable[[], None]],
) -> Iterator[Callable[[], Link]]:
    """Give what empties the database, with the connection to write on."""
    url, empty = migrated_database
    with closing(Link(url)) as link:

        def begin() -> Link:
            empty()
            return link

        yield begin


@run_settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    phases=[
        Phase.generate
    ],  # every step is checked, so the last one tells; shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=ANYTHING)
def test_derived_columns_stay_right_whatever_is_written(
    begin: Callable[[], Link], steps: list[tuple[str, *tuple[object, ...]]]
) -> None:
    link = begin()
    link.execute(CONTENT)
    for statement, *values in steps:
        try:
            link.execute(statement, *values)
        except ForeignKeyViolationError:
            assert statement == PURGE_PERSON  # whose posts are still there
        assert link.fetch(WRONG) == []


# all 16 comments, in threads that branch and go eight deep
FULL = """
INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status)
    SELECT 1, n, CASE WHEN n < 12 THEN 1 ELSE 2 END,
        CASE WHEN n NOT IN (1, 12) THEN greatest(1, n - 1 - (n % 3) / 2) END, '', '', '', 'approved'
    FROM generate_series(1, 16) AS n
"""


@run_settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # as above
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=ANYTHING_IN_THREADS)
def test_threads_stay_right_whatever_is_deleted_and_hidden_in_them(
    begin: Callable[[], Link], steps: list[tuple[str, *tuple[object, ...]]]
) -> None:
    link = begin()
    link.execute(THREADS)
    link.execute(FULL)
    for statement, *values in steps:
        link.execute(statement, *values)
        assert link.fetch(WRONG) == []
