"""Purging: what was deleted long ago goes, what stands on it stays, and the log says so."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import Action, CommentStatus, Role, Viewer
from graphql_api.services import purge as service
from graphql_api.services.change import Writer
from graphql_api.services.deletion import delete_category, delete_comment, delete_post
from graphql_api.services.permission import Rule
from graphql_api.services.problem import RefusedError
from graphql_api.services.purge import Purged, purge
from graphql_api.services.restoration import restore
from tests.support.derived import WRONG
from tests.support.factories import Factory

MONTH = timedelta(days=30)
NOTHING = Purged()


async def stored(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """Run SQL, and read its rows."""
    async with database.transaction() as session:
        result: Any = await session.execute(text(sql))
        return [tuple(row) for row in result] if result.returns_rows else []


async def ids(database: Database, table: str) -> list[int]:
    """Read the ids of a table's rows."""
    found = await stored(database, f"SELECT id FROM {table} ORDER BY id")  # noqa: S608  # our own table
    return [number for (number,) in found]


async def age(database: Database, days: int) -> None:
    """Let time go by for all that was deleted so far."""
    for table in ("posts", "comments", "categories"):
        await stored(
            database,
            f"UPDATE {table} SET deleted_at = deleted_at - interval '{days} days'"  # noqa: S608  # ours
            " WHERE deleted_at IS NOT NULL",
        )
    await stored(database, f"UPDATE deletions SET created_at = created_at - interval '{days} days'")  # noqa: S608  # ours


@pytest.fixture
async def writer(make: Factory, database: Database) -> Writer:
    """Write as somebody who may do everything."""
    return Writer(database, await make.viewer(Role.ADMINISTRATOR), rule=Rule())


def as_owner(database: Database, viewer: Viewer) -> Writer:
    """Write as somebody who may change what is theirs."""
    return Writer(database, viewer, rule=Rule(owner=True))


async def test_a_post_goes_with_all_that_hangs_on_it(
    make: Factory, database: Database, writer: Writer
) -> None:
    tag = await make.tag()
    post = await make.post(tags=[tag])
    stays = await make.comment()
    top = await make.comment(post=post)
    reply = await make.comment(parent=top, status=CommentStatus.PENDING)
    await make.comment_like(comment=reply)
    await make.post_like(post=post)
    await delete_comment(writer, reply.id)
    await delete_post(writer, post.id)
    await age(database, 31)
    after = await make.comment(post=post)
    assert await purge(database, MONTH) == Purged(posts=1, comments=3)
    assert await ids(database, "posts") == [stays.post_id]
    assert await ids(database, "comments") == [stays.id]
    for table in ("post_likes", "comment_likes", "post_tags"):
        assert await stored(database, f"SELECT 1 FROM {table}") == []  # noqa: S608  # our own table
    assert await ids(database, "deletions") == []
    assert await stored(database, WRONG) == []
    assert after.id not in await ids(database, "comments")
    assert await purge(database, MONTH) == NOTHING


async def test_what_was_deleted_lately_and_what_lives_stays_and_can_be_restored(
    make: Factory, database: Database, writer: Writer
) -> None:
    post, shelf = await make.post(), await make.category()
    comment = await make.comment()
    tokens = [
        (await delete_post(writer, post.id)).undo_token,
        (await delete_comment(writer, comment.id)).undo_token,
        (await delete_category(writer, shelf.id)).undo_token,
    ]
    await age(database, 29)
    assert await purge(database, MONTH) == NOTHING
    for token in tokens:
        assert await restore(writer, token)
    await age(database, 365)
    assert await purge(database, timedelta()) == NOTHING
    assert await ids(database, "posts") == [post.id, comment.post_id]


async def test_a_token_of_what_is_purged_undoes_nothing(
    make: Factory, database: Database, writer: Writer
) -> None:
    comment = await make.comment()
    token = (await delete_comment(writer, comment.id)).undo_token
    await age(database, 31)
    await purge(database, MONTH)
    with pytest.raises(RefusedError, match="undoes nothing"):
        await restore(writer, token)


