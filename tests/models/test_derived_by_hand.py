"""Derived columns of comments stay right when a statement sets them by hand."""

from sqlalchemy import text

from graphql_api.db.database import Database
from tests.support.factories import Factory


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
