"""What the tests of connections share: one read, and the pool's account."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from graphql_api.db.database import Database

NOTHING: dict[str, Any] = {}
SLEEP = text("SELECT pg_sleep(:seconds)")
FOR_LONG = {"seconds": 600}
"""Longer than any test waits."""

Open = Callable[..., AbstractAsyncContextManager[Database]]


async def value(database: Database, sql: str) -> object:
    """Read one value."""
    return (await database.reader(1).rows(text(sql), NOTHING))[0][0]


def taken(database: Database) -> int:
    """Count the connections that are out of the pool."""
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


SLEEPING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
    AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()
"""
