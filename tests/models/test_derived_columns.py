"""Derived columns stay right, whatever is written, by one statement or many rows at once."""

from collections.abc import Callable
from contextlib import closing

from asyncpg import ForeignKeyViolationError
from hypothesis import HealthCheck
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import URL

from tests.support.derived import WRONG
from tests.support.postgres import Link

# few ids, which new rows use again, so that rows meet; some name nothing
IDS = st.integers(1, 7)
SOME = st.lists(IDS, min_size=1, max_size=3, unique=True)
MINUTES = st.integers(0, 59)
N = st.integers(1, 3)
POST_STATUSES = st.sampled_from(["published", "published", "published", "draft", "archived"])
COMMENT_STATUSES = st.sampled_from(["approved", "approved", "approved", "pending", "spam"])
DELETED = st.sampled_from([False, False, True])

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
INSERT INTO post_tags (tenant_id, post_id, tag_id) VALUES (1, 1, 1), (1, 2, 1), (1, 2, 2);
INSERT INTO post_likes (tenant_id, post_id, user_id) VALUES (1, 1, 1), (1, 1, 2), (1, 2, 3);
INSERT INTO comment_likes (tenant_id, comment_id, user_id) VALUES (1, 1, 1), (1, 2, 2), (1, 5, 3);
INSERT INTO tag_follows (tenant_id, tag_id, user_id) VALUES (1, 1, 1), (1, 1, 2), (1, 2, 3);
INSERT INTO user_follows (tenant_id, followed_id, follower_id)
    VALUES (1, 1, 2), (1, 2, 1), (1, 1, 3);
"""
POSTS = """
INSERT INTO posts (tenant_id, id, author_id, slug, title, body, body_html, body_text, status,
        published_at, deleted_at)
    SELECT 1, free, id, gen_random_uuid(), '', '', '', '', $3,
        '2026-01-01Z'::timestamptz + $4::int * interval '1 minute', CASE WHEN $5 THEN now() END
    FROM users, generate_series(1, 7) AS free
    WHERE id = $1 AND free NOT IN (SELECT id FROM posts) LIMIT $2
"""
COMMENTS = """
INSERT INTO comments (tenant_id, id, post_id, body, body_html, body_text, status, deleted_at)
    SELECT 1, free, id, '', '', '', $3, CASE WHEN $4 THEN now() END
    FROM posts, generate_series(1, 7) AS free
    WHERE id = $1 AND free NOT IN (SELECT id FROM comments) LIMIT $2
"""
REPLIES = """
INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status,
        deleted_at)
    SELECT 1, free, post_id, id, '', '', '', $2, CASE WHEN $3 THEN now() END
    FROM (SELECT row_number() OVER (), post_id, id FROM comments WHERE id = ANY ($1)) AS parent
    JOIN (SELECT row_number() OVER (), free FROM generate_series(1, 7) AS free
        WHERE free NOT IN (SELECT id FROM comments)) AS place USING (row_number)
"""
USERS = """
INSERT INTO users (tenant_id, id, username, display_name)
    SELECT 1, free, 'user-' || free, 'U' FROM generate_series(1, 3) AS free
    WHERE free NOT IN (SELECT id FROM users) LIMIT $1
"""
JOIN = {
    "post_tags": """
        INSERT INTO post_tags (tenant_id, post_id, tag_id) SELECT 1, a.id, b.id
        FROM posts AS a, tags AS b WHERE a.id = ANY ($1) AND b.id = ANY ($2) ON CONFLICT DO NOTHING
    """,
    "post_likes": """
        INSERT INTO post_likes (tenant_id, post_id, user_id) SELECT 1, a.id, b.id
        FROM posts AS a, users AS b WHERE a.id = ANY ($1) AND b.id = ANY ($2) ON CONFLICT DO NOTHING
    """,
    "comment_likes": """
        INSERT INTO comment_likes (tenant_id, comment_id, user_id) SELECT 1, a.id, b.id
        FROM comments AS a, users AS b WHERE a.id = ANY ($1) AND b.id = ANY ($2)
        ON CONFLICT DO NOTHING
    """,
    "tag_follows": """
        INSERT INTO tag_follows (tenant_id, tag_id, user_id) SELECT 1, a.id, b.id
        FROM tags AS a, users AS b WHERE a.id = ANY ($1) AND b.id = ANY ($2) ON CONFLICT DO NOTHING
    """,
    "user_follows": """
        INSERT INTO user_follows (tenant_id, followed_id, follower_id) SELECT 1, a.id, b.id
        FROM users AS a, users AS b WHERE a.id = ANY ($1) AND b.id = ANY ($2) AND a.id <> b.id
        ON CONFLICT DO NOTHING
    """,
}
PART = {
    "post_tags": "DELETE FROM post_tags WHERE post_id = ANY ($1) AND tag_id = ANY ($2)",
    "post_likes": "DELETE FROM post_likes WHERE post_id = ANY ($1) AND user_id = ANY ($2)",
    "comment_likes": "DELETE FROM comment_likes WHERE comment_id = ANY ($1) AND user_id = ANY ($2)",
    "tag_follows": "DELETE FROM tag_follows WHERE tag_id = ANY ($1) AND user_id = ANY ($2)",
    "user_follows": """
        DELETE FROM user_follows WHERE followed_id = ANY ($1) AND follower_id = ANY ($2)
    """,
}
LINKS = st.sampled_from(sorted(JOIN))
DELETE_OR_RESTORE = [
    "UPDATE users SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)",
    "UPDATE posts SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)",
    "UPDATE comments SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)",
    "UPDATE tags SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1)",
]
EDIT_POSTS = """
UPDATE posts SET status = $2, author_id = (SELECT coalesce(max(id), author_id) FROM users
        WHERE id = $3) WHERE id = ANY ($1)
