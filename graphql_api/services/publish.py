"""Publishing what is due: a scheduled post becomes visible by a change, not by the clock alone.

What is visible is stored (see `migrations/first`), so somebody has to make the change. Every server
process does, every few seconds; the statement is idempotent. Authors are locked before their posts,
as everywhere; whoever and whatever another holds is left to the next round. Like every change it
leaves an audit entry, of nobody's, and an event.
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
    ), published AS (
        UPDATE posts SET status = 'published', updated_at = now(), version = version + 1
        WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM taken)
        RETURNING posts.*
    ), entries AS (
        INSERT INTO revisions (tenant_id, subject_type, subject_id, owner_id, version, action,
            changes, snapshot)
        SELECT tenant_id, 'Post', id, author_id, version, 'update',
            '{"status": ["SCHEDULED", "PUBLISHED"]}',
            jsonb_build_object('title', title, 'body', body, 'slug', slug, 'status', 'PUBLISHED',
                'publishedAt', published_at, 'categoryId', category_id, 'tagNames', (
                    SELECT coalesce(jsonb_agg(name ORDER BY tags.slug), '[]')
                    FROM post_tags JOIN tags
                        ON tags.tenant_id = post_tags.tenant_id AND tags.id = tag_id
                    WHERE post_tags.tenant_id = published.tenant_id AND post_id = published.id
                        AND tags.deleted_at IS NULL
                ))
        FROM published
    )
    INSERT INTO outbox (tenant_id, subject_type, subject_id, version, action)
    SELECT tenant_id, 'Post', id, version, 'update' FROM published
    RETURNING subject_id
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
