"""Derived columns stay right when a statement sets them by hand."""

from sqlalchemy import text

from graphql_api.db.database import Database
from tests.support.factories import BEGINNING, Factory


async def test_a_pending_comment_cannot_be_made_visible_by_hand(
    make: Factory, database: Database
) -> None:
    post = await make.post()
    pending = await make.comment(post=post, status="pending")
    reply = await make.comment(post=post, parent=pending)
    async with database.transaction() as session:
        await session.execute(text("UPDATE comments SET visible = true, depth = 7, root_id = id"))
    async with database.transaction() as session:
        rows = (
            await session.execute(
                text("SELECT id, visible, depth, root_id FROM comments ORDER BY id")
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        (pending.id, False, 0, pending.id),
        (reply.id, False, 1, pending.id),
    ]


async def test_a_deleted_comment_cannot_be_given_a_reply_by_hand(
    make: Factory, database: Database
) -> None:
    deleted = await make.comment(deleted_at=BEGINNING, reply_count=3)
    answered = await make.comment()
    await make.comment(parent=answered)
    by_hand = (
        "UPDATE comments SET reply_count = 7",
        "UPDATE comments SET reply_count = 0, deleted_at = now()",
        "UPDATE comments SET shown = false, visible = false",
        "UPDATE comments SET reply_count = reply_count + 1, status = 'approved'",
    )
    rows = text("SELECT id, shown, visible, reply_count FROM comments ORDER BY id LIMIT 2")
    for statement in by_hand:
        async with database.transaction() as session:
            await session.execute(text(statement + f" WHERE id IN ({deleted.id}, {answered.id})"))
        async with database.transaction() as session:
            found = [tuple(row) for row in await session.execute(rows)]
        assert found == [(deleted.id, True, False, 0), (answered.id, True, True, 1)], statement


async def test_the_date_of_a_tags_mark_cannot_be_set_by_hand(
    make: Factory, database: Database
) -> None:
    shown, draft = await make.post(), await make.post(status="draft")
    tag = await make.tag()
    for post in (shown, draft):
        await make.post_tag(post=post, tag=tag)
    async with database.transaction() as session:
        await session.execute(text("UPDATE post_tags SET published_at = '2000-01-01Z'"))
    async with database.transaction() as session:
        marks = await session.execute(text("SELECT post_id, published_at FROM post_tags"))
    assert {row.post_id: row.published_at for row in marks} == {
        shown.id: shown.published_at,
        draft.id: None,
    }
