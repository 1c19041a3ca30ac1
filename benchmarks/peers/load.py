"""Make the database that the rig measures us on, from the rig's own tables.

The rig runs this before each verification and measurement. A database that is there already stays,
as long as it came from the same rows, by the same migrations and by this file as it is now.

The rows go from one server connection to the other as COPY's binary stream, with every derived
column computed on the way. They keep their ids and their physical order.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import make_url

from graphql_api.db import migrate
from graphql_api.db.engine import create_engine
from graphql_api.services.seed.bare import bare
from graphql_api.settings import Settings

MARK = "graphql-api benchmark"
"""How the comment on each database of ours begins; no other database is ever dropped."""

MIGRATIONS = Path(__file__).parents[2] / "migrations"

# what clients never ask for here is as wide as it would be: a row's width is part of the cost
HTML = "'<p>' || replace(replace(replace({0}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') || '</p>'"

# the name of a column in the result is its name in our table
TABLES: Mapping[str, str] = {
    "users": """
        SELECT 1::bigint AS tenant_id, id::bigint, 'author-' || id AS username,
            name AS display_name, bio, coalesce(n, 0) AS post_count, latest AS latest_post_at,
            created_at, created_at AS updated_at
        FROM users LEFT JOIN (
            SELECT author_id AS id, count(*) AS n, max(created_at) AS latest
            FROM posts GROUP BY author_id
        ) AS written USING (id)
        ORDER BY id
    """,
    # our tags go by name and the rig's by id: the key that orders names makes them one order
    "tags": """
        SELECT 1::bigint AS tenant_id, id::bigint, 'tag-' || id AS slug, name,
            lpad(id::text, 8, '0') AS name_key, coalesce(n, 0) AS post_count
        FROM tags LEFT JOIN (
            SELECT tag_id AS id, count(*) AS n FROM post_tags GROUP BY tag_id
        ) AS used USING (id)
        ORDER BY id
    """,
    "posts": f"""
        SELECT 1::bigint AS tenant_id, id::bigint, author_id::bigint, 'post-' || id AS slug, title,
            left(body, 200) AS excerpt, body, {HTML.format("body")} AS body_html,
            body AS body_text, 'published' AS status, created_at AS published_at, true AS visible,
            coalesce(n, 0) AS comment_count, created_at, created_at AS updated_at
        FROM posts LEFT JOIN (
            SELECT post_id AS id, count(*) AS n FROM comments GROUP BY post_id
        ) AS discussed USING (id)
        ORDER BY id
    """,  # noqa: S608  # HTML is the constant above
    "post_tags": """
        SELECT 1::bigint AS tenant_id, post_id::bigint, tag_id::bigint, created_at AS published_at
        FROM post_tags JOIN posts ON posts.id = post_id
        ORDER BY post_id, tag_id
    """,
    "comments": f"""
        WITH RECURSIVE placed AS (
            SELECT id, id AS root_id, 0 AS depth FROM comments WHERE parent_id IS NULL
            UNION ALL
            SELECT comments.id, root_id, depth + 1
            FROM placed JOIN comments ON parent_id = placed.id
        )
        SELECT 1::bigint AS tenant_id, id::bigint, post_id::bigint, parent_id::bigint,
            root_id::bigint, depth::smallint, author_id::bigint, body,
            {HTML.format("body")} AS body_html, body AS body_text, 'approved' AS status,
            true AS shown, true AS visible, coalesce(n, 0) AS reply_count, created_at,
            created_at AS updated_at
        FROM comments JOIN placed USING (id) LEFT JOIN (
            SELECT parent_id AS id, count(*) AS n FROM comments GROUP BY parent_id
        ) AS answered USING (id)
        ORDER BY id
    """,  # noqa: S608  # HTML is the constant above
}


async def main(source_url: str, target_url: str) -> None:
    """Make the database of ``target_url``, unless it is there and current."""
    name = urlsplit(target_url).path.removeprefix("/")
    admin = await asyncpg.connect(target_url, database="postgres")
    source = await asyncpg.connect(source_url)
    try:
        mark = await _mark(source)
        if await _own(admin, name) == mark:
            return
        start = time.monotonic()
        fresh = f"{name}_new"
        await _drop(admin, fresh)
        await admin.execute(f'CREATE DATABASE "{fresh}"')
        await admin.execute(f"COMMENT ON DATABASE \"{fresh}\" IS '{MARK}, unfinished'")
        await _make(source, target_url, fresh)
        await _drop(admin, name)
        await admin.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')
        await admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{mark}'")
        print(f"{name}: loaded in {time.monotonic() - start:.0f} s")
    finally:
        await source.close()
        await admin.close()


async def _mark(source: asyncpg.Connection) -> str:
    """Name all that the database is made from; the rig's has a new oid when it is loaded again."""
    oid = await source.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    return f"{MARK}, from {oid} by {_digest()}"


def _digest() -> str:
    """Sum up the migrations and this file."""
    digest = sha256(Path(__file__).read_bytes())
    for file in sorted(MIGRATIONS.rglob("*")):
        if file.suffix in {".py", ".sql"}:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


async def _own(admin: asyncpg.Connection, name: str) -> str | None:
    """Return the comment on a database of ours; None where there is no database ``name``."""
    comment: str | None = await admin.fetchval(
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database"
        " WHERE datname = $1",
        name,
    )
    if comment is not None and not comment.startswith(MARK):
        raise SystemExit(f"database {name} was not made by load.py: drop it yourself")
    return comment


async def _drop(admin: asyncpg.Connection, name: str) -> None:
    if await _own(admin, name) is not None:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def _make(source: asyncpg.Connection, target_url: str, name: str) -> None:
    """Migrate the empty database ``name`` and fill it."""
    url = make_url(target_url).set(database=name).render_as_string(hide_password=False)
    engine = create_engine(Settings.load(database_url=url))
    await migrate.upgrade(engine)
    await engine.dispose()
    target = await asyncpg.connect(target_url, database=name)
    try:
        await source.execute("SET work_mem = '256MB'")
        await target.execute("SET maintenance_work_mem = '512MB'")
        await target.execute("ALTER TABLE tags ALTER COLUMN name_key DROP EXPRESSION")
        async with target.transaction(), bare(target, list(TABLES), _silent):
            for table, query in TABLES.items():
                await _copy(source, target, table, query)
        for table in ("users", "tags", "posts", "comments"):
            await target.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608  # the names above
            )
        # the rig loads its own tables like this, and has autovacuum off
        await target.execute("VACUUM (FREEZE, ANALYZE)")
    finally:
        await target.close()


async def _copy(
    source: asyncpg.Connection, target: asyncpg.Connection, table: str, query: str
) -> None:
    """Write what ``query`` gives on one side into ``table`` on the other."""
    columns = [column.name for column in (await source.prepare(query)).get_attributes()]
    chunks: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=16)

    async def read() -> None:
        await source.copy_from_query(query, output=chunks.put, format="binary")
        await chunks.put(None)

    async def arriving() -> AsyncIterator[bytes]:
        while (chunk := await chunks.get()) is not None:
            yield chunk

    async with asyncio.TaskGroup() as both:
        both.create_task(read())
        both.create_task(
            target.copy_to_table(table, source=arriving(), columns=columns, format="binary")
        )


def _silent(_what: str, _done: int, _total: int) -> None:
    """Take no notice of progress."""


if __name__ == "__main__":
    asyncio.run(main(os.environ["SOURCE_DATABASE_URL"], os.environ["DATABASE_URL"]))
