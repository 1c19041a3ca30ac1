"""File locks of the kernel (flock): they end with the process, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def opened(path: Path, owner: int) -> Iterator[int]:
    """Open the lock file ``path``, a file of ``owner``; closing it gives its lock up."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(descriptor, owner, -1)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def held(descriptor: int) -> Iterator[None]:
    """Wait until nobody else holds the lock, then hold it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def try_lock(descriptor: int) -> bool:
    """Take the lock for ourselves alone; where others hold it, answer False and hold nothing."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
    return True
