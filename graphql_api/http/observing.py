"""What is told of an operation when its answer was sent: a line in the log, counts, and spans.

The transports call one function, `Observer.ended`, for each operation, over HTTP or a WebSocket;
and `Observer.refused` for a request that named none. All of it comes after the answer.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import islice
from typing import Any

import structlog

from graphql_api.db.figures import Read
from graphql_api.errors import ApiError, DeadlineError, UnavailableError
from graphql_api.http.tracing import Tracing
from graphql_api.schema.context import Context
from graphql_api.schema.notes import Notes
from graphql_api.services.persisted.document import hash_of as document_id
from graphql_api.settings import Settings

DURATIONS_S = 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0
"""The bounds between which operations are counted by how long they took."""

MOST_NAMES = 200
"""How many names of operations are told apart in the metrics; clients choose them."""

UNNAMED, OTHER, INVALID = "unnamed", "other", "invalid"
_LONGEST_NAME = 100
_OURS = ApiError.code, UnavailableError.code, DeadlineError.code  # whose fault they are
_SLOWEST = 3  # batches that the line of a slow operation tells of
_HASH_CHARACTERS = 16


class Observed:
    """What the process answered since it began."""

    def __init__(self) -> None:
        self.operations: Counter[tuple[str, str, str]] = Counter()
        """By name, kind and outcome: `ok` or `errors`."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """By name."""
        self.durations: defaultdict[str, list[int]] = defaultdict(
            lambda: [0] * (len(DURATIONS_S) + 1)
        )
        """By kind."""
        self.seconds_of_kind: defaultdict[str, float] = defaultdict(float)
        self.slow: Counter[str] = Counter()
        """By name."""
        # whoever watches sees no increase where a count begins with its first error
        self.errors: Counter[str] = Counter(dict.fromkeys(_OURS, 0))
        """Operations and refused requests, by the codes of their errors."""
        self._names: set[str] = set()

    def count(self, notes: Notes, seconds: float, *, is_slow: bool) -> None:
        """Count an operation."""
        name, kind = self._named(notes), notes.kind or INVALID
        self.operations[name, kind, "errors" if notes.codes else "ok"] += 1
        self.seconds[name] += seconds
        if kind != "subscription":  # it takes as long as its client likes
            self.durations[kind][bisect_left(DURATIONS_S, seconds)] += 1
            self.seconds_of_kind[kind] += seconds
        if is_slow:
            self.slow[name] += 1
        for code in set(notes.codes):
            self.errors[code] += 1

    def _named(self, notes: Notes) -> str:
        if notes.kind is None:
            return INVALID
        name = notes.name
        if name is None:
            return UNNAMED
        if name not in self._names:
            if len(self._names) >= MOST_NAMES or len(name) > _LONGEST_NAME:
                return OTHER
            self._names.add(name)
        return name


OBSERVED = Observed()
"""Of the whole process."""


class Observer:
    """Tells of the operations of one application."""

    def __init__(self, settings: Settings) -> None:
        self._slow_s = settings.slow_operation_s
        # a process that set up no log (`logs`) has none of operations
        self._log: Any = structlog.get_logger().bind() if structlog.is_configured() else None
        self._tracing = Tracing() if settings.tracing else None

    def ended(self, context: Context, status: int | None = None) -> None:
        """Tell of an operation whose answer was sent, over HTTP with a status."""
        notes, reads = context.notes, context.loaders.operation.reads
        seconds = (notes.ended or notes.began) - notes.began
        is_slow = seconds >= self._slow_s and notes.kind != "subscription"
        OBSERVED.count(notes, seconds, is_slow=is_slow)
        if self._log is not None:
            line = _line(context, seconds, status)
            if is_slow:
                self._log.warning("slow operation", **line, slowest=_slowest(reads))
            else:
                self._log.info("operation", **line)
        if self._tracing is not None:
            self._tracing.tell(notes, reads)

    def close(self) -> None:
        """Send what is still to be sent."""
        if self._tracing is not None:
            self._tracing.close()

    def refused(self, request_id: str, code: str, status: int | None = None) -> None:
        """Tell of a request that was refused before there was an operation."""
        OBSERVED.errors[code] += 1
        if self._log is not None:
            self._log.info("refused", request_id=request_id, codes=[code], status=status)


def _line(context: Context, seconds: float, status: int | None) -> dict[str, Any]:
    notes, loaded, viewer = context.notes, context.loaders.operation.loaded, context.viewer
    line: dict[str, Any] = {
        "request_id": notes.request_id,
        "name": notes.name,
        "hash": hash_of(notes.document),
        "kind": notes.kind,
        "ms": round(seconds * 1000, 3),
        "cost": notes.cost,
        "statements": loaded.batches + notes.changes.n,
        "batches": loaded.batches,
        "keys": loaded.keys,
        "rows": loaded.rows,
        "tenant": viewer.tenant_id,
        "viewer": viewer.user_id or None,
        "status": status,
        "errors": len(notes.codes),
    }
    if notes.codes:
        line["codes"] = sorted(set(notes.codes))
    return line


def hash_of(document: str | None) -> str | None:
    """Name a document by the first quarter of its id as a persisted one, its SHA-256."""
    return document_id(document)[:_HASH_CHARACTERS] if document else None


def _slowest(reads: list[Read]) -> list[dict[str, Any]]:
    """Describe the batches that took longest, with the part of it that was a wait."""
    ended = sorted((read for read in reads if read.answered), key=lambda read: -read.seconds)
    return [
        {
            "loader": read.loader,
            "ms": round(read.seconds * 1000, 3),
            "wait_ms": round(((read.connected or read.answered) - read.asked) * 1000, 3),
            "keys": read.n_keys,
            "rows": read.n_rows,
        }
        for read in islice(ended, _SLOWEST)
    ]
