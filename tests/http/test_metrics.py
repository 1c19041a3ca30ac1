"""What `/metrics` counts, and that several processes answer as one."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.http.lag import INTERVAL_S, Lag
from graphql_api.http.observing import MOST_NAMES, OTHER, UNNAMED, Observed
from graphql_api.http.sharing import Folder, together
from graphql_api.schema.limits.exceeded import EXCEEDED
from graphql_api.schema.notes import Notes
from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking
from tests.support.factories import Factory
from tests.support.patience import PATIENCE_S, until

QUERY = "query Writers { posts { nodes { author { displayName } } } }"


def scraped(base: str) -> dict[tuple[str, ...], float]:
    """Read all samples by their name and labels, as Prometheus does."""
    answer = asking.get(f"{base}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


class Difference:
    """What was counted since it was made."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._before = scraped(base)

    def of(self, *key: str) -> float:
        """Say how much more there is of one sample."""
        return scraped(self._base).get(key, 0) - self._before.get(key, 0)


def ask(base: str, query: str = QUERY) -> Any:  # JSON
    """Ask, and wait until the server is done with it."""
    answer = asking.post(f"{base}/graphql", json={"query": query}).json()
    asking.get(f"{base}/healthz")
    return answer


async def test_operations_are_counted_by_name_kind_and_outcome(
    base_url: str, make: Factory
) -> None:
    await make.post()
    since = Difference(base_url)
    for _ in range(3):
        ask(base_url)
    ask(base_url, "{ __typename }")
    ask(base_url, 'query Wrong { node(id: "x") { id } }')
    ask(base_url, "{ nothing }")
    # their labels are sorted: kind, name, outcome
    assert since.of("graphql_operations_total", "query", "Writers", "ok") == 3
    assert since.of("graphql_operations_total", "query", UNNAMED, "ok") == 1
    assert since.of("graphql_operations_total", "query", "Wrong", "errors") == 1
    assert since.of("graphql_operations_total", "invalid", "invalid", "errors") == 1
    assert since.of("graphql_operation_seconds_total", "Writers") > 0
    assert since.of("graphql_operation_duration_seconds_count", "query") == 5
    assert since.of("graphql_operation_duration_seconds_bucket", "query", "+Inf") == 5
    assert since.of("graphql_errors_total", "BAD_USER_INPUT") == 1
    assert since.of("graphql_errors_total", "GRAPHQL_VALIDATION_FAILED") == 1


@pytest.mark.usefixtures("settings")
def test_an_operation_with_several_errors_counts_once_for_each_code(base_url: str) -> None:
    since = Difference(base_url)
    ask(base_url, 'query Twice { a: node(id: "x") { id } b: node(id: "y") { id } }')
    assert since.of("graphql_operations_total", "query", "Twice", "errors") == 1
    assert since.of("graphql_errors_total", "BAD_USER_INPUT") == 1


def test_what_asks_for_too_much_is_counted_by_its_limit(base_url: str) -> None:
    many = "posts(first: 100) { nodes { comments(first: 40) { nodes {"
    asked = {
        "tokens": "{" + " id" * 1500 + "}",
        "characters": f'{{ node(id: "{"x" * 50_000}") {{ id }} }}',
        "depth": "{ a " * 11 + "}" * 11,
        "validation": "{ node(id: 1) { ...F } }" + "fragment F on Post { a b c d e f g }",
        "cost": f"{{ {many.replace('40', '100')} id }} }} }} }} }}",
        "nodes": f"{{ {many} author {{ id }} post {{ id }} }} }} }} }} }}",
        "body": "x" * 300_000,
    }
    before = Counter(EXCEEDED)
    for query in asked.values():
        ask(base_url, query)
    asking.post(f"{base_url}/graphql", json={"query": QUERY, "variables": {"a": [[]] * 2000}})
    assert EXCEEDED - before == dict.fromkeys([*asked, "variables"], 1)
    for limit in asked:
        assert scraped(base_url)["graphql_limits_exceeded_total", limit] == EXCEEDED[limit]  # type: ignore[index]  # one of them


@pytest.mark.usefixtures("settings")
def test_refused_requests_are_errors_of_their_code(base_url: str) -> None:
    since = Difference(base_url)
    asking.post(f"{base_url}/graphql", content=b"[")
    asking.post(f"{base_url}/graphql", json={"query": QUERY}, headers={"authorization": "x"})
    asking.get(f"{base_url}/healthz")
    assert since.of("graphql_errors_total", "BAD_REQUEST") == 1
    assert since.of("graphql_errors_total", "UNAUTHENTICATED") == 1


async def test_batches_are_counted_by_loader_with_their_keys_and_rows(
    base_url: str, make: Factory
) -> None:
    for _ in range(12):
        await make.post()
    since = Difference(base_url)
    ask(base_url)
    for loader, keys, rows in (("Posts", 1, 12), ("UserById", 12, 12)):
        assert since.of("graphql_batch_keys_count", loader) == 1
        assert since.of("graphql_batch_keys_sum", loader) == keys
        assert since.of("graphql_batch_rows_sum", loader) == rows
        assert since.of("graphql_batch_seconds_total", loader) > 0
    assert since.of("graphql_batch_keys_bucket", "10", "UserById") == 0
    assert since.of("graphql_batch_keys_bucket", "50", "UserById") == 1


