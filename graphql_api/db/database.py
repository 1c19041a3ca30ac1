"""Where connections come from.

A read takes a connection for one statement and gives it back: batches of one operation run side by
side, one failed statement cannot abort another, and nobody waits for a second connection while
holding a first, so the pool cannot deadlock. A write takes one connection for the whole change.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from asyncpg import DataError, InterfaceError, InternalClientError, PostgresError, Record
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import greenlet_spawn

from graphql_api.db.connection import ReadConnection
from graphql_api.db.monitor import Statement, is_recorded, note
from graphql_api.db.pool import ReadyPool
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
    """Reads of one operation; holds no connection between statements."""

    def __init__(self, pool: ReadyPool, max_connections: int, *, pgbouncer: bool) -> None:
        self._pool = pool
        self._slots = Slots(max_connections)
        self._fetch = ReadConnection.fetch_in_transaction if pgbouncer else ReadConnection.fetch

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
        slots = self._slots
        if timing is not None:
            timing.asked = time.perf_counter()
        if slots.free:
            slots.free -= 1
        else:
            await slots.wait_for_one()
        try:
            try:
                return await self._rows(compiled, values, loader, timing)
            except _LostError:  # a read changes nothing: another connection may do it
                return await self._rows(compiled, values, loader, timing)
        except (OSError, PostgresError, SQLAlchemyError, _DriverError) as error:
            told = translated(error)
            if told is error:
                raise
            raise told from error
        finally:
            slots.give_back()
            if timing is not None:
                timing.answered = time.perf_counter()

    async def _rows(
        self, compiled: Compiled, values: list[Any], loader: str, timing: Timing | None
    ) -> list[Record]:
        lent = await self._pool.lend()
        try:
            if timing is not None:
                timing.connected = time.perf_counter()
            if is_recorded():
                note(self._pool, Statement(compiled.sql, loader, values))
            rows = await self._fetch(lent, compiled, values)
        except Exception as error:
            if _is_lost(error) or lent.driver.is_closed():
                if isinstance(error, TimeoutError):  # it only takes too long
                    await self._discard(lent)
                    raise
                # who tries again must not meet another that went with it
                self._pool.distrust(lent.entry)
                await self._discard(lent)
                raise _LostError from error
            self._pool.take_back(lent)  # it answered
            if _quotes_a_value(error):
                raise type(error)(f"a value does not fit the statement of {loader}") from None
            raise
        except BaseException:  # cancelled: nobody knows what it still does
            await self._discard(lent)
            raise
        self._pool.take_back(lent)
        return rows

    async def _discard(self, lent: ReadConnection) -> None:
        """Close a connection, whose statement the driver stops first; also where the caller leaves.

        Its place in the pool is free when it is closed.
        """
        closing = greenlet_spawn(self._pool.discard, lent.entry)  # without, the pool could not wait
        task = asyncio.create_task(closing)
        _closing.add(task)
        task.add_done_callback(_closing.discard)
        await asyncio.shield(task)


class Slots:
    """How many statements of an operation may run at once: a semaphore, free of cost while free."""

    __slots__ = ("_waiting", "free")

    def __init__(self, free: int) -> None:
        self.free = free
        """Whoever finds one takes it by counting down."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait_for_one(self) -> None:
        """Wait until one is given back, and take it."""
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():  # it was given, and nobody is there
                self.give_back()
            raise

    def give_back(self) -> None:
        """Hand a slot to who has waited longest, or let it be free."""
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        self.free += 1


_closing: set[asyncio.Task[None]] = set()
"""What the event loop would forget."""


def _quotes_a_value(error: Exception) -> bool:
    """Tell whether a message can hold the value that the server or the driver refused."""
    return isinstance(error, DataError) or (
        isinstance(error, InterfaceError) and isinstance(error, ValueError)
    )


def _is_lost(error: Exception) -> bool:
    """Tell whether the server went away, or said that it does; a timeout is an OSError too.

    The driver's internal error is what it says once it has heard that the server goes, and not yet
    that it is gone; whatever else makes it say so, the connection is of no more use.
    """
    state = getattr(error, "sqlstate", None) or ""
    return isinstance(error, OSError | InternalClientError) or state.startswith(_LOST_STATES)


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
