"""Tables without what PostgreSQL keeps or checks row by row, for as long as a bulk load takes.

Indexes built at the end, and foreign keys checked at the end, cost a third of the same work done a
row at a time.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from graphql_api.services.seed.run import Progress

PATIENCE_S = 3600.0
"""Seconds a bulk statement may take; the engine's own limit is for small ones."""

# pairs: how to take a thing away, and how to bring it back
_THINGS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::text[]::regclass[])
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index WHERE NOT indisunique AND indrelid = ANY ($1::text[]::regclass[])
UNION ALL
SELECT format('ALTER TABLE %s DISABLE TRIGGER USER', name),
    format('ALTER TABLE %s ENABLE TRIGGER USER', name)
FROM unnest($1::text[]) AS name
"""


@asynccontextmanager
async def bare(
    driver: asyncpg.Connection, tables: Sequence[str], report: Progress
) -> AsyncGenerator[None]:
    """Take triggers, foreign keys and plain indexes off ``tables``; put them back at the end.

    It belongs into a transaction: after an error in the block, the rollback puts them back. Until
    the transaction ends nobody else reads or writes the tables.
    """
    things = await driver.fetch(_THINGS, tables)
    for take_away, _ in things:
        await driver.execute(take_away, timeout=PATIENCE_S)
    yield
    for done, (_, bring_back) in enumerate(things, 1):
        await driver.execute(bring_back, timeout=PATIENCE_S)
        report("indexes", done, len(things))