@pytest.mark.usefixtures("settings")
def test_caches_say_whether_they_serve(base_url: str) -> None:
    query = "{ posts { totalCount } of_this_test: __typename }"
    since = Difference(base_url)
    for _ in range(3):
        ask(base_url, query)
    assert since.of("graphql_cache_hits_total", "documents") == 2
    assert since.of("graphql_cache_hits_total", "plans") >= 2
    assert since.of("graphql_cache_entries", "documents") == 1
    assert since.of("graphql_cache_bytes", "documents") > 0
    assert since.of("graphql_plans_compiled_total") == 1


@pytest.mark.usefixtures("settings")
async def test_a_request_at_work_is_seen(base_url: str, engine: AsyncEngine) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=PATIENCE_S) as client:
        async with engine.begin() as locker:
            await locker.execute(text("LOCK TABLE categories IN ACCESS EXCLUSIVE MODE"))
            asked = client.post("/graphql", json={"query": "{ categories { id } }"})
            asking_now = asyncio.create_task(asked)

            async def it_holds_a_connection() -> bool:
                found = await asyncio.to_thread(scraped, base_url)
                return (
                    found["graphql_pool_in_use",] == found["graphql_requests_running",] == 1
                    and found["graphql_pool_longest_held_seconds",] > 0
                )

            await until(it_holds_a_connection)
        await asking_now
    assert scraped(base_url)["graphql_requests_running",] == 0


async def test_the_loop_tells_how_late_it_was() -> None:
    lag = Lag()
    rung = []
    lag.start(lambda: rung.append(lag.worst_s))
    time.sleep(INTERVAL_S + 0.2)  # noqa: ASYNC251  # what is to be seen

    async def it_rang() -> bool:
        return bool(rung)

    await until(it_rang)
    assert rung[0] >= 0.2
    lag.stop()


@given(st.lists(st.text(min_size=1), max_size=3 * MOST_NAMES))
def test_however_many_names_clients_have_few_are_told_apart(names: list[str]) -> None:
    observed = Observed()
    for name in [*names, "a" * 1000, *(f"n{number}" for number in range(2 * MOST_NAMES))]:
        notes = Notes()
        notes.runs("query", name)
        observed.count(notes, 0.1, is_slow=True)
    assert len({name for name, _kind, _outcome in observed.operations}) == MOST_NAMES + 1
    assert len(observed.seconds) == len(observed.slow) == MOST_NAMES + 1
    assert sum(observed.slow.values()) == len(names) + 1 + 2 * MOST_NAMES
    assert observed.slow[OTHER] > MOST_NAMES


def written(n: float, *, in_use: float, lag: float) -> list[Metric]:
    """Make the metrics of a process."""
    counter = CounterMetricFamily("things", "Things.", labels=["kind"])
    counter.add_metric(["a"], n)
    return [
        counter,
        GaugeMetricFamily("graphql_pool_in_use", "In use.", value=in_use),
        GaugeMetricFamily("graphql_event_loop_lag_seconds", "Lag.", value=lag),
    ]


def read(*metrics: Metric) -> dict[str, float]:
    """Read the values of metrics."""
    return {sample.name: sample.value for metric in metrics for sample in metric.samples}


def test_processes_are_added_up_and_what_one_left_behind_still_counts(tmp_path: Path) -> None:
    ours, other, ended = (Folder(tmp_path) for _ in range(3))
    for _ in range(2):  # anew each time
        other.write(written(2, in_use=3, lag=0.5))
    ended.write(written(4, in_use=9, lag=9.0), is_ending=True)
    ours.write(written(8, in_use=99, lag=99.0))
    found = together([*written(1, in_use=1, lag=0.1), *ours.others()])
    assert read(*found) == {
        "things_total": 7,
        "graphql_pool_in_use": 4,
        "graphql_event_loop_lag_seconds": 0.5,
    }


def test_an_application_that_ends_leaves_its_counts_behind(
    migrated_database: tuple[URL, Callable[[], None]], tmp_path: Path
) -> None:
    shared = settings_for(migrated_database[0]).model_copy(update={"metrics_folder": tmp_path})
    with running(shared) as base:
        ask(base)
        assert scraped(base)["graphql_processes",] == 1
    with running(shared) as base:
        found = scraped(base)
    assert found["graphql_processes",] == 1
    # both applications of this test count in one process: what the first left is counted twice
    assert found["graphql_operations_total", "query", "Writers", "ok"] >= 2


def test_a_folder_that_is_gone_costs_nothing_else(
    migrated_database: tuple[URL, Callable[[], None]], tmp_path: Path
) -> None:
    gone = settings_for(migrated_database[0]).model_copy(
        update={"metrics_folder": tmp_path / "gone"}
    )
    with running(gone) as base:
        assert "data" in ask(base)
        assert scraped(base)["graphql_processes",] == 1
