"""What each client spent: counted in windows of time, by the `limits` library.

A window begins with a client's first request and is over after its time, whatever was asked in it.
A request that is refused costs nothing, so that smaller ones still go through.
"""

import logging
import math
import time
from typing import NamedTuple

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

# a request does not wait long for what only counts it
_TIMEOUT_S = 0.5
_log = logging.getLogger("graphql_api.limits")


class Window(NamedTuple):
    """What a client may spend, what it has left, and when it has all of it again."""

    limit: int
    remaining: int
    resets_at: float
    """Seconds since 1970."""
    accepted: bool = True
    """Whether what was to be spent was."""

    @property
    def seconds_left(self) -> int:
        """Whole seconds until it is over."""
        return max(math.ceil(self.resets_at - time.time()), 0)


class Counters(MemoryStorage):
    """The library's storage of one process; its own looks through all clients at each request."""

    STORAGE_SCHEME = ("async+counters",)  # type: ignore[assignment]  # none that a setting can name

    def __init__(self) -> None:
        super().__init__()
        self._sweeps_at = 0.0

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a client's counter; once a window those that are over are forgotten."""
        now = time.time()
        if now >= self._sweeps_at:
            for old in [each for each, end in self.expirations.items() if end <= now]:
                del self.expirations[old], self.storage[old]
            self._sweeps_at = now + expiry
        if self.expirations.get(key, 0) <= now:
            self.storage[key] = 0
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]


class Meter:
    """Counts what clients spend, for one process or for all that share a Redis."""

    def __init__(self, limit: int, window_s: int, storage: str | None = None) -> None:
        self._limit = limit
        self._window_s = window_s
        self._item = RateLimitItemPerSecond(limit, window_s, namespace="graphql-api")
        self._strategy = FixedWindowRateLimiter(_storage(storage))
        self._is_lost = False

    async def spend(self, client: str, cost: int) -> Window | None:
        """Let a client spend, or refuse it; None where nobody can count, which is no reason to."""
        try:
            window = await self._window(client)
            accepted = cost <= window.remaining and await self._hit(client, cost)
        except StorageError as error:
            if not self._is_lost:  # once, not for each request
                _log.warning("what clients spend is not counted: %s", error.storage_error)
            self._is_lost = True
            return None
        self._is_lost = False
        left = window.remaining - cost if accepted else window.remaining
        return window._replace(remaining=left, accepted=accepted)

    async def _hit(self, client: str, cost: int) -> bool:
        """Spend, unless others did so at the same moment and too little is left."""
        if await self._strategy.hit(self._item, client, cost=cost):
            return True
        key, seconds = self._item.key_for(client), self._item.get_expiry()
        await self._strategy.storage.incr(key, seconds, amount=-cost)  # a refusal costs nothing
        return False

    async def close(self) -> None:
        """Close the connections to Redis, where there are any."""
        storage = self._strategy.storage
        if isinstance(storage, RedisStorage):
            await storage.bridge.get_connection().aclose()  # type: ignore[attr-defined]  # of the library we chose

    async def _window(self, client: str) -> Window:
        resets_at, remaining = await self._strategy.get_window_stats(self._item, client)
        now = time.time()
        if remaining >= self._limit or resets_at <= now:
            return Window(self._limit, self._limit, now + self._window_s)
        return Window(self._limit, remaining, resets_at)


def _storage(address: str | None) -> Storage:
    if address is None:
        return Counters()
    options = {"socket_timeout": _TIMEOUT_S, "socket_connect_timeout": _TIMEOUT_S}
    found = storage_from_string(
        f"async+{address}", implementation="redispy", wrap_exceptions=True, **options
    )
    assert isinstance(found, Storage)  # noqa: S101  # as its name begins with async
    return found
