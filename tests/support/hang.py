"""A test that hangs says where, and fails; pytest's own watchdog can only end the whole run.

That one knows threads, not tasks, and what hangs here is a task that nobody wakes. The alarm comes
in the main thread, where the event loop waits: it prints every task's stack, and raises.
"""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def limited(name: str, seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` in what takes too long; 0 seconds are no limit."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        sys.stderr.write(f"{name} hangs; its tasks:\n")
        for task in _tasks():
            task.print_stack(file=sys.stderr)
        raise TimeoutError(f"{name} took more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, tell)
    outer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *outer)
        signal.signal(signal.SIGALRM, before)


def _tasks() -> set[asyncio.Task[object]]:
    try:
        return asyncio.all_tasks()
    except RuntimeError:  # no loop is running: what hangs is no task
        return set()
