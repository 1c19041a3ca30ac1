"""SQLAlchemy's pool, with a short way for reads, which take a connection for one statement each.

`connect` reaches an asynchronous driver through a greenlet, whose stack is mapped and unmapped each
time, and wraps the connection in an object that the garbage collector would give back: together as
long as a short read takes us otherwise. A connection that lies idle and is in order needs neither.
"""

import time
from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn


class ReadyPool(AsyncAdaptedQueuePool):
    """Lends its entries themselves to whoever gives back what was lent, whatever happens."""

    async def lend(self) -> ConnectionPoolEntry:
        """Lend an entry with a connection that is in order, for `take_back`.

        Raises:
            TimeoutError: SQLAlchemy's, when none was free in time.
        """
        entry = None if self._pool.empty() else self._pool.get_nowait()
        if entry is not None and self._is_in_order(entry):
            return entry
        lent: ConnectionPoolEntry = await greenlet_spawn(self._connected, entry)
        return lent

    def take_back(self, entry: ConnectionPoolEntry) -> None:
        """Have an entry lie idle again, or go to who waits for one."""
        self._do_return_conn(entry)

    def discard(self, entry: ConnectionPoolEntry) -> None:
        """Close an entry's connection, and take the entry back: in a greenlet."""
        try:
            entry.invalidate()
        finally:
            self.take_back(entry)

    def _connected(self, entry: Any) -> ConnectionPoolEntry:
        """Replace the connection of an entry, if need be, or wait for an entry: in a greenlet."""
        entry = entry or self._do_get()
        try:
            if entry.dbapi_connection and driver_of(entry).is_closed():
                # as `engine` has it for writes: all that are as old go with it
                if self._invalidate_time < entry.last_connect_time:
                    self._invalidate_time = time.time()
                entry.invalidate()
            entry.get_connection()
        except BaseException:
            self.discard(entry)
            raise
        return entry  # type: ignore[no-any-return]  # SQLAlchemy's entries have more than it tells

    def _is_in_order(self, entry: Any) -> bool:
        """Tell whether the entry's connection can be lent as it is."""
        if entry._is_hard_or_soft_invalidated():  # noqa: SLF001  # no public way
            return False
        age = time.time() - entry.last_connect_time
        is_young = self._recycle < 0 or age < self._recycle
        return is_young and not driver_of(entry).is_closed()


def driver_of(entry: ConnectionPoolEntry) -> Any:
    """Return asyncpg's connection of an entry that has one."""
    connection: Any = entry.dbapi_connection
    return connection.driver_connection
