"""Two writers, of whom the second begins before the first has committed."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.settings import Settings
from tests.support.derived import WRONG
from tests.support.postgres import address

# users 1 to 3; a post by the first with a comment and an answer, and a mark with one reply; a tag
CONTENT = """
INSERT INTO users (tenant_id, username, display_name)
    SELECT 1, 'user-' || n, 'U' FROM generate_series(1, 3) AS n;
INSERT INTO tags (tenant_id, slug, name) VALUES (1, 'tag', 'T');
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    VALUES (1, 1, 'post', '', '', '', '', 'published', now());
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    VALUES (1, 1, NULL, '', '', '', 'approved'), (1, 1, 1, '', '', '', 'approved'),
        (1, 1, 2, '', '', '', 'approved'), (1, 1, 3, '', '', '', 'approved');
UPDATE comments SET deleted_at = now() WHERE id = 3;
"""
HIDE = "UPDATE posts SET status = 'draft' WHERE id = 1"
REDATE = "UPDATE posts SET published_at = now() - interval '1 day' WHERE id = 1"
MODERATE = """
SELECT FROM posts WHERE id = 1 FOR NO KEY UPDATE;
UPDATE comments SET status = 'spam' WHERE id = 1
"""
COMMENT = """
INSERT INTO comments (tenant_id, post_id, body, body_html, body_text, status)
    VALUES (1, 1, '', '', '', 'approved')
"""
REPLY = """
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    VALUES (1, 1, 2, '', '', '', 'approved')
"""
WRITE_POST = """
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    VALUES (1, 1, 'next', '', '', '', '', 'published', now())
"""
DELETE_ANSWER = """
SELECT FROM posts WHERE id = 1 FOR NO KEY UPDATE;
UPDATE comments SET deleted_at = now() WHERE id = 2
"""
DELETE_LAST = """
SELECT FROM posts WHERE id = 1 FOR NO KEY UPDATE;
UPDATE comments SET deleted_at = now() WHERE id = 4
"""
PURGE_LAST = """
SELECT FROM posts WHERE id = 1 FOR NO KEY UPDATE;
DELETE FROM comments WHERE id = 4
"""
RESTORE_MARK = """
SELECT FROM posts WHERE id = 1 FOR NO KEY UPDATE;
UPDATE comments SET deleted_at = NULL WHERE id = 3
"""
ANSWER_MARK = """
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    VALUES (1, 1, 3, '', '', '', 'approved')
"""
TAG = "INSERT INTO post_tags VALUES (1, 1, 1)"
LEAVE = "UPDATE users SET deleted_at = now() WHERE id = 2"
AUTHOR_LEAVES = "UPDATE users SET deleted_at = now() WHERE id = 1"
PAIRS = {
    "a post is hidden, and commented on": (HIDE, COMMENT),
    "a post is hidden, and a comment answered": (HIDE, REPLY),
    "a thread is moderated, and answered": (MODERATE, REPLY),
    "a comment is deleted, and answered": (DELETE_ANSWER, REPLY),
    "a comment is deleted, and the last below it": (DELETE_ANSWER, DELETE_LAST),
    "a mark loses its last reply, and is answered": (DELETE_LAST, ANSWER_MARK),
    "a mark loses its last reply for good, and is answered": (PURGE_LAST, ANSWER_MARK),
    "a mark loses its last reply, and comes back": (DELETE_LAST, RESTORE_MARK),
    "a mark loses its last reply, and its post is hidden": (DELETE_LAST, HIDE),
    "a mark is answered, and what it stands under moderated": (ANSWER_MARK, MODERATE),
    "a post is hidden, and tagged": (HIDE, TAG),
    "a post gets another date, and is tagged": (REDATE, TAG),
    "an author leaves, and publishes": (AUTHOR_LEAVES, WRITE_POST),
    "an author leaves, and a post is commented on": (AUTHOR_LEAVES, COMMENT),
    "a user leaves, and likes a post": (LEAVE, "INSERT INTO post_likes VALUES (1, 1, 2)"),
    "a user leaves, and likes a comment": (LEAVE, "INSERT INTO comment_likes VALUES (1, 1, 2)"),
    "a user leaves, and follows a tag": (LEAVE, "INSERT INTO tag_follows VALUES (1, 1, 2)"),
    "a user leaves, and follows another": (LEAVE, "INSERT INTO user_follows VALUES (1, 3, 2)"),
    "a user leaves, and is followed": (LEAVE, "INSERT INTO user_follows VALUES (1, 2, 3)"),
    "two comment": (COMMENT, COMMENT),
    "two publish": (WRITE_POST, WRITE_POST.replace("next", "other")),
    "a post is purged, and another written": ("DELETE FROM posts WHERE id = 1", WRITE_POST),
}


@pytest.fixture
async def writers(settings: Settings) -> AsyncGenerator[list[asyncpg.Connection]]:
    """Connect two writers, and make the content."""
    opened = [await asyncpg.connect(address(settings.url)) for _ in range(2)]
    await opened[0].execute(CONTENT)
    yield opened
    for connection in opened:
        await connection.close()


@pytest.mark.parametrize("swapped", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("pair", PAIRS)
async def test_the_second_writer_sees_what_the_first_did(
    pair: str, *, swapped: bool, writers: list[asyncpg.Connection], database: Database
) -> None:
    first, second = reversed(PAIRS[pair]) if swapped else PAIRS[pair]
    transaction = writers[0].transaction()
    await transaction.start()
    await writers[0].execute(first)
    waiting = asyncio.create_task(writers[1].execute(second))
    await asyncio.wait([waiting], timeout=0.1)
    await transaction.commit()
    await waiting
    assert [tuple(row) for row in await database.reader(1).rows(text(WRONG), {})] == []
