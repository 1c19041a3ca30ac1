"""Publishing what is due, beside whoever else writes."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import PostStatus
from graphql_api.services.publish import publish_due
from tests.support.factories import Factory
from tests.support.patience import patience

STATUSES = text("SELECT author_id, status FROM posts")


async def publish_until(expected: dict[int, str], database: Database) -> None:
    """Publish in rounds: a server of other tests may hold in one what it publishes itself."""
    async with patience():
        await publish_due(database)
        while await statuses(database) != expected:
            await publish_due(database)


async def statuses(database: Database) -> dict[int, str]:
    """Say how the one post of each author stands."""
    rows = await database.reader(1).rows(STATUSES, {})
    return {row["author_id"]: row["status"] for row in rows}


async def test_a_post_whose_author_another_writer_holds_is_left_to_the_next_round(
    make: Factory, database: Database
) -> None:
    held, free = await make.user(), await make.user()
    due = datetime.now(UTC) - timedelta(minutes=1)
    for author in (held, free):
        await make.post(author=author, status=PostStatus.SCHEDULED, published_at=due)
    async with database.transaction() as other:
        # whoever leaves holds their row, then wants their posts: nobody may wait for them here
        await other.execute(text("SELECT FROM users WHERE id = :id FOR UPDATE"), {"id": held.id})
        await publish_until({held.id: "scheduled", free.id: "published"}, database)
        assert await statuses(database) == {held.id: "scheduled", free.id: "published"}
    await publish_until({held.id: "published", free.id: "published"}, database)
    assert await statuses(database) == {held.id: "published", free.id: "published"}


async def test_what_the_clock_publishes_leaves_an_entry_of_nobodys_and_an_event(
    make: Factory, database: Database
) -> None:
    due = datetime.now(UTC) - timedelta(minutes=1)
    tags = [await make.tag(name="B", slug="b"), await make.tag(name="A", slug="a")]
    post = await make.post(tags=tags, status=PostStatus.SCHEDULED, published_at=due)
    await publish_until({post.author_id: "published"}, database)
    traces = text("""
        SELECT r.subject_id, r.version, r.owner_id, r.actor_id, r.changes, r.snapshot -> 'tagNames',
            r.snapshot ->> 'title', o.subject_id, o.version
        FROM revisions AS r, outbox AS o""")
    async with database.transaction() as session:
        found = (await session.execute(traces)).all()
    changes = {"status": ["SCHEDULED", "PUBLISHED"]}
    entry = (post.id, 2, post.author_id, None, changes, ["A", "B"], post.title)
    assert found == [(*entry, post.id, 2)]
