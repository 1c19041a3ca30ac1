"""Where connections come from.

A read takes a connection for one statement and gives it back: batches of one operation run side by
side, one failed statement cannot abort another, and nobody waits for a second connection while
holding a first, so the pool cannot deadlock. A write takes one connection for the whole change.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from asyncpg import InternalClientError, PostgresError, Record
from sqlalchemy import Executable
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import greenlet_spawn

from graphql_api.db.connection import ReadConnection
from graphql_api.db.fault import (
    UNAVAILABLE,
    UNKNOWN,
    DriverError,
    is_lost,
    may_be_repeated,
    quotes_a_value,
    translated,
)
from graphql_api.db.figures import LOADS, Read
from graphql_api.db.monitor import Statement, is_recorded, note
from graphql_api.db.pool import ReadyPool
from graphql_api.db.slots import Slots
from graphql_api.db.statement import Compiled
from graphql_api.errors import UnavailableError

_MOST_TRIES = 6
_LONGEST_PAUSE_S = 0.02  # a transaction of ours takes less; it doubles with each try

ResultT = TypeVar("ResultT")


class _LostError(ConnectionError):
    """The server went away while a statement ran."""


class Database:
    """The pool of one process, with the two ways to use it."""

    def __init__(self, engine: AsyncEngine, *, pgbouncer: bool = False) -> None:
        self.engine = engine
        self._pgbouncer = pgbouncer
        self._changing: set[asyncio.Task[Any]] = set()

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

    async def change(self, act: Callable[[AsyncSession], Awaitable[ResultT]]) -> ResultT:
        """Run ``act`` in one transaction, and commit it; also where the caller leaves meanwhile.

        ``act`` runs again, from its beginning, where PostgreSQL ended it for another's sake (a
        deadlock), or the connection was lost before the commit. A commit is never repeated.

        Raises:
            UnavailableError: the database went away, or others were always first.
        """
        task = asyncio.create_task(self._change(act))
        self._changing.add(task)
        task.add_done_callback(self._changed)
        return await asyncio.shield(task)

    async def settle(self, most_s: float) -> None:
        """Wait for the changes that are under way, as long as a database that answers needs."""
        if self._changing:
            await asyncio.wait(self._changing, timeout=most_s)

    def _changed(self, task: asyncio.Task[Any]) -> None:
        self._changing.discard(task)
        if not task.cancelled():
            task.exception()  # the caller may have left: asyncio would complain

    async def _change(self, act: Callable[[AsyncSession], Awaitable[ResultT]]) -> ResultT:
        n_tries = 0
        while True:
            n_tries += 1
            is_committing = False
            try:
                async with AsyncSession(self.engine, expire_on_commit=False) as session:
                    result = await act(session)
                    await session.flush()
                    is_committing = True
                    await session.commit()
                    return result
            except (OSError, InternalClientError, SQLAlchemyError, DriverError) as error:
                told = translated(error)
                if told is not error and is_committing:
                    raise UnavailableError(UNKNOWN) from error
                if is_committing or not may_be_repeated(error):
                    if told is error:
                        raise
                    raise told from error
                if n_tries == _MOST_TRIES:  # others were always first
                    raise UnavailableError(UNAVAILABLE) from error
            await asyncio.sleep(random.uniform(0, _LONGEST_PAUSE_S * 2**n_tries))  # noqa: S311  # no secret


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
        read: Read | None = None,
    ) -> list[Record]:
        """Run one statement of ``loader`` and return all its rows; ``read`` notes how it went.

        Raises:
            UnavailableError: no connection was free in time, or the database went away.
        """
        compiled = statement if isinstance(statement, Compiled) else Compiled(statement)
        values = compiled.values(parameters)
        slots = self._slots
        if read is not None:
            read.asked = time.perf_counter()
        if slots.free:
            slots.free -= 1
        else:
            await slots.wait_for_one()
        try:
            try:
                return await self._rows(compiled, values, loader, read)
            except _LostError:  # a read changes nothing: another connection may do it
                return await self._rows(compiled, values, loader, read)
        except (OSError, PostgresError, SQLAlchemyError, DriverError) as error:
            told = translated(error)
            if told is error:
                raise
            raise told from error
        finally:
            slots.give_back()
            if read is not None:
                read.answered = time.perf_counter()
                LOADS[loader].add(read)

    async def _rows(
        self, compiled: Compiled, values: list[Any], loader: str, read: Read | None
    ) -> list[Record]:
        lent = await self._pool.lend()
        try:
            if read is not None:
                read.connected = time.perf_counter()
            if is_recorded():
                note(self._pool, Statement(compiled.sql, loader, values))
            rows = await self._fetch(lent, compiled, values)
        except Exception as error:
            if is_lost(error) or lent.driver.is_closed():
                if isinstance(error, TimeoutError):  # it only takes too long
                    await self._discard(lent)
                    raise
                # who tries again must not meet another that went with it
                self._pool.distrust(lent.entry)
                await self._discard(lent)
                raise _LostError from error
            self._pool.take_back(lent)  # it answered
            if quotes_a_value(error):
                raise type(error)(f"a value does not fit the statement of {loader}") from None
            raise
        except BaseException:  # cancelled: nobody knows what it still does
            await self._discard(lent)
            raise
        self._pool.take_back(lent)
        if read is not None:
            read.n_rows = len(rows)
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


_closing: set[asyncio.Task[None]] = set()
"""What the event loop would forget."""
