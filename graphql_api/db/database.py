"""Where connections come from.

A read takes a connection for one statement and gives it back: batches of one operation run side by
side, one failed statement cannot abort another, and nobody waits for a second connection while
holding a first, so the pool cannot deadlock. A write takes one connection for the whole change.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Executable, Row
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from graphql_api.db.monitor import LOADER
from graphql_api.errors import UnavailableError

UNAVAILABLE = "the content database does not answer at the moment; please try again"

# SQLSTATE classes: 08 connection, 53 out of resources, 57P shutdown, 58 system;
# 57014 is a timeout, 55P03 one while waiting for a lock
_UNAVAILABLE_STATES = ("08", "53", "57P", "58", "57014", "55P03")


class Database:
    """The pool of one process, with the two ways to use it."""

    def __init__(self, engine: AsyncEngine, *, pgbouncer: bool = False) -> None:
        self.engine = engine
        # behind PgBouncer a transaction keeps the statement on the server where it was prepared;
        # elsewhere a statement is its own: BEGIN and ROLLBACK would be two round trips more
        self._reads = (
            engine if pgbouncer else engine.execution_options(isolation_level="AUTOCOMMIT")
        )

    def reader(self, max_connections: int) -> "Reader":
        """Give an operation its way to read, on at most ``max_connections`` at a time."""
        return Reader(self._reads, max_connections)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """Open one session for a change: it commits on exit, or nothing happened."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


class Reader:
    """Reads of one operation; holds no connection between statements."""

    def __init__(self, engine: AsyncEngine, max_connections: int) -> None:
        self._engine = engine
        self._slots = asyncio.Semaphore(max_connections)

    async def rows(
        self, statement: Executable, parameters: dict[str, Any], *, loader: str = ""
    ) -> Sequence[Row[Any]]:
        """Run one statement of ``loader`` and return all its rows.

        Raises:
            UnavailableError: no connection was free in time, or the database went away.
        """
        async with self._slots:
            try:
                async with self._engine.connect() as connection:
                    result = await connection.execute(
                        statement, parameters, execution_options={LOADER: loader}
                    )
                    return result.all()
            except (OSError, SQLAlchemyError) as error:
                raise translated(error) from error


def translated(error: Exception) -> Exception:
    """Tell an unreachable database from a fault of ours, by SQLSTATE."""
    if isinstance(error, OSError | PoolTimeoutError):
        return UnavailableError(UNAVAILABLE)
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(_UNAVAILABLE_STATES):
            return UnavailableError(UNAVAILABLE)
    return error