async def test_a_thread_goes_from_below(make: Factory, database: Database, writer: Writer) -> None:
    top = await make.comment()
    reply = await make.comment(parent=top)
    await make.comment(parent=reply)
    beside = await make.comment(post=None, parent=top)
    await delete_comment(writer, reply.id)
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(comments=2)
    assert await ids(database, "comments") == [top.id, beside.id]
    assert await stored(database, WRONG) == []


async def test_a_comment_above_others_that_stay_loses_its_text_and_its_author(
    make: Factory, database: Database
) -> None:
    author = await make.viewer()
    top = await make.comment(author_id=author.user_id, body="secret")
    middle = await make.comment(parent=top, author_id=author.user_id, body="secret")
    living = await make.comment(parent=middle)
    beside = await make.comment(parent=top, author_id=author.user_id, body="secret")
    for comment in (top, middle, beside):
        await delete_comment(as_owner(database, author), comment.id)
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(comments=1, marks=2)
    columns = (
        "body, body_html, body_text, author_id, guest_name, deletion_id, deleted_by_id, visible"
    )
    found = await stored(database, f"SELECT {columns} FROM comments WHERE id < 3")  # noqa: S608  # ours
    assert found == [("", "", "", None, None, None, None, True)] * 2
    assert await ids(database, "comments") == [top.id, middle.id, living.id]
    assert await stored(database, "SELECT 1 FROM revisions WHERE snapshot::text ~ 'secret'") == []
    assert await stored(database, WRONG) == []
    assert await purge(database, MONTH) == NOTHING


async def test_an_emptied_comment_goes_when_the_last_below_it_does(
    make: Factory, database: Database, writer: Writer
) -> None:
    author = await make.viewer()
    top = await make.comment(author_id=author.user_id)
    reply = await make.comment(parent=top)
    await delete_comment(as_owner(database, author), top.id)
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(marks=1)
    await delete_comment(writer, reply.id)
    assert await purge(database, MONTH) == NOTHING
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(comments=2)
    assert await ids(database, "comments") == []
    entries = "SELECT subject_id FROM revisions WHERE action = 'purge' ORDER BY id"
    assert await stored(database, entries) == [(top.id,), (reply.id,)]


async def test_who_moderated_an_emptied_comment_is_still_told(
    make: Factory, database: Database, writer: Writer
) -> None:
    top = await make.comment()
    await delete_comment(writer, top.id)
    await age(database, 31)
    await stored(
        database,
        "INSERT INTO comments (tenant_id, post_id, parent_id, body, body_html, body_text, status)"
        " SELECT 1, post_id, id, '', '', '', 'approved' FROM comments",
    )
    assert await purge(database, MONTH) == Purged(marks=1)
    found = await stored(database, "SELECT deleted_by_id FROM comments WHERE deleted_at < now()")
    assert found == [(writer.viewer.user_id,)]


async def test_of_what_is_purged_the_log_keeps_that_it_was(
    make: Factory, database: Database, writer: Writer
) -> None:
    owner = await make.user()
    post = await make.post(author=owner)
    comment = await make.comment(post=post, author=owner)
    other = await make.post(author=owner)
    for row in (post, comment, other):
        await make.revision(of=row, action=Action.CREATE, snapshot={"body": "secret"})
    await delete_post(writer, post.id)
    await age(database, 31)
    await purge(database, MONTH)
    entries = await stored(
        database,
        """SELECT subject_type, subject_id, owner_id, version, actor_id, action, changes, snapshot
            FROM revisions ORDER BY id""",
    )
    common: tuple[Any, ...] = (2, None, "purge", {}, {})
    assert entries == [
        ("Post", other.id, owner.id, 1, owner.id, "create", {}, {"body": "secret"}),
        ("Comment", comment.id, owner.id, *common),
        ("Post", post.id, owner.id, *common),
    ]
    events = "SELECT subject_type, subject_id FROM outbox WHERE action = 'purge' ORDER BY id"
    assert await stored(database, events) == [("Comment", comment.id), ("Post", post.id)]


