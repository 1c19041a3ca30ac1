"""How late the event loop is: a timer that should ring twice a second, and when it did."""

import asyncio
from collections import deque
from collections.abc import Callable

INTERVAL_S = 0.5
_REMEMBERED = 30  # a quarter of a minute, between two looks of whoever watches


class Lag:
    """Watches the loop that it is started in."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=_REMEMBERED)
        self._timer: asyncio.TimerHandle | None = None
        self._then: Callable[[], None] | None = None

    @property
    def worst_s(self) -> float:
        """The longest that the timer was late, of those remembered."""
        return max(self._late, default=0.0)

    def start(self, then: Callable[[], None] | None = None) -> None:
        """Begin to watch; ``then`` is called each time."""
        self._then = then
        self._wait()

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + INTERVAL_S
        self._timer = loop.call_at(due, self._ring, loop, due)

    def _ring(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._late.append(max(loop.time() - due, 0.0))
        self._wait()
        if self._then is not None:
            self._then()
