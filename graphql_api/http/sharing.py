"""The metrics of several processes of one server: each writes its own, and any answers for all.

A process writes them to a file of the folder that they share, twice a second. Counts of one that
has ended still count; how it was at the moment does not.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

_ALIVE_S = 30.0
"""A process that has written nothing for so long has ended."""

# of these the largest counts, where of all other gauges it is the sum
_LARGEST = {
    "graphql_event_loop_lag_seconds",
    "graphql_info",
    "graphql_pool_longest_held_seconds",
    "process_max_fds",
    "process_start_time_seconds",
}

_Shared = list[tuple[str, str, str, list[tuple[str, dict[str, str], float]]]]


class Folder:
    """Where the processes of one server meet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = path / f"{uuid4().hex}.json"

    def write(self, metrics: Iterable[Metric], *, is_ending: bool = False) -> None:
        """Write what this process has; its last time when it ends."""
        shared = [
            (metric.name, metric.type, metric.documentation, [each[:3] for each in metric.samples])
            for metric in metrics
        ]
        moment = 0.0 if is_ending else time.time()
        new = self._own.with_suffix(".new")
        new.write_bytes(orjson.dumps({"at": moment, "metrics": shared}))
        new.replace(self._own)

    def others(self) -> Iterable[Metric]:
        """Read what the other processes wrote."""
        for path in self._path.glob("*.json"):
            if path == self._own:
                continue
            found: dict[str, Any] = orjson.loads(path.read_bytes())
            is_alive = time.time() - found["at"] < _ALIVE_S
            metrics: _Shared = found["metrics"]
            for name, kind, said, samples in metrics:
                if kind != "gauge" or is_alive:
                    metric = Metric(name, said, kind)
                    metric.samples = [Sample(*each) for each in samples]
                    yield metric


def together(metrics: Iterable[Metric]) -> list[Metric]:
    """Make one metric of those of one name."""
    merged: dict[str, tuple[Metric, dict[tuple[Any, ...], float]]] = {}
    for metric in metrics:
        if metric.name not in merged:
            merged[metric.name] = Metric(metric.name, metric.documentation, metric.type), {}
        values = merged[metric.name][1]
        for name, labels, value, *_ in metric.samples:
            key = name, *labels.items()
            if metric.name in _LARGEST:
                values[key] = max(values.get(key, 0.0), value)
            else:
                values[key] = values.get(key, 0.0) + value
    for metric, values in merged.values():
        metric.samples = [Sample(key[0], dict(key[1:]), value) for key, value in values.items()]
    return [metric for metric, _values in merged.values()]
