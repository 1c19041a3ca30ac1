"""`graphql-api serve`."""

import json
import signal
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL

from graphql_api.db import migrate
from tests.cli.command import Run, process, sentence
from tests.support import asking
from tests.support.patience import PATIENCE_S
from tests.support.postgres import on_engine

QUERY = {"query": "{ categories { id } }"}
ANSWER: dict[str, Any] = {"data": {"categories": []}}
UNUSED = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def database(empty_database: URL) -> URL:
    """Give a database with tables."""
    on_engine(empty_database, migrate.upgrade)
    return empty_database


def test_a_busy_port_gives_one_sentence(busy_port: str, run: Run) -> None:
    assert sentence(run("serve", "--port", busy_port, database=UNUSED)) == (
        f"cannot listen on 127.0.0.1 port {busy_port}: Address already in use;"
        " choose another with --port"
    )


def test_an_address_that_is_not_ours_gives_one_sentence(run: Run) -> None:
    assert sentence(run("serve", "--host", "192.0.2.1", database=UNUSED)) == (
        "cannot listen on 192.0.2.1 port 8000: Cannot assign requested address"
    )
    said = sentence(run("serve", "--host", "nowhere.invalid", database=UNUSED))
    assert said.startswith("cannot listen on nowhere.invalid port 8000: ")


def test_several_workers_cannot_reload(run: Run) -> None:
    outcome = run("serve", "--reload", "--workers", "2", database=UNUSED)
    assert sentence(outcome) == "--reload goes with one worker"


def test_two_workers_serve_and_count_as_one_until_a_signal_ends_both(
    database: URL, tmp_path: Path, free_port: str
) -> None:
    base = f"http://127.0.0.1:{free_port}"
    arguments = ("serve", "--port", free_port, "--workers", "2")
    with process(tmp_path, *arguments, database=database) as serving:
        serving.wait_until_said("Application startup complete", times=2)
        for _ in range(10):  # by a connection each: either may answer
            assert asking.post(f"{base}/graphql", json=QUERY).json() == ANSWER
        serving.wait_until_said('"event":"operation"', times=10)
        metrics = wait_for_metrics(base, 'graphql_batch_keys_count{loader="Categories"} 10.0')
        assert "graphql_processes 2.0" in metrics
        assert "graphql_pool_size 32.0" in metrics
        assert serving.send(signal.SIGTERM) == 0
        with pytest.raises(httpx.ConnectError):
            asking.get(base)
        serving.wait_until_alone()
    assert "Traceback" not in serving.output
    lines = [json.loads(line) for line in serving.output.splitlines()]
    assert {line["event"] for line in lines} >= {"starting", "operation"}


def wait_for_metrics(base: str, line: str) -> str:
    """Wait until ``/metrics`` has a line: a process hears of another's counts after a moment."""
    deadline = time.monotonic() + PATIENCE_S
    while line not in (found := asking.get(f"{base}/metrics").text).splitlines():
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_it_says_at_the_start_what_serves(
    tmp_path: Path, free_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = URL.create("postgresql+asyncpg", "nobody", host="127.0.0.1", port=1, database="none")
    monkeypatch.setenv("GRAPHQL_API_POOL_SIZE", "3")
    monkeypatch.setenv("GRAPHQL_API_DEVELOPMENT", "true")
    with process(tmp_path, "serve", "--port", free_port, database=gone) as serving:
        serving.wait_until_said("Uvicorn running on")
        first = json.loads(serving.output.splitlines()[0])
        assert serving.interrupt() == 0
    assert first.pop("timestamp")
    assert first == {
        "event": "starting",
        "level": "info",
        "mode": "development",
        "version": version("graphql-api"),
        "address": f"127.0.0.1:{free_port}",
        "workers": 1,
        "pool": 3,
        "executor": "plan",
        "options": ["pool_size", "drain_s", "development"],
    }


def test_a_change_of_the_code_starts_it_anew(database: URL, tmp_path: Path, free_port: str) -> None:
    base = f"http://127.0.0.1:{free_port}"
    code = tmp_path / "code.py"
    code.touch()
    arguments = ("serve", "--port", free_port, "--reload")
    with process(tmp_path, *arguments, database=database) as serving:
        serving.wait_until_ready(base)
        code.write_text("changed = True\n")
        serving.wait_until_said("Reloading")
        serving.wait_until_ready(base)
        assert asking.post(f"{base}/graphql", json=QUERY).json() == ANSWER
        assert serving.interrupt() == 0


def test_it_serves_before_its_database_is_there(tmp_path: Path, free_port: str) -> None:
    base = f"http://127.0.0.1:{free_port}"
    gone = URL.create("postgresql+asyncpg", "nobody", host="127.0.0.1", port=1, database="none")
    with process(tmp_path, "serve", "--port", free_port, database=gone) as serving:
        serving.wait_until_said("Uvicorn running on")
        assert asking.get(f"{base}/healthz").status_code == 200
        assert asking.get(f"{base}/readyz").status_code == 503
        assert serving.interrupt() == 0