"""
REDATE_POSTS = """
UPDATE posts SET published_at = '2026-01-01Z'::timestamptz + $2::int * interval '1 minute'
    WHERE id = ANY ($1)
"""
PURGE = [
    "DELETE FROM posts WHERE id = ANY ($1)",
    "DELETE FROM comments WHERE id = ANY ($1)",
    "DELETE FROM tags WHERE id = ANY ($1)",
]


class Writers(RuleBasedStateMachine):
    """People who write anything, one statement at a time, often about several rows at once."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.write = link.execute
        self.read = link.fetch

    @initialize()
    def _begin(self) -> None:
        self.write(CONTENT)

    @rule(n=N)
    def _users(self, *, n: int) -> None:
        self.write(USERS, n)

    @rule(author=IDS, n=N, status=POST_STATUSES, minute=MINUTES, deleted=DELETED)
    def _posts(self, *, author: int, n: int, status: str, minute: int, deleted: bool) -> None:
        self.write(POSTS, author, n, status, minute, deleted)

    @rule(post=IDS, n=N, status=COMMENT_STATUSES, deleted=DELETED)
    def _comments(self, *, post: int, n: int, status: str, deleted: bool) -> None:
        self.write(COMMENTS, post, n, status, deleted)

    @rule(parents=SOME, status=COMMENT_STATUSES, deleted=DELETED)
    def _replies(self, *, parents: list[int], status: str, deleted: bool) -> None:
        self.write(REPLIES, parents, status, deleted)

    @rule(links=LINKS, some=SOME, others=SOME)
    def _join(self, *, links: str, some: list[int], others: list[int]) -> None:
        self.write(JOIN[links], some, others)

    @rule(links=LINKS, some=SOME, others=SOME)
    def _part(self, *, links: str, some: list[int], others: list[int]) -> None:
        self.write(PART[links], some, others)

    @rule(statement=st.sampled_from(DELETE_OR_RESTORE), some=SOME, deleted=DELETED)
    def _delete_or_restore(self, *, statement: str, some: list[int], deleted: bool) -> None:
        self.write(statement, some, deleted)

    @rule(some=SOME, status=POST_STATUSES, author=IDS)
    def _edit_posts(self, *, some: list[int], status: str, author: int) -> None:
        self.write(EDIT_POSTS, some, status, author)

    @rule(some=SOME, minute=MINUTES)
    def _redate_posts(self, *, some: list[int], minute: int) -> None:
        self.write(REDATE_POSTS, some, minute)

    @rule(some=SOME, status=COMMENT_STATUSES)
    def _moderate(self, *, some: list[int], status: str) -> None:
        self.write("UPDATE comments SET status = $2 WHERE id = ANY ($1)", some, status)

    @rule(statement=st.sampled_from(PURGE), some=SOME)
    def _purge(self, *, statement: str, some: list[int]) -> None:
        self.write(statement, some)

    @rule(user=IDS)
    def _purge_user(self, *, user: int) -> None:
        try:
            self.write("DELETE FROM users WHERE id = $1", user)
        except ForeignKeyViolationError:
            assert self.read("SELECT FROM posts WHERE author_id = $1", user)

    @invariant()
    def _everything_derived_is_right(self) -> None:
        assert self.read(WRONG) == []


def test_derived_columns_stay_right_whatever_is_written(
    migrated_database: tuple[URL, Callable[[], None]],
) -> None:
    url, empty = migrated_database

    class WritersHere(Writers):
        def __init__(self) -> None:
            empty()
            super().__init__(link)

    with closing(Link(url)) as link:
        run_state_machine_as_test(
            WritersHere,
            settings=run_settings(
                max_examples=80,
                stateful_step_count=30,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
