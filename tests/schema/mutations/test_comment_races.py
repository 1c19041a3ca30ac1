"""Many who write comments at once."""

import asyncio

from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import CommentStatus, Role, Viewer
from graphql_api.schema import global_id
from tests.schema.mutations.comments import (
    LISTED,
    add,
    approve,
    id_of,
    minimize,
    rows,
    run,
    update,
)
from tests.schema.mutations.conftest import As, errors_of
from tests.support.derived import WRONG
from tests.support.factories import Factory
from tests.support.patience import until


async def until_one_waits(database: Database) -> None:
    """Wait until somebody waits for a row; each look is a transaction's first, and so a new one."""
    await until(
        lambda: rows(
            database,
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()",
        )
    )


async def test_of_many_updates_with_the_same_version_one_wins(
    as_: As, make: Factory, database: Database
) -> None:
    comment, editor = await make.comment(), await make.viewer(Role.EDITOR)
    payloads = await asyncio.gather(
        *(update(as_, editor, comment, body=f"B{number}") for number in range(50))
    )
    [won] = [payload["comment"] for payload in payloads if payload["comment"]]
    assert won["version"] == 2
    lost = [payload["errors"] for payload in payloads if payload["errors"]]
    assert len(lost) == 49
    for [error] in lost:
        assert (error["code"], error["currentVersion"]) == ("CONFLICT", 2)
        assert error["current"]["body"] == won["body"]
    assert await rows(database, "SELECT body, version FROM comments") == [
        {"body": won["body"], "version": 2}
    ]
    assert await rows(database, "SELECT version FROM revisions") == [{"version": 2}]


async def test_many_replies_at_once_are_all_counted(
    as_: As, make: Factory, database: Database
) -> None:
    top = await make.comment()
    readers = [await make.viewer(Role.READER) for _ in range(20)]
    post = global_id.encode("Post", top.post_id)
    payloads = await asyncio.gather(
        *(run(as_, each, "add", postId=post, replyToId=id_of(top), body="B") for each in readers)
    )
    assert all(payload["errors"] == [] for payload in payloads)
    counts = await rows(
        database,
        "SELECT comment_count, reply_count FROM comments JOIN posts ON posts.id = post_id"
        " WHERE comments.id = :id",
        id=top.id,
    )
    assert counts == [{"comment_count": 21, "reply_count": 20}]
    assert await rows(database, WRONG) == []
    listed = (await as_(Viewer()).data(LISTED, id=post))["post"]
    assert listed["commentCount"] == 21
    edges = listed["comments"]["edges"]
    assert len(edges) == 21
    assert all(payload["commentEdge"] in edges for payload in payloads)


async def test_writers_of_all_kinds_in_one_thread_only_wait_for_each_other(
    as_: As, make: Factory, database: Database
) -> None:
    post, editor = await make.post(), await make.viewer(Role.EDITOR)
    threads = [await make.comment(post=post, status=CommentStatus.PENDING) for _ in range(4)]
    replies = [await make.comment(parent=each, status=CommentStatus.SPAM) for each in threads]
    payloads = await asyncio.gather(
        *(approve(as_, editor, each) for each in (*replies, *threads)),
        *(minimize(as_, editor, each) for each in (*threads, *replies)),
        *(add(as_, editor, post) for _ in range(8)),
    )
    assert all(payload["errors"] == [] for payload in payloads)
    assert await rows(database, WRONG) == []
    [found] = await rows(database, "SELECT comment_count FROM posts")
    assert found == {"comment_count": 16}
    versions = await rows(database, "SELECT DISTINCT version FROM comments ORDER BY version")
    assert versions == [{"version": 1}, {"version": 3}]


async def test_what_is_deleted_while_it_is_answered_has_no_reply(
    as_: As, make: Factory, database: Database
) -> None:
    top, reader = await make.comment(), await make.viewer(Role.READER)
    post = global_id.encode("Post", top.post_id)
    async with database.transaction() as session:
        await session.execute(text("SELECT FROM posts FOR NO KEY UPDATE"))
        answering = asyncio.create_task(
            run(as_, reader, "add", postId=post, replyToId=id_of(top), body="B")
        )
        await until_one_waits(database)
        await session.execute(text("UPDATE comments SET deleted_at = now()"))
    assert errors_of(await answering) == [("NOT_FOUND", "replyToId")]
    assert await rows(database, "SELECT count(*) AS n FROM comments") == [{"n": 1}]


async def test_a_post_that_is_hidden_while_it_is_commented_on_has_no_comment(
    as_: As, make: Factory, database: Database
) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    async with database.transaction() as session:
        await session.execute(text("UPDATE posts SET status = 'draft'"))
        commenting = asyncio.create_task(add(as_, reader, post))
        await until_one_waits(database)
    assert errors_of(await commenting) == [("NOT_FOUND", "postId")]
    assert await rows(database, "SELECT count(*) AS n FROM comments") == [{"n": 0}]


async def test_what_is_deleted_while_it_is_changed_stays_as_it_was(
    as_: As, make: Factory, database: Database
) -> None:
    comment, editor = await make.comment(), await make.viewer(Role.EDITOR)
    async with database.transaction() as session:
        await session.execute(text("UPDATE comments SET deleted_at = now()"))
        changing = asyncio.create_task(update(as_, editor, comment))
        await until_one_waits(database)
    assert errors_of(await changing) == [("NOT_FOUND", "id")]
    assert await rows(database, "SELECT version, body FROM comments") == [
        {"version": 1, "body": comment.body}
    ]


async def test_approval_holds_the_post_before_the_comment(
    as_: As, make: Factory, database: Database
) -> None:
    comment = await make.comment(status=CommentStatus.PENDING)
    editor = await make.viewer(Role.EDITOR)
    async with database.transaction() as session:
        await session.execute(text("SELECT FROM posts FOR NO KEY UPDATE"))
        approving = asyncio.create_task(approve(as_, editor, comment))
        await until_one_waits(database)
        # whoever has the post gets the comments below it: the other way round is a deadlock
        await session.execute(text("SELECT FROM comments FOR NO KEY UPDATE NOWAIT"))
    assert (await approving)["comment"]["version"] == 2
