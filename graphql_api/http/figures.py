"""The metrics of one process, made of plain numbers when somebody asks.

Nothing is counted here: whoever does the work counts it (`db.figures`, `execution.counters`,
`observing`), and this says under which name Prometheus gets to see it.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import accumulate
from typing import Any

from prometheus_client import ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from graphql_api.db.database import Database
from graphql_api.db.figures import BATCH_SIZES, LOADS, STATEMENTS, WAITS, Loads
from graphql_api.db.pool import ReadyPool
from graphql_api.execution import PlanExecutor
from graphql_api.execution.cache import BoundedCache
from graphql_api.http.attending import Attendant
from graphql_api.http.lag import Lag
from graphql_api.http.observing import DURATIONS_S, OBSERVED
from graphql_api.schema.limits.exceeded import EXCEEDED

_VERSION = version("graphql-api")


class Figures(Collector):
    """Reads the counters of the process, and how its application is at the moment."""

    def __init__(
        self,
        database: Database,
        attendant: Attendant,
        caches: Mapping[str, BoundedCache[Any]],
        lag: Lag,
    ) -> None:
        self._database = database
        self._attendant = attendant
        self._caches = caches
        self._lag = lag
        self._process = ProcessCollector(registry=None)

    def collect(self) -> Iterator[Metric]:
        """Write all metrics."""
        yield _gauge("graphql_processes", "Processes that serve.", 1)
        info = GaugeMetricFamily("graphql_info", "The version that serves.", labels=["version"])
        info.add_metric([_VERSION], 1)
        yield info
        yield from _operations()
        yield from _executions()
        yield from _loads()
        yield from self._pool()
        yield from self._requests()
        yield from self._kept()
        yield from self._process.collect()

    def _pool(self) -> Iterator[Metric]:
        pool = self._database.engine.pool
        assert isinstance(pool, ReadyPool)  # noqa: S101  # as `create_engine` makes it
        for name, said, value in (
            ("size", "Connections that the pool may have.", pool.size()),
            ("in_use", "Connections lent at the moment.", pool.n_held),
            ("waiting", "Statements that wait for a connection.", pool.n_waiting),
            ("longest_held_seconds", "Since when one is lent.", pool.longest_held_s),
        ):
            yield _gauge(f"graphql_pool_{name}", said, value)
        for name, said, value in (
            ("waits", "Times that no connection was free at once.", WAITS.n),
            ("wait_seconds", "Seconds waited for connections.", WAITS.seconds),
            ("timeouts", "Times that none was free in time.", WAITS.timeouts),
            ("connects", "Connections made.", WAITS.connects),
        ):
            yield CounterMetricFamily(f"graphql_pool_{name}", said, value=value)

    def _requests(self) -> Iterator[Metric]:
        asked = self._attendant
        yield _gauge("graphql_requests_running", "Requests being worked on.", asked.n_running)
        yield _gauge("graphql_requests_waiting", "Requests that wait their turn.", asked.n_waiting)
        yield CounterMetricFamily(
            "graphql_requests_shed", "Requests sent away for lack of room.", value=asked.n_shed
        )
        said = "The longest that the event loop was late, in the last quarter of a minute."
        yield _gauge("graphql_event_loop_lag_seconds", said, self._lag.worst_s)

    def _kept(self) -> Iterator[Metric]:
        caches = self._caches
        for name, said in (
            ("hits", "Look-ups that found something."),
            ("misses", "Look-ups that found nothing."),
            ("evictions", "Entries that made room for others."),
        ):
            values = {kind: getattr(cache, name) for kind, cache in caches.items()}
            yield _counter(f"graphql_cache_{name}", said, "cache", values)
        n_bytes = GaugeMetricFamily("graphql_cache_bytes", "What it holds.", labels=["cache"])
        n_entries = GaugeMetricFamily("graphql_cache_entries", "Its entries.", labels=["cache"])
        for kind, cache in caches.items():
            n_bytes.add_metric([kind], cache.n_bytes)
            n_entries.add_metric([kind], len(cache))
        yield n_bytes
        yield n_entries


def _operations() -> Iterator[Metric]:
    operations = CounterMetricFamily(
        "graphql_operations", "Operations answered.", labels=["name", "kind", "outcome"]
    )
    for labels, n in OBSERVED.operations.items():
        operations.add_metric(labels, n)
    yield operations
    for name, said, label, values in (
        ("graphql_operation_seconds", "Seconds spent on them.", "name", OBSERVED.seconds),
        ("graphql_slow_operations", "Those that took too long.", "name", OBSERVED.slow),
        ("graphql_errors", "Answers with an error of a code.", "code", OBSERVED.errors),
        ("graphql_limits_exceeded", "What asked for too much.", "limit", EXCEEDED),
    ):
        yield _counter(name, said, label, values)
    durations = HistogramMetricFamily(
        "graphql_operation_duration_seconds", "How long operations took.", labels=["kind"]
    )
    for kind, counts in OBSERVED.durations.items():
        _add(durations, [kind], DURATIONS_S, counts, OBSERVED.seconds_of_kind[kind])
    yield durations


def _executions() -> Iterator[Metric]:
    counters = PlanExecutor.counters
    executions = CounterMetricFamily(
        "graphql_executions",
        "Operations by what ran them; what graphql-core ran after a plan is counted for both.",
        labels=["executor", "reason"],
    )
    executions.add_metric(["plan", ""], counters.planned)
    for executor, reasons in (
        ("reference", counters.fallen_back),
        ("reference after plan", counters.rerun),
    ):
        for reason, n in reasons.items():
            executions.add_metric([executor, reason], n)
    yield executions
    yield CounterMetricFamily("graphql_plans_compiled", "Plans compiled.", value=counters.compiled)


def _loads() -> Iterator[Metric]:
    keys = HistogramMetricFamily("graphql_batch_keys", "Keys of batches.", labels=["loader"])
    rows = HistogramMetricFamily("graphql_batch_rows", "Rows of batches.", labels=["loader"])
    loads: Mapping[str, Loads] = LOADS
    for loader, load in loads.items():
        for family, sizes in ((keys, load.keys), (rows, load.rows)):
            _add(family, [loader], BATCH_SIZES, sizes.counts, sizes.total)
    yield keys
    yield rows
    seconds = {loader: load.seconds for loader, load in loads.items()}
    yield _counter("graphql_batch_seconds", "Seconds that batches took.", "loader", seconds)
    yield CounterMetricFamily(
        "graphql_change_statements", "Statements that no loader sent.", value=STATEMENTS.n
    )


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _counter(name: str, said: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = CounterMetricFamily(name, said, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _add(
    family: HistogramMetricFamily,
    labels: list[str],
    bounds: Sequence[float],
    counts: list[int],
    total: float,
) -> None:
    names = [*(f"{bound:g}" for bound in bounds), "+Inf"]
    family.add_metric(labels, list(zip(names, accumulate(counts), strict=True)), total)
