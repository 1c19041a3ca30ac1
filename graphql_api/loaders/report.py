"""What one operation loaded: each batch with its keys, rows, statement and times."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from graphql_api.db.figures import Read

_MS = 1000


@dataclass(slots=True)
class _Asked:
    """What waits to be loaded by one loader."""

    paths: dict[str, None] = field(default_factory=dict)
    n_keys: int = 0
    distinct: set[Any] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Batch:
    asked: _Asked
    read: Read


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

    def sent(self, loader: object, read: Read) -> None:
        """Note a statement that a loader sends."""
        self._waves[-1].append(_Batch(self._started.pop(loader, _Asked()), read))

    def as_json(self) -> dict[str, Any]:
        """Write the report; times are in milliseconds from the first batch's start."""
        # what is under way still is for a part of the answer that failed
        waves = [[batch for batch in wave if batch.read.answered] for wave in self._waves]
        batches = [batch for wave in waves for batch in wave]
        start = min((batch.read.asked for batch in batches), default=0.0)
        end = max((batch.read.answered for batch in batches), default=0.0)
        return {
            "statements": len(batches),
            "milliseconds": round((end - start) * _MS, 3),
            "levels": [
                {"level": level, "batches": [_as_json(batch, start) for batch in wave]}
                for level, wave in enumerate(filter(None, waves), 1)
            ],
        }


def _as_json(batch: _Batch, start: float) -> dict[str, Any]:
    read = batch.read
    return {
        "loader": read.loader,
        "paths": list(batch.asked.paths),
        "keys": batch.asked.n_keys,
        "distinctKeys": len(batch.asked.distinct),
        "rows": read.n_rows,
        "statement": read.sql,
        "startMs": round((read.asked - start) * _MS, 3),
        "milliseconds": round(read.seconds * _MS, 3),
        "waitMs": round(((read.connected or read.answered) - read.asked) * _MS, 3),
    }
