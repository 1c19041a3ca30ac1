"""Where connections come from.

A read takes a connection for one statement and gives it back: batches of one operation run side by
side, one failed statement cannot abort another, and nobody waits for a second connection while
holding a first, so the pool cannot deadlock. A write takes one connection for the whole change.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from asyncpg import DataError, InterfaceError, PostgresError, Record
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from graphql_api.db.monitor import Statement, is_recorded, note
from graphql_api.db.pool import ReadyPool, driver_of
from graphql_api.db.statement import Compiled
from graphql_api.errors import UnavailableError

_DriverError = AsyncAdapt_asyncpg_dbapi.Error  # what the pool raises where it cannot connect

UNAVAILABLE = "the content database does not answer at the moment; please try again"

# SQLSTATE classes: 08 connection, 53 out of resources, 57P shutdown, 58 system;
# 57014 is a timeout, 55P03 one while waiting for a lock
_UNAVAILABLE_STATES = ("08", "53", "57P", "58", "57014", "55P03")

_LOST_STATES = ("08", "57P")


class _LostError(ConnectionError):
    """The server went away while a statement ran."""


# a connection's note of how it plans at the moment, if not as it did at first
_REPLANS = "graphql_api_replans"


class Database:
    """The pool of one process, with the two ways to use it."""

    def __init__(self, engine: AsyncEngine, *, pgbouncer: bool = False) -> None:
        self.engine = engine
        self._pgbouncer = pgbouncer

    def reader(self, max_connections: int) -> "Reader":
        """Give an operation its way to read, on at most ``max_connections`` at a time."""
        pool = self.engine.pool
        assert isinstance(pool, ReadyPool)  # noqa: S101  # as `create_engine` makes it
        return Reader(pool, max_connections, pgbouncer=self._pgbouncer)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """Open one session for a change: it commits on exit, or nothing happened."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


@dataclass(slots=True)
class Timing:
    """When a read did what, in seconds of ``time.perf_counter``."""

    asked: float = 0.0
    connected: float = 0.0
    """When it had a connection."""
    answered: float = 0.0


class Reader:
    """Reads of one operation; holds no connection between statements.

    A statement is its own transaction: BEGIN and ROLLBACK would be two round trips more.
    """

    def __init__(self, pool: ReadyPool, max_connections: int, *, pgbouncer: bool) -> None:
        self._pool = pool
        self._slots = asyncio.Semaphore(max_connections)
        self._pgbouncer = pgbouncer

    async def rows(
        self,
        statement: Executable | Compiled,
        parameters: Mapping[str, Any],
        *,
        loader: str = "",
        timing: Timing | None = None,
    ) -> list[Record]:
        """Run one statement of ``loader`` and return all its rows.

        Raises:
            UnavailableError: no connection was free in time, or the database went away.
        """
        compiled = statement if isinstance(statement, Compiled) else Compiled(statement)
        values = compiled.values(parameters)
        timing = timing or Timing()
        timing.asked = time.perf_counter()
        async with self._slots:
            try:
                try:
                    return await self._fetch(compiled, values, loader, timing)
                except _LostError:  # a read changes nothing: another connection may do it
                    return await self._fetch(compiled, values, loader, timing)
            except (OSError, PostgresError, SQLAlchemyError, _DriverError) as error:
                told = translated(error)
                if told is error:
                    raise
                raise told from error
            finally:
                timing.answered = time.perf_counter()

    async def _fetch(
        self, compiled: Compiled, values: list[Any], loader: str, timing: Timing
    ) -> list[Record]:
        entry = await self._pool.lend()
        try:
            timing.connected = time.perf_counter()
            if is_recorded():
                note(self._pool, Statement(compiled.sql, loader, values))
            rows = await self._run(entry, compiled, values)
        except Exception as error:
            if _is_lost(error) or driver_of(entry).is_closed():
                await self._discard(entry)
                raise (error if isinstance(error, TimeoutError) else _LostError()) from error
            self._pool.take_back(entry)  # it answered
            if _quotes_a_value(error):
                raise type(error)(f"a value does not fit the statement of {loader}") from None
            raise
        except BaseException:  # cancelled: nobody knows what it still does
            await self._discard(entry)
            raise
        self._pool.take_back(entry)
        return rows

    async def _discard(self, entry: ConnectionPoolEntry) -> None:
        """Close a connection, whose statement the driver stops first; also where the caller leaves.

        Its place in the pool is free when it is closed.
        """
        closing = greenlet_spawn(self._pool.discard, entry)  # without, the pool could not wait
        task = asyncio.create_task(closing)
        _closing.add(task)
        task.add_done_callback(_closing.discard)
        await asyncio.shield(task)

    async def _run(
        self, entry: ConnectionPoolEntry, compiled: Compiled, values: list[Any]
    ) -> list[Record]:
        driver = driver_of(entry)
        rows: list[Record]
        if self._pgbouncer:
            # a transaction keeps the statement on the server where it was prepared
            async with driver.transaction():
                if compiled.replans:
                    await driver.execute("SET LOCAL plan_cache_mode = force_custom_plan")
                rows = await driver.fetch(compiled.sql, *values)
            return rows
        if entry.info.get(_REPLANS, False) is not compiled.replans:
            plans = "force_custom_plan" if compiled.replans else "force_generic_plan"
            await driver.execute(f"SET plan_cache_mode = {plans}")
            entry.info[_REPLANS] = compiled.replans
        rows = await driver.fetch(compiled.sql, *values)
        return rows


_closing: set[asyncio.Task[None]] = set()
"""What the event loop would forget."""


def _quotes_a_value(error: Exception) -> bool:
    """Tell whether a message can hold the value that the server or the driver refused."""
    return isinstance(error, DataError) or (
        isinstance(error, InterfaceError) and isinstance(error, ValueError)
    )


def _is_lost(error: Exception) -> bool:
    """Tell whether the server went away, or said that it does; a timeout is an OSError too."""
    state = getattr(error, "sqlstate", None) or ""
    return isinstance(error, OSError) or state.startswith(_LOST_STATES)


def translated(error: Exception) -> Exception:
    """Tell an unreachable database from a fault of ours, by SQLSTATE."""
    if isinstance(error, OSError | PoolTimeoutError):
        return UnavailableError(UNAVAILABLE)
    cause: Any = error
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return UnavailableError(UNAVAILABLE)
        cause = error.orig
    state = getattr(cause, "sqlstate", None) or ""
    return UnavailableError(UNAVAILABLE) if state.startswith(_UNAVAILABLE_STATES) else error
