"""Publishing what is due: a scheduled post becomes visible by a change, not by the clock alone.

What is visible is stored (see `migrations/first`), so somebody has to make the
change. Every server process does, every few seconds; the statement is idempotent, and the rows it
takes are skipped by the others.
"""

import asyncio
import logging

from sqlalchemy import text

from graphql_api.db.database import Database

INTERVAL_S = 5.0
"""How late a scheduled post may appear, in seconds."""

_log = logging.getLogger(__name__)

_PUBLISH_DUE = text("""
    UPDATE posts SET status = 'published', updated_at = now(), version = version + 1
    WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM posts
        WHERE status = 'scheduled' AND deleted_at IS NULL AND published_at <= now()
        ORDER BY published_at LIMIT 100
        FOR UPDATE SKIP LOCKED
    )
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
