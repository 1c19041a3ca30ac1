"""Counters stay exact, and nobody is turned away, when many write at once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from random import Random

import asyncpg
import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import Comment, Post, User
from graphql_api.settings import Settings
from tests.support.derived import WRONG
from tests.support.factories import Factory
from tests.support.postgres import address

WRITERS = 32
STEPS = 12

COMMENT = """
INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)
    VALUES (1, $1, $2, '', '', '', 'approved')
"""
PURGE_REPLY = """
DELETE FROM comments WHERE id = (SELECT max(id) FROM comments WHERE parent_id = $1 AND id > 12)
"""
LIKES = [
    "INSERT INTO post_likes VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
    "DELETE FROM post_likes WHERE (tenant_id, post_id, user_id) = (1, $1, $2)",
]
COMMENT_LIKES = [
    "INSERT INTO comment_likes VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
    "DELETE FROM comment_likes WHERE (tenant_id, comment_id, user_id) = (1, $1, $2)",
]
MODERATE = [
    "UPDATE comments SET status = 'spam' WHERE (tenant_id, id) = (1, $1)",
    "UPDATE comments SET status = 'approved' WHERE (tenant_id, id) = (1, $1)",
    "UPDATE comments SET deleted_at = now() WHERE (tenant_id, id) = (1, $1)",
    "UPDATE comments SET deleted_at = NULL WHERE (tenant_id, id) = (1, $1)",
]
FOLLOWS = [
    "INSERT INTO user_follows VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
    "DELETE FROM user_follows WHERE (tenant_id, followed_id, follower_id) = (1, $1, $2)",
]
EDIT = [
    "UPDATE posts SET status = 'draft' WHERE (tenant_id, id) = (1, $1)",
    "UPDATE posts SET status = 'published' WHERE (tenant_id, id) = (1, $1)",
    "UPDATE posts SET published_at = published_at + interval '1 h' WHERE (tenant_id, id) = (1, $1)",
]
LEAVE = [
    "UPDATE users SET deleted_at = now() WHERE (tenant_id, id) = (1, $1)",
    "UPDATE users SET deleted_at = NULL WHERE (tenant_id, id) = (1, $1)",
]
MARKS = [
    "INSERT INTO post_tags VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
    "DELETE FROM post_tags WHERE (tenant_id, post_id, tag_id) = (1, $1, $2)",
]
LOCK_POST = "SELECT FROM posts WHERE (tenant_id, id) = (1, $1) FOR NO KEY UPDATE"
LOCK_AUTHOR = "SELECT FROM users WHERE (tenant_id, id) = (1, $1) FOR NO KEY UPDATE"

Writer = Callable[[asyncpg.Connection, Random], Awaitable[None]]


@pytest.fixture
async def connections(settings: Settings) -> AsyncGenerator[list[asyncpg.Connection]]:
    """Open one connection for each writer."""
    opened = [await asyncpg.connect(address(settings.url)) for _ in range(WRITERS)]
    yield opened
    for connection in opened:
        await connection.close()


async def all_at_once(connections: list[asyncpg.Connection], write: Writer) -> None:
    """Let everyone write ``STEPS`` times; whoever fails, fails the test."""

    async def work(connection: asyncpg.Connection, random: Random) -> None:
        for _ in range(STEPS):
            await write(connection, random)

    async with asyncio.TaskGroup() as group:
        for seed, connection in enumerate(connections):
            group.create_task(work(connection, Random(seed)))  # noqa: S311  # no secret


async def wrong(database: Database) -> list[tuple[object, ...]]:
    """List the rows with a wrong derived column."""
    rows = await database.reader(1).rows(text(WRONG), {})
    return [tuple(row) for row in rows]


async def test_likes_of_a_few_posts_are_counted_exactly(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    posts = [(await make.post()).id for _ in range(2)]
    users = [(await make.user()).id for _ in range(4)]

    async def like(connection: asyncpg.Connection, random: Random) -> None:
        await connection.execute(random.choice(LIKES), random.choice(posts), random.choice(users))

    await all_at_once(connections, like)
    assert await wrong(database) == []


async def test_comments_and_their_likes_are_counted_exactly(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    author: User = await make.user()
    posts: list[Post] = [await make.post(author=author) for _ in range(2)]
    tops: list[Comment] = [await make.comment(post=posts[n % 2], author=author) for n in range(4)]
    replies = [await make.comment(parent=top, author=author) for top in tops]

    async def comment(connection: asyncpg.Connection, random: Random) -> None:
        about = random.choice(tops + replies)
        match random.randrange(4):
            case 0:
                await connection.execute(COMMENT, about.post_id, random.choice([None, about.id]))
            case 1:
                await connection.execute(random.choice(COMMENT_LIKES), about.id, author.id)
            case _:
                async with connection.transaction():
                    await connection.execute(LOCK_POST, about.post_id)
                    await connection.execute(random.choice(MODERATE), about.id)

    await all_at_once(connections, comment)
    assert await wrong(database) == []


async def test_threads_are_deleted_and_answered_at_once(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    author = await make.user()
    posts = [await make.post(author=author) for _ in range(2)]
    chains: list[list[Comment]] = []
    for post in posts:
        chain = [await make.comment(post=post, author=author)]
        for _ in range(5):
            chain.append(await make.comment(parent=chain[-1], author=author))
        chains.append(chain)

    async def write(connection: asyncpg.Connection, random: Random) -> None:
        about = random.choice(random.choice(chains))
        async with connection.transaction():
            await connection.execute(LOCK_POST, about.post_id)
            match random.randrange(6):
                case 0:
                    await connection.execute(COMMENT, about.post_id, about.id)
                case 1:
                    await connection.execute(PURGE_REPLY, about.id)
                case _:
                    await connection.execute(random.choice(MODERATE), about.id)

    await all_at_once(connections, write)
    assert await wrong(database) == []


async def test_comments_are_written_while_their_posts_come_and_go(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    author = await make.user()
    posts = [await make.post(author=author) for _ in range(2)]
    tops = [await make.comment(post=posts[n % 2], author=author) for n in range(4)]

    async def write(connection: asyncpg.Connection, random: Random) -> None:
        top = random.choice(tops)
        if random.random() < 0.7:
            await connection.execute(COMMENT, top.post_id, random.choice([None, top.id]))
            return
        async with connection.transaction():
            await connection.execute(LOCK_AUTHOR, author.id)
            await connection.execute(random.choice(EDIT), top.post_id)

    await all_at_once(connections, write)
    assert await wrong(database) == []


async def test_people_like_while_they_come_and_go(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    author = await make.user()
    posts = [(await make.post(author=author)).id for _ in range(3)]
    users = [(await make.user()).id for _ in range(4)]

    async def write(connection: asyncpg.Connection, random: Random) -> None:
        user = random.choice(users)
        if random.random() < 0.7:
            await connection.execute(random.choice(LIKES), random.choice(posts), user)
        else:
            await connection.execute(random.choice(LEAVE), user)

    await all_at_once(connections, write)
    assert await wrong(database) == []


async def test_people_who_follow_each_other_do_not_wait_for_each_other_for_ever(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    users = [(await make.user()).id for _ in range(3)]

    async def follow(connection: asyncpg.Connection, random: Random) -> None:
        await connection.execute(random.choice(FOLLOWS), *random.sample(users, 2))

    await all_at_once(connections, follow)
    assert await wrong(database) == []


async def test_posts_that_share_tags_and_authors_come_and_go(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    tags = [await make.tag() for _ in range(4)]
    authors = [await make.user() for _ in range(4)]
    posts = [
        await make.post(author=authors[n % 4], tags=Random(n).sample(tags, 3))  # noqa: S311  # no secret
        for n in range(8)
    ]

    async def edit(connection: asyncpg.Connection, random: Random) -> None:
        post = random.choice(posts)
        async with connection.transaction():
            await connection.execute(LOCK_AUTHOR, post.author_id)
            await connection.execute(random.choice(EDIT), post.id)

    await all_at_once(connections, edit)
    assert await wrong(database) == []


async def test_posts_are_tagged_while_they_come_and_go(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    tags = [await make.tag() for _ in range(4)]
    author = await make.user()
    posts = [await make.post(author=author) for _ in range(4)]

    async def edit(connection: asyncpg.Connection, random: Random) -> None:
        post = random.choice(posts)
        async with connection.transaction():
            await connection.execute(LOCK_AUTHOR, author.id)
            await connection.execute(LOCK_POST, post.id)
            await connection.execute(random.choice(EDIT), post.id)

    async def tag(connection: asyncpg.Connection, random: Random) -> None:
        post = random.choice(posts)
        insert, delete = MARKS
        if random.random() < 0.7:
            await connection.execute(insert, post.id, random.choice(tags).id)
            return
        async with connection.transaction():
            await connection.execute(LOCK_POST, post.id)
            await connection.execute(delete, post.id, random.choice(tags).id)

    async def either(connection: asyncpg.Connection, random: Random) -> None:
        await random.choice([edit, tag])(connection, random)

    await all_at_once(connections, either)
    assert await wrong(database) == []


async def test_the_newest_post_is_right_when_two_are_purged_at_once(
    connections: list[asyncpg.Connection], make: Factory, database: Database
) -> None:
    author = await make.user()
    posts = [(await make.post(author=author)).id for _ in range(WRITERS + 1)]
    async with asyncio.TaskGroup() as group:
        for post, connection in zip(posts[1:], connections, strict=True):
            purge = "DELETE FROM posts WHERE (tenant_id, id) = (1, $1)"
            group.create_task(connection.execute(purge, post))
    assert await wrong(database) == []
