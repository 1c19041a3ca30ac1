"""Loading the sample blog: all of it, once, and never over what a user has changed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Row, func, select, table, text

from graphql_api.db.database import Database
from graphql_api.errors import OperatorError
from graphql_api.services.sample import load_sample
from graphql_api.services.sample.content import Sample, read_sample
from graphql_api.services.text import render_markdown
from tests.support.factories import Factory


async def rows(database: Database, sql: str, **values: object) -> Sequence[Row[Any]]:
    """Read rows by SQL, each a tuple with names."""
    async with database.engine.connect() as connection:
        return (await connection.execute(text(sql), values)).all()


def in_the_files(sample: Sample) -> dict[str, int]:
    """Count what the files hold, by table."""
    comments = [comment for post in sample.posts for comment in post.comments]
    usernames = {user.username for user in sample.users}
    followed = [name for user in sample.users for name in user.follows]
    return {
        "users": len(sample.users),
        "categories": len(sample.categories),
        "tags": len({tag for post in sample.posts for tag in post.tags}),
        "posts": len(sample.posts),
        "post_tags": sum(len(post.tags) for post in sample.posts),
        "post_likes": sum(len(post.liked_by) for post in sample.posts),
        "comments": len(comments),
        "comment_likes": sum(len(comment.liked_by) for comment in comments),
        "user_follows": sum(name in usernames for name in followed),
        "tag_follows": sum(name not in usernames for name in followed),
    }


async def in_the_database(database: Database) -> dict[str, int]:
    """Count what the same tables hold."""
    found = {}
    for name in in_the_files(read_sample()):
        statement = select(func.count()).select_from(table(name))
        found[name] = (await database.reader(1).rows(statement, {}))[0][0]
    return found


async def test_everything_in_the_files_arrives(database: Database) -> None:
    sample = read_sample()

    added = await load_sample(database)

    assert added == len(sample.posts) == 36
    assert await in_the_database(database) == in_the_files(sample)


async def test_a_second_load_changes_nothing(database: Database) -> None:
    await load_sample(database)
    async with database.transaction() as session:
        await session.execute(text("UPDATE posts SET title = 'mine' WHERE id = 1"))
        await session.execute(text("UPDATE posts SET slug = 'moved' WHERE id = 2"))
        await session.execute(text("UPDATE posts SET deleted_at = now() WHERE id = 3"))
        await session.execute(text("DELETE FROM comments WHERE post_id = 1"))
    before = await rows(database, "SELECT * FROM posts ORDER BY id")

    assert await load_sample(database) == 0

    assert await rows(database, "SELECT * FROM posts ORDER BY id") == before
    assert await rows(database, "SELECT id FROM comments WHERE post_id = 1") == []


async def test_of_two_loads_at_once_one_does_it(database: Database) -> None:
    added = await asyncio.gather(load_sample(database), load_sample(database))

    assert sorted(added) == [0, 36]
    assert await in_the_database(database) == in_the_files(read_sample())


async def test_only_what_is_published_and_approved_is_visible(database: Database) -> None:
    sample = read_sample()

    await load_sample(database)

    posts = await rows(database, "SELECT slug, comment_count FROM posts WHERE visible")
    assert {post.slug: post.comment_count for post in posts} == {
        post.slug: sum(comment.status == "approved" for comment in post.comments)
        for post in sample.posts
        if post.status == "published"
    }
    hidden = """
        SELECT posts.visible, comments.status FROM comments JOIN posts ON posts.id = post_id
        WHERE NOT comments.visible
    """
    assert set(await rows(database, hidden)) == {
        (True, "pending"),
        (True, "spam"),
        (False, "approved"),
    }


async def test_a_post_is_stored_as_its_file_says(database: Database) -> None:
    post = next(post for post in read_sample().posts if post.language == "ja" and post.liked_by)

    await load_sample(database)

    sql = """
        SELECT posts.*, username, categories.slug AS category,
            ARRAY(SELECT tags.name FROM tags JOIN post_tags ON tag_id = tags.id
                WHERE post_id = posts.id) AS tags
        FROM posts JOIN users ON users.id = author_id JOIN categories ON categories.id = category_id
        WHERE posts.slug = :slug
    """
    (row,) = await rows(database, sql, slug=post.slug)
    rendered = render_markdown(post.body)
    assert (row.title, row.language, row.status) == (post.title, "ja", post.status)
    assert (row.username, row.category) == (post.author, post.category)
    assert set(row.tags) == set(post.tags)
    assert (row.body, row.body_html, row.body_text) == (post.body, rendered.html, rendered.text)
    assert row.published_at == row.created_at == post.published_at
    assert (row.view_count, row.like_count) == (post.views, len(post.liked_by))


async def test_threads_stand_as_written(database: Database) -> None:
    await load_sample(database)

    found = await rows(
        database,
        """
        SELECT posts.slug, comment.created_at, comment.body, comment.guest_name, username,
            parent.body AS answered
        FROM comments AS comment JOIN posts ON posts.id = comment.post_id
        LEFT JOIN users ON users.id = comment.author_id
        LEFT JOIN comments AS parent ON parent.id = comment.parent_id
        """,
    )
    expected = set()
    for post in read_sample().posts:
        body_of = {comment.key: comment.body for comment in post.comments if comment.key}
        expected |= {
            (
                post.slug,
                comment.created_at,
                comment.body,
                comment.guest,
                comment.author,
                body_of[comment.reply_to] if comment.reply_to else None,
            )
            for comment in post.comments
        }
    assert {tuple(row) for row in found} == expected


async def test_likes_of_one_post_come_at_different_times(database: Database) -> None:
    await load_sample(database)

    for likes in ("post_likes", "comment_likes"):
        subject = likes.removesuffix("_likes")
        sql = f"SELECT {subject}_id, created_at FROM {likes}"  # noqa: S608  # our own tables
        moments = await rows(database, sql)
        assert len(set(moments)) == len(moments)
    early = """
        SELECT 1 FROM post_likes JOIN posts ON posts.id = post_id
        WHERE post_likes.created_at <= published_at
    """
    assert await rows(database, early) == []


async def test_a_name_that_is_taken_stops_the_load(database: Database, make: Factory) -> None:
    await make.user(username="mira")

    with pytest.raises(OperatorError, match=r"taken here .*mira"):
        await load_sample(database)

    assert (await in_the_database(database))["posts"] == 0


async def test_another_tenant_has_its_own_sample(database: Database, make: Factory) -> None:
    tenant = await make.tenant()
    await load_sample(database)

    assert await load_sample(database, tenant_id=tenant.id) == 36

    with pytest.raises(OperatorError, match="there is no tenant 99"):
        await load_sample(database, tenant_id=99)
