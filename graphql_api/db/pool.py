"""SQLAlchemy's pool, with a short way for reads, which take a connection for one statement each.

`connect` reaches an asynchronous driver through a greenlet, whose stack is mapped and unmapped each
time, and wraps the connection in an object that the garbage collector would give back: together as
long as a short read takes us otherwise. A connection that lies idle and is in order needs neither.
"""

import asyncio
import time
from collections import deque
from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.pool.base import _ConnectionRecord
from sqlalchemy.util import greenlet_spawn
from sqlalchemy.util.queue import AsyncAdaptedQueue

from graphql_api.db.connection import ReadConnection
from graphql_api.db.figures import WAITS

_READS = "graphql_api_reads"
"""Where an entry's connection notes what reads need; SQLAlchemy forgets it with the connection."""


class _Entries(asyncio.Queue[ConnectionPoolEntry]):
    """The entries that lie idle: asyncio's queue, but that nobody ever waits for room in it."""

    _getters: Any

    def _init(self, maxsize: int) -> None:  # noqa: ARG002  # asyncio's hook
        self.idle: deque[ConnectionPoolEntry] = deque()
        self._queue = self.idle

    def get_nowait(self) -> ConnectionPoolEntry:
        """Take the entry that has been idle longest."""
        if not self.idle:
            raise asyncio.QueueEmpty
        return self.idle.popleft()

    def put_nowait(self, entry: ConnectionPoolEntry) -> None:
        """Have an entry lie idle, and wake who waits for one."""
        if len(self.idle) == self.maxsize:
            raise asyncio.QueueFull
        self.idle.append(entry)
        if self._getters:
            self._wakeup_next(self._getters)  # type: ignore[attr-defined]  # asyncio's own


class _Idle(AsyncAdaptedQueue[ConnectionPoolEntry]):
    """SQLAlchemy's face of it."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:  # noqa: FBT001, FBT002  # SQLAlchemy's
        super().__init__(maxsize, use_lifo)
        self.entries = self._queue = _Entries(maxsize)


class ReadyPool(AsyncAdaptedQueuePool):
    """Lends its entries themselves to whoever gives back what was lent, whatever happens."""

    _queue_class = _Idle
    _pool: _Idle

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._idle = self._pool.entries.idle
        self._held: dict[ConnectionPoolEntry, float] = {}
        """Since when each that is lent is, by ``time.perf_counter``."""

    @property
    def n_held(self) -> int:
        """How many connections are lent."""
        return len(self._held)

    @property
    def n_waiting(self) -> int:
        """How many wait for one."""
        return sum(not getter.done() for getter in self._pool.entries._getters)  # noqa: SLF001  # asyncio's

    @property
    def longest_held_s(self) -> float:
        """For how many seconds the one that was lent first is."""
        return time.perf_counter() - min(self._held.values()) if self._held else 0.0

    async def lend(self) -> ReadConnection:
        """Lend a connection that is in order, for `take_back`.

        Raises:
            TimeoutError: SQLAlchemy's, when none was free in time.
        """
        idle, entry = self._idle, None
        if idle:
            entry = idle.popleft()
            self._held[entry] = time.perf_counter()
            ready = self._in_order(entry)
            if ready is not None:
                return ready
        lent: ReadConnection = await greenlet_spawn(self._connected, entry)
        return lent

    def take_back(self, lent: ReadConnection) -> None:
        """Have a connection lie idle again, or go to who waits for one."""
        self._held.pop(lent.entry, None)
        self._pool.entries.put_nowait(lent.entry)

    def distrust(self, entry: Any) -> None:
        """Have all that are as old as a lost connection replaced, as `engine` has it for writes."""
        if self._invalidate_time < entry.last_connect_time:
            self._invalidate_time = time.time()

    def discard(self, entry: ConnectionPoolEntry) -> None:
        """Close an entry's connection, and take the entry back: in a greenlet."""
        try:
            entry.invalidate()
        finally:
            self._held.pop(entry, None)
            self._pool.entries.put_nowait(entry)

    def _do_get(self) -> ConnectionPoolEntry:
        """Take an entry, also for SQLAlchemy's own way; in a greenlet, which can wait."""
        began = time.perf_counter()
        is_waiting = not self._idle and self._overflow >= self._max_overflow
        try:
            entry = super()._do_get()
        except PoolTimeoutError:
            WAITS.timeouts += 1
            raise
        finally:
            if is_waiting:
                WAITS.n += 1
                WAITS.seconds += time.perf_counter() - began
        self._held[entry] = time.perf_counter()
        return entry

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self._held.pop(record, None)
        super()._do_return_conn(record)

    def _create_connection(self) -> ConnectionPoolEntry:
        """Make an entry that connects when it is lent: if it cannot, it goes to who waits for one.

        SQLAlchemy would have none to give back then, and those who wait would wait in vain.
        """
        return _ConnectionRecord(self, connect=False)

    def _connected(self, entry: Any) -> ReadConnection:
        """Replace the connection of an entry, if need be, or wait for an entry: in a greenlet."""
        entry = entry or self._do_get()
        try:
            if entry.dbapi_connection and entry.driver_connection.is_closed():
                self.distrust(entry)
                entry.invalidate()
            entry.get_connection()
        except BaseException:
            self.discard(entry)
            raise
        known: ReadConnection | None = entry.info.get(_READS)
        if known is None:
            known = entry.info[_READS] = ReadConnection(entry)
        return known

    def _in_order(self, entry: Any) -> ReadConnection | None:
        """Return the entry's connection, if reads know it and it can be lent as it is."""
        known: ReadConnection | None = entry.info.get(_READS)
        if known is None or known.driver.is_closed():
            return None
        if entry._is_hard_or_soft_invalidated():  # noqa: SLF001  # no public way
            return None
        is_old = self._recycle >= 0 and time.time() - entry.starttime >= self._recycle
        return None if is_old else known
