"""How a process leaves: it says that it is not ready, serves a little longer, and then ends.

Who spreads requests over several processes hears only at its next look that one of them goes, so
whatever it sends until then is still answered. uvicorn's own handler of signals does the rest: it
takes no new connection, waits for the requests that are under way, and ends what does not end.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

Handler = Callable[[int, FrameType | None], object]


class Leaving:
    """Whether this process is about to end."""

    def __init__(self, drain_s: float) -> None:
        self.has_begun = False
        self._drain_s = drain_s
        self._loop = asyncio.get_running_loop()
        self._is_told = False
        self._streams: set[asyncio.Future[None]] = set()
        self._are_over = False

    @contextmanager
    def stream(self, seconds: float | None = None) -> Iterator[asyncio.Future[None]]:
        """Lend an answer without an end what is done once it has to end.

        That is when the server goes down, or after so many seconds.
        """
        gone: asyncio.Future[None] = self._loop.create_future()
        self._streams.add(gone)
        if self._are_over:
            gone.set_result(None)
        timer = None if seconds is None else self._loop.call_later(seconds, _end, gone)
        try:
            yield gone
        finally:
            self._streams.discard(gone)
            if timer is not None:
                timer.cancel()

    def end_streams(self) -> None:
        """Have every answer without an end come to one."""
        self._are_over = True
        for gone in self._streams:
            _end(gone)

    def handler(self, server: Handler) -> Handler:
        """Return what hears a signal in the place of the server."""
        return lambda number, _frame: self.tell(number, server)

    def tell(self, number: int, server: Handler) -> None:
        """Begin to leave, and have the server end in a while; told twice, end at once."""
        if number == signal.SIGINT:  # somebody sits before it; the server knows what twice means
            server(number, None)
        elif self._is_told:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        else:
            self._is_told = True
            later = partial(self._loop.call_later, self._drain_s, server, number, None)
            self._loop.call_soon_threadsafe(later)
        self.has_begun = True


def _end(gone: asyncio.Future[None]) -> None:
    if not gone.done():
        gone.set_result(None)


@contextmanager
def leaving_on_signals(drain_s: float) -> Iterator[Leaving]:
    """Hear signals before the server does, where it hears any: in the main thread."""
    leaving = Leaving(drain_s)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            server = signal.getsignal(number)
            if callable(server):
                signal.signal(number, leaving.handler(server))
    yield leaving
