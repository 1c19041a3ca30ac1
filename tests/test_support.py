"""The test foundation itself."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import func, select

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.models import Base, Comment, Post, Tag, Tenant, User
from tests.support import asking
from tests.support.factories import Factory
from tests.support.hang import limited


@pytest.mark.parametrize("when", ["first", "second"])
async def test_each_test_begins_with_the_default_tenant_and_nothing_else(
    when: str, database: Database, make: Factory
) -> None:
    async with database.transaction() as session:
        counts = {
            table.name: await session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }
        assert (await session.scalars(select(Tenant.id))).all() == [1]
    assert {name: n for name, n in counts.items() if n} == {"tenants": 1}, when
    assert (await make.user()).id == 1
    assert (await make.tenant()).id == 2


async def test_what_the_factories_make_is_visible_and_counted(
    make: Factory, database: Database
) -> None:
    tag = await make.tag()
    post = await make.post(tags=[tag], category=await make.category())
    comment = await make.comment(post=post)
    reply = await make.comment(parent=comment)
    await make.post_like(post=post)
    await make.comment_like(comment=comment)
    await make.tag_follow(tag=tag)
    assert (post.visible, comment.visible, reply.visible, reply.depth) == (True, True, True, 1)
    async with database.transaction() as session:
        counted = await session.get_one(Post, (post.tenant_id, post.id))
        assert (counted.comment_count, counted.like_count) == (2, 1)
        answered = await session.get_one(Comment, (comment.tenant_id, comment.id))
        assert (answered.reply_count, answered.like_count) == (1, 1)
        marked = await session.get_one(Tag, (tag.tenant_id, tag.id))
        assert (marked.post_count, marked.follower_count) == (1, 1)


async def test_a_follow_joins_two_users(make: Factory, database: Database) -> None:
    follow = await make.user_follow(followed=await make.user())
    async with database.transaction() as session:
        followed = await session.get_one(User, (follow.tenant_id, follow.followed_id))
        follower = await session.get_one(User, (follow.tenant_id, follow.follower_id))
    assert (followed.follower_count, follower.following_count) == (1, 1)


async def test_rows_of_another_tenant_stay_with_it(make: Factory) -> None:
    tenant = await make.tenant()
    post = await make.post(author=await make.user(tenant_id=tenant.id))
    comment = await make.comment(post=post)
    assert {post.tenant_id, comment.tenant_id} == {tenant.id}


async def test_statements_are_recorded_inside_the_block_only(
    make: Factory, statements: Callable[[], AbstractContextManager[StatementLog]]
) -> None:
    await make.user()
    with statements() as log:
        await make.user()
    await make.user()
    assert ["INSERT INTO users" in statement.sql for statement in log.statements] == [True]


def test_the_live_server_answers_with_the_sample_content(live_server: str) -> None:
    body = {"query": "{ posts(first: 2) { totalCount nodes { title author { displayName } } } }"}
    answer = asking.post(f"{live_server}/graphql", json=body).json()
    assert "errors" not in answer
    assert answer["data"]["posts"]["totalCount"] > 20
    assert all(post["author"]["displayName"] for post in answer["data"]["posts"]["nodes"])


def _hang() -> None:
    with limited("another", 0.01):
        while True:  # as the loop would wait: the alarm comes wherever the main thread is
            time.sleep(1)


async def test_a_test_that_hangs_ends_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    async def wait_for_nobody() -> None:
        await asyncio.get_running_loop().create_future()

    waiting = asyncio.create_task(wait_for_nobody())
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError, match="another took more than"):
        _hang()
    assert "wait_for_nobody" in capsys.readouterr().err
    waiting.cancel()
