"""Slots: whoever asks first is next."""

import asyncio
from collections import deque


class Slots:
    """How many may do something at once: a semaphore, free of cost while some are free."""

    __slots__ = ("_waiting", "free", "n_waiting")

    def __init__(self, free: int) -> None:
        self.free = free
        """Whoever finds one takes it by counting down."""
        self.n_waiting = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait_for_one(self) -> None:
        """Wait until one is given back, and take it."""
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        self.n_waiting += 1
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():  # it was given, and nobody is there
                self.give_back()
            raise
        finally:
            self.n_waiting -= 1

    def give_back(self) -> None:
        """Hand a slot to who has waited longest, or let it be free."""
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        self.free += 1
