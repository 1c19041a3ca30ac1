"""Seeding: content for development, made from numbers and written by COPY.

The triggers would touch each row several times over, so they rest during the run and every derived
column is written as they would have. Until the run ends nobody else reads or writes these tables.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from graphql_api.db.database import Database
from graphql_api.errors import OperatorError
from graphql_api.models import DEFAULT_TENANT, ImportedItem, Tenant
from graphql_api.services.seed.bare import PATIENCE_S, bare
from graphql_api.services.seed.people import People, catalogue
from graphql_api.services.seed.post import Posts
from graphql_api.services.seed.run import COLUMNS, NUMBERED, TABLES, Batch, Progress, Run

_POSTS_PER_BATCH = 2000
_LOCK = 7_365_656_411
"""The number of our advisory lock; any, as long as nothing else uses it."""

_COUNTERS = (
    """
    UPDATE users SET post_count = found.n, latest_post_at = found.latest
    FROM (
        SELECT author_id, count(*) AS n, max(published_at) AS latest FROM posts
        WHERE tenant_id = $1 AND visible AND author_id >= $2 GROUP BY author_id
    ) AS found
    WHERE tenant_id = $1 AND id = author_id
    """,
    """
    UPDATE tags SET post_count = found.n
    FROM (
        SELECT tag_id, count(*) AS n FROM post_tags
        JOIN posts ON posts.tenant_id = $1 AND posts.id = post_id AND visible
        WHERE post_tags.tenant_id = $1 AND tag_id >= $2 GROUP BY tag_id
    ) AS found
    WHERE tenant_id = $1 AND id = tag_id
    """,
)


@dataclass(frozen=True, slots=True)
class SeedSummary:
    """What a run added."""

    rows: Mapping[str, int]
    """Rows by table; empty when the database held this seed already."""


async def seed(
    database: Database,
    *,
    posts: int,
    seed: int = 1,
    tenant_id: int = DEFAULT_TENANT,
    progress: Progress | None = None,
) -> SeedSummary:
    """Add ``posts`` posts and all around them, the same for the same numbers, in one transaction.

    Rows are equal to the byte but for their ids, which follow those that are there. Another
    ``seed`` is added beside the first; slugs and usernames carry its number.

    Args:
        database: migrated, with a user who owns the tables.
        posts: how many, 1 or more; ten times as many comments come with them.
        seed: the number that everything is made from.
        tenant_id: whose content it becomes.
        progress: told of ``posts`` written, then ``indexes`` built, then ``tables`` analyzed.

    Raises:
        OperatorError: the numbers cannot be used here; nothing was added.
    """
    if posts < 1:
        raise OperatorError("a seed needs 1 post or more")
    report = progress or _silent
    async with database.transaction() as session:
        if not await _is_new(session, tenant_id=tenant_id, seed=seed, posts=posts):
            return SeedSummary({})
        driver = await _driver(await session.connection())
        try:
            rows = await _load(driver, tenant_id=tenant_id, seed=seed, posts=posts, report=report)
        except asyncpg.UniqueViolationError as error:
            raise OperatorError(
                f"the content here already uses a name that seed {seed} needs"
                f" ({error.detail}); seed another number"
            ) from None
        except asyncpg.InsufficientPrivilegeError as error:
            raise OperatorError(f"seeding needs the owner of the tables: {error}") from None
    await _make_ready(database, report)
    return SeedSummary(rows)


async def _is_new(session: AsyncSession, *, tenant_id: int, seed: int, posts: int) -> bool:
    """Note the run, unless it is noted already."""
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        raise OperatorError("another seed is running on this database; wait for its end")
    if await session.get(Tenant, tenant_id) is None:
        raise OperatorError(f"there is no tenant {tenant_id}")
    key = {"tenant_id": tenant_id, "source": f"seed:{seed}", "kind": "run", "external_id": "posts"}
    noted = await session.get(ImportedItem, key)
    if noted is None:
        digest = sha256(f"{seed}:{posts}".encode()).hexdigest()
        session.add(ImportedItem(**key, row_id=posts, digest=digest))
        return True
    if noted.row_id != posts:
        raise OperatorError(
            f"seed {seed} is here already with {noted.row_id} posts, so it cannot have {posts};"
            " seed another number or an empty database"
        )
    return False


async def _load(
    driver: asyncpg.Connection, *, tenant_id: int, seed: int, posts: int, report: Progress
) -> Mapping[str, int]:
    """Write everything; return the number of rows by table."""
    async with bare(driver, TABLES, report):
        next_id = "SELECT nextval(pg_get_serial_sequence($1, 'id'))"
        first_id = {table: await driver.fetchval(next_id, table) for table in NUMBERED}
        rows = await _copy_all(driver, Run(tenant_id, seed, posts, first_id), report)
    for counter, table in zip(_COUNTERS, ("users", "tags"), strict=True):
        await driver.execute(counter, tenant_id, first_id[table], timeout=PATIENCE_S)
    last_id = "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)"
    for table in NUMBERED:
        await driver.execute(last_id, table, first_id[table] + rows[table] - 1)
    return rows


async def _copy_all(driver: asyncpg.Connection, run: Run, report: Progress) -> Mapping[str, int]:
    people = People(run)
    rows: Counter[str] = Counter()
    rows.update(await _copy(driver, catalogue(run, people)))
    batches = Posts(run, people).batches(_POSTS_PER_BATCH)
    batch = next(batches, None)
    while batch:
        # the server takes as long over a batch as we do: write the next one meanwhile
        following = asyncio.to_thread(next, batches, None)
        batch, added = await asyncio.gather(following, _copy(driver, batch))
        rows.update(added)
        report("posts", rows["posts"], run.posts)
    return rows


async def _copy(driver: asyncpg.Connection, batch: Batch) -> Mapping[str, int]:
    for table in TABLES:
        if batch[table]:
            await driver.copy_records_to_table(
                table, records=batch[table], columns=COLUMNS[table], timeout=PATIENCE_S
            )
    return {table: len(rows) for table, rows in batch.items()}


async def _make_ready(database: Database, report: Progress) -> None:
    """Give the planner its statistics, and index-only scans their visibility map."""
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        driver = await _driver(connection)
        for done, table in enumerate(TABLES, 1):
            await driver.execute(f"VACUUM (ANALYZE) {table}", timeout=PATIENCE_S)
            report("tables", done, len(TABLES))


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    return (await connection.get_raw_connection()).driver_connection


def _silent(_what: str, _done: int, _total: int) -> None:
    pass
