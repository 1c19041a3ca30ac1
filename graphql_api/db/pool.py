"""SQLAlchemy's pool, with a way past its greenlets for what is ready at once.

SQLAlchemy reaches an asynchronous driver through a greenlet, whose stack is mapped and unmapped
each time: some 25 us, which is as long as a short read takes us otherwise. A connection that lies
idle and is in order needs nothing from the driver, and so no greenlet.
"""

import time
from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool, PoolProxiedConnection
from sqlalchemy.pool import ConnectionPoolEntry


class ReadyPool(AsyncAdaptedQueuePool):
    """Lends connections, and those that are ready at once also outside of a greenlet."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._ready: list[ConnectionPoolEntry] = []

    def lend_ready(self) -> PoolProxiedConnection | None:
        """Lend the next connection if it is idle and in order.

        Else None, and `connect` has to be called in a greenlet at once, without waiting in between:
        it replaces the connection, or makes one.
        """
        if self._pool.empty():
            return None
        entry = self._pool.get_nowait()
        self._ready.append(entry)  # whoever connects next takes this one
        return self.connect() if self._is_in_order(entry) else None

    def _do_get(self) -> ConnectionPoolEntry:
        return self._ready.pop() if self._ready else super()._do_get()

    def _is_in_order(self, entry: Any) -> bool:
        """Tell whether the pool would lend the connection as it is."""
        connection = entry.dbapi_connection
        if connection is None or connection.driver_connection.is_closed():
            return False
        began = entry.last_connect_time
        # with a second to spare: the pool looks at the clock again when it lends the connection
        age = time.time() - began + 1
        return self._invalidate_time <= began and (self._recycle < 0 or age < self._recycle)
