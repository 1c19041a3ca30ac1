"""What one operation loaded: each batch with its keys, rows, statement and times."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from graphql_api.db.database import Timing

_MS = 1000


@dataclass(slots=True)
class _Asked:
    """What waits to be loaded by one loader."""

    paths: dict[str, None] = field(default_factory=dict)
    n_keys: int = 0
    distinct: set[Any] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Batch:
    loader: str
    asked: _Asked
    n_rows: int
    sql: str
    timing: Timing


class Report:
    """Takes down the batches of an operation, wave by wave; made where somebody wants to see it."""

    def __init__(self) -> None:
        self._waves: list[list[_Batch]] = []
        self._asked: defaultdict[object, _Asked] = defaultdict(_Asked)
        self._started: dict[object, _Asked] = {}

    def asked(self, loader: object, keys: list[Any], n_parents: int, path: str) -> None:
        """Note that a field asked ``loader`` for keys, on behalf of so many parents."""
        asked = self._asked[loader]
        asked.paths[path] = None
        asked.n_keys += n_parents
        asked.distinct.update(keys)

    def queued(self, loader: object) -> None:
        """Take note of a key given to ``loader``, by a field or by code inside of one."""

    def start_wave(self) -> None:
        """Note that what was asked for is being loaded now."""
        self._waves.append([])
        self._started.update(self._asked)
        self._asked.clear()

    def ran(self, loader: Any, sql: str, n_rows: int, timing: Timing) -> None:  # a loader
        """Note a statement."""
        asked = self._started.pop(loader, _Asked())
        self._waves[-1].append(_Batch(loader.name, asked, n_rows, sql, timing))

    def as_json(self) -> dict[str, Any]:
        """Write the report; times are in milliseconds from the first batch's start."""
        batches = [batch for wave in self._waves for batch in wave]
        start = min((batch.timing.asked for batch in batches), default=0.0)
        end = max((batch.timing.answered for batch in batches), default=0.0)
        return {
            "statements": len(batches),
            "milliseconds": round((end - start) * _MS, 3),
            "levels": [
                {"level": level, "batches": [_as_json(batch, start) for batch in wave]}
                for level, wave in enumerate((wave for wave in self._waves if wave), 1)
            ],
        }


def _as_json(batch: _Batch, start: float) -> dict[str, Any]:
    timing = batch.timing
    return {
        "loader": batch.loader,
        "paths": list(batch.asked.paths),
        "keys": batch.asked.n_keys,
        "distinctKeys": len(batch.asked.distinct),
        "rows": batch.n_rows,
        "statement": batch.sql,
        "startMs": round((timing.asked - start) * _MS, 3),
        "milliseconds": round((timing.answered - timing.asked) * _MS, 3),
        "waitMs": round(((timing.connected or timing.answered) - timing.asked) * _MS, 3),
    }