async def test_many_comments_go_in_batches_however_deep(
    make: Factory, database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    top = await make.comment()
    for _ in range(24):
        await make.comment(parent=await make.comment(parent=top))
    deep = await make.comment(parent=top)
    for _ in range(15):
        deep = await make.comment(parent=deep)
    other = await make.comment(post=None)
    await delete_comment(writer, top.id)
    await delete_post(writer, other.post_id)
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(posts=1, comments=66)
    purged = await stored(database, "SELECT count(*) FROM revisions WHERE action = 'purge'")
    assert purged == [(67,)]
    assert await ids(database, "comments") == []


async def test_categories_and_tags_go_once_nothing_stands_under_them(
    make: Factory, database: Database, writer: Writer
) -> None:
    top = await make.category()
    below = await make.category(parent=top)
    kept = await make.category()
    post = await make.post(category=kept)
    free, marked = await make.tag(), await make.tag()
    await make.post_tag(post=post, tag=marked)
    for shelf in (below, top, kept):
        await delete_category(writer, shelf.id)
    await stored(database, "UPDATE tags SET deleted_at = now() - interval '31 days'")
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(categories=2, tags=1)
    assert await ids(database, "categories") == [kept.id]
    assert await ids(database, "tags") == [marked.id]
    assert free.id not in await ids(database, "tags")
    await delete_post(writer, post.id)
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(posts=1, categories=1, tags=1)


async def test_what_is_over_goes(make: Factory, database: Database) -> None:
    user = await make.user()
    await stored(
        database,
        f"""INSERT INTO refresh_tokens (tenant_id, token_hash, family, user_id, expires_at)
        SELECT 1, sha256(n::text::bytea), gen_random_uuid(), {user.id}, now() + n * interval '1 h'
        FROM generate_series(-2, 1) AS n""",  # noqa: S608  # a number
    )
    await stored(
        database,
        f"""INSERT INTO idempotency_keys (tenant_id, user_id, key, digest, answer, created_at)
        SELECT 1, {user.id}, n, '', '{{}}', now() - n * interval '1 h'
        FROM generate_series(23, 26) AS n""",  # noqa: S608  # a number
    )
    await stored(
        database,
        """INSERT INTO login_failures (tenant_id, name_hash, n_failures, since)
        SELECT 1, sha256(n::text::bytea), 1, now() - n * interval '1 min'
        FROM generate_series(14, 17) AS n""",
    )
    assert await purge(database, MONTH) == Purged(
        refresh_tokens=3, idempotency_keys=3, login_failures=3
    )
    left = "SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {}), (SELECT count(*) FROM {})"
    tables = ("refresh_tokens", "idempotency_keys", "login_failures")
    assert await stored(database, left.format(*tables)) == [(1, 1, 1)]


async def test_each_tenant_keeps_what_is_not_purged_of_its_own(
    make: Factory, database: Database, writer: Writer
) -> None:
    tenant = await make.tenant()
    theirs = await make.post(id=50, author=await make.user(tenant_id=tenant.id))
    mine = await make.post(id=50)
    await make.revision(of=theirs)
    await make.comment(post=theirs, id=60)
    await make.comment(post=mine, id=60)
    await delete_post(writer, mine.id)
    await age(database, 31)
    assert await purge(database, MONTH) == Purged(posts=1, comments=1)
    left = """SELECT tenant_id FROM posts WHERE id = 50 UNION ALL
        SELECT tenant_id FROM comments WHERE id = 60 UNION ALL
        SELECT tenant_id FROM revisions WHERE subject_id = 50 AND action = 'update'"""
    assert await stored(database, left) == [(tenant.id,)] * 3


async def test_who_restores_while_a_purge_runs_gets_all_or_nothing(
    make: Factory, database: Database, writer: Writer
) -> None:
    for _ in range(5):
        post = await make.post()
        for _ in range(5):
            await make.comment(post=post)
        token = (await delete_post(writer, post.id)).undo_token
        await age(database, 31)
        done, outcome = await asyncio.gather(
            purge(database, MONTH), restore(writer, token), return_exceptions=True
        )
        assert isinstance(done, Purged)
        living = f"SELECT count(*) FROM comments WHERE post_id = {post.id} AND visible"  # noqa: S608  # ours
        if isinstance(outcome, RefusedError):
            assert (done.posts, done.comments) == (1, 5)
            assert await stored(database, living) == [(0,)]
        else:
            assert (done.posts, done.comments) == (0, 0)
            assert await stored(database, living) == [(5,)]
        assert await stored(database, WRONG) == []
