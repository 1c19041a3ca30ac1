"""Counts once at the end what the triggers would count row by row.

A row that one transaction changes a thousand times leaves a thousand versions behind, all of which
each later change must pass: counting 15,000 posts into one author took a minute, and four times as
long for twice as many. So for its transaction an import holds other writers off, switches off the
triggers that count *new* rows (those that place rows and pass changes on stay on), and at the end
writes every count that differs.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK = """
LOCK TABLE categories, comments, imported_items, post_tags, posts, tags, users
IN SHARE ROW EXCLUSIVE MODE
"""
_TRIGGERS = {"comments": "b_inserted", "post_tags": "b_counted", "posts": "b_inserted"}
_COUNTS = (
    """
    UPDATE comments AS row SET reply_count = counted.n
    FROM (
        SELECT parent_id, count(*) AS n FROM comments
        WHERE tenant_id = :tenant_id AND visible AND parent_id IS NOT NULL
        GROUP BY parent_id
    ) AS counted
    WHERE row.tenant_id = :tenant_id AND row.id = counted.parent_id AND row.reply_count <> counted.n
    """,
    # a comment whose last reply moved elsewhere
    """
    UPDATE comments AS row SET reply_count = 0
    WHERE row.tenant_id = :tenant_id AND row.reply_count > 0 AND NOT EXISTS (
        SELECT FROM comments AS reply
        WHERE reply.tenant_id = :tenant_id AND reply.parent_id = row.id AND reply.visible
    )
    """,
    """
    UPDATE posts AS row SET comment_count = counted.n
    FROM (
        SELECT post_id, count(*) AS n FROM comments
        WHERE tenant_id = :tenant_id AND visible
        GROUP BY post_id
    ) AS counted
    WHERE row.tenant_id = :tenant_id AND row.id = counted.post_id AND row.comment_count <> counted.n
    """,
    """
    UPDATE tags AS row SET post_count = counted.n
    FROM (
        SELECT tag.id, count(post.id) AS n
        FROM tags AS tag
        LEFT JOIN post_tags AS link ON link.tenant_id = tag.tenant_id AND link.tag_id = tag.id
        LEFT JOIN posts AS post
            ON post.tenant_id = link.tenant_id AND post.id = link.post_id AND post.visible
        WHERE tag.tenant_id = :tenant_id
        GROUP BY tag.id
    ) AS counted
    WHERE row.tenant_id = :tenant_id AND row.id = counted.id AND row.post_count <> counted.n
    """,
    """
    UPDATE users AS row SET post_count = counted.n, latest_post_at = counted.latest
    FROM (
        SELECT author_id, count(*) AS n, max(published_at) AS latest FROM posts
        WHERE tenant_id = :tenant_id AND visible
        GROUP BY author_id
    ) AS counted
    WHERE row.tenant_id = :tenant_id AND row.id = counted.author_id
        AND (row.post_count, row.latest_post_at) IS DISTINCT FROM (counted.n, counted.latest)
    """,
)


async def hold_counting(connection: AsyncConnection) -> None:
    """Wait for other writers, hold new ones off, and stop counting new rows."""
    await connection.execute(text(_LOCK))
    for table, trigger in _TRIGGERS.items():
        await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}"))


async def count_again(connection: AsyncConnection, tenant_id: int, *, changed: bool) -> None:
    """Count new rows again from now on, and with ``changed`` those that came in between."""
    for table, trigger in _TRIGGERS.items():
        await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}"))
    if changed:
        for statement in _COUNTS:
            await connection.execute(text(statement), {"tenant_id": tenant_id})
