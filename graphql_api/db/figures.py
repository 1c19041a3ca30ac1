"""What the process asked of its database so far, in plain numbers: whoever watches reads them."""

from bisect import bisect_left
from collections import defaultdict
from contextvars import ContextVar
from dataclasses import dataclass

BATCH_SIZES = 1, 10, 50, 100, 500, 1000, 5000
"""The bounds between which batches are counted by their size."""


@dataclass(slots=True)
class Read:
    """A statement of a loader, and when it did what, in seconds of ``time.perf_counter``."""

    loader: str
    sql: str
    n_keys: int = 0
    wave: int = 0
    """Those of one wave ran side by side."""
    n_rows: int = 0
    asked: float = 0.0
    connected: float = 0.0
    """When it had a connection."""
    answered: float = 0.0
    """0 while it is under way."""

    @property
    def seconds(self) -> float:
        """How long it took, the waiting for a connection included."""
        return self.answered - self.asked


class Sizes:
    """How many batches had which size: below each of `BATCH_SIZES`, and above all."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BATCH_SIZES) + 1)
        self.total = 0

    def add(self, size: int) -> None:
        """Count a batch."""
        self.counts[bisect_left(BATCH_SIZES, size)] += 1
        self.total += size


class Loads:
    """What one loader loaded since the process began."""

    __slots__ = ("keys", "rows", "seconds")

    def __init__(self) -> None:
        self.keys = Sizes()
        self.rows = Sizes()
        self.seconds = 0.0

    def add(self, read: Read) -> None:
        """Count a statement that has ended."""
        self.keys.add(read.n_keys)
        self.rows.add(read.n_rows)
        self.seconds += read.seconds


LOADS: defaultdict[str, Loads] = defaultdict(Loads)
"""By the loader's name."""


@dataclass(slots=True)
class Statements:
    """Statements that no loader sent: those of changes."""

    n: int = 0


STATEMENTS = Statements()
"""Of the whole process."""

counting: ContextVar[Statements | None] = ContextVar("counting", default=None)
"""Where the operation that runs has its own counted."""


def count_statement(*_given: object) -> None:
    """Count a statement; SQLAlchemy calls it before each."""
    STATEMENTS.n += 1
    own = counting.get()
    if own is not None:
        own.n += 1


@dataclass(slots=True)
class Waits:
    """What the pool's callers met since the process began."""

    n: int = 0
    """How often there was no connection free at once."""
    seconds: float = 0.0
    timeouts: int = 0
    """How often there was none in time."""
    connects: int = 0
    """Connections made."""


WAITS = Waits()
