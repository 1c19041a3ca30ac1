"""Publishing what is due: a scheduled post becomes visible by a change, not by the clock alone.

What is visible is stored (see `migrations/first`), so somebody has to make the change. Every server
process does, every few seconds; the statement is idempotent. Authors are locked before their posts,
as everywhere; whoever and whatever another holds is left to the next round.
"""

import asyncio
import logging

from sqlalchemy import text

from graphql_api.db.database import Database

INTERVAL_S = 5.0
"""How late a scheduled post may appear, in seconds."""

_log = logging.getLogger(__name__)

_PUBLISH_DUE = text("""
    WITH due AS (
        SELECT tenant_id, id, author_id FROM posts
        WHERE status = 'scheduled' AND deleted_at IS NULL AND published_at <= now()
        ORDER BY published_at LIMIT 100
    ), authors AS MATERIALIZED (
        SELECT tenant_id, id FROM users
        WHERE (tenant_id, id) IN (SELECT tenant_id, author_id FROM due)
        ORDER BY tenant_id, id FOR NO KEY UPDATE SKIP LOCKED
    ), taken AS MATERIALIZED (
        SELECT tenant_id, id FROM posts
        WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM due)
            AND (tenant_id, author_id) IN (SELECT tenant_id, id FROM authors)
            -- again, for a row that changed since: only what stands here is looked at anew
            AND status = 'scheduled' AND deleted_at IS NULL AND published_at <= now()
        FOR UPDATE SKIP LOCKED
    )
    UPDATE posts SET status = 'published', updated_at = now(), version = version + 1
    WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM taken)
    RETURNING id
""")


async def publish_due(database: Database) -> int:
    """Publish the scheduled posts whose time has come, at most 100; return how many."""
    async with database.transaction() as session:
        return len((await session.execute(_PUBLISH_DUE)).all())


async def keep_publishing(database: Database) -> None:
    """Publish what is due, for ever; an unreachable database is tried again."""
    while True:
        try:
            await publish_due(database)
        except Exception as error:  # noqa: BLE001  # the next round may succeed
            _log.warning("scheduled posts could not be published: %s", type(error).__name__)
        await asyncio.sleep(INTERVAL_S)
