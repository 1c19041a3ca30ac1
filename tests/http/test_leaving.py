"""A server that is told to end says so, serves on for a while, and finishes what it has.

One process under load is in `tests/faults`.
"""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL

from tests.support import asking
from tests.support.patience import PATIENCE_S
from tests.support.postgres import Link, Server, on_engine
from tests.support.serving import command, fill, running

READ = {"query": "{ posts(first: 1) { nodes { title } } }"}
NAME = {"query": "{ __typename }"}
CREATE = """mutation ($input: CreatePostInput!) {
    createPost(input: $input) { post { title } errors { message } } }"""
WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()"""


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[URL]:
    """Lend a database with the sample content."""
    with server.empty_database() as url:
        on_engine(url, fill)
        yield url


@pytest.fixture(scope="module")
def token(database: URL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give somebody who may write."""
    folder, password = tmp_path_factory.mktemp("editor"), "a password of some length"
    words = ("user", "create", "an-author", "--role", "author", "--password-stdin")
    command(database, folder, *words, given=password)
    return command(database, folder, "token", "issue", "an-author")


class Asking(threading.Thread):
    """A request under way."""

    def __init__(self, base: str, token: str, body: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self._given = (base, token, body)
        self.answer: httpx.Response | None = None
        self.start()

    def run(self) -> None:
        """Wait for the answer."""
        base, token, body = self._given
        headers = {"authorization": f"Bearer {token}"}
        try:
            self.answer = asking.post(f"{base}/graphql", json=body, headers=headers)
        except httpx.TransportError:
            self.answer = None


def wait_until(probe: Any) -> None:
    """Wait for what nobody tells of."""
    end = time.monotonic() + PATIENCE_S
    while not probe():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def locked(database: URL) -> Iterator[Link]:
    """Have whoever needs the posts wait while the block runs; lend a link that watches."""
    with closing(Link(database)) as locker, closing(Link(database)) as watcher:
        locker.execute("BEGIN; LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        yield watcher


def waiting(watcher: Link, number: int = 1) -> None:
    """Wait until so many statements wait for the lock."""
    wait_until(lambda: watcher.fetch(WAITING)[0][0] >= number)


def test_several_are_not_ready_any_more_serve_on_for_a_while_and_finish_what_is_under_way(
    database: URL, token: str, tmp_path: Path
) -> None:
    name = "Under way with several"
    change = {"query": CREATE, "variables": {"input": {"title": name, "body": "Text"}}}
    options = {"GRAPHQL_API_DRAIN_S": "1"}
    with running(database, tmp_path, "--workers", "2", **options) as (process, base):
        with locked(database) as watcher, asking.client(base) as client:
            assert client.get("/readyz").status_code == 200
            reading, writing = Asking(base, token, READ), Asking(base, token, change)
            waiting(watcher, 2)
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: client.get("/readyz").status_code == 503)
            said = client.get("/readyz").json()
            assert said == {"status": "unready", "reason": "the process is about to end"}
            assert client.get("/healthz").status_code == 200
            assert client.post("/graphql", json=NAME).json() == {"data": {"__typename": "Query"}}
        reading.join(PATIENCE_S)
        writing.join(PATIENCE_S)
        assert process.wait(PATIENCE_S) == 0
    assert reading.answer is not None
    assert reading.answer.json()["data"]["posts"]["nodes"]
    assert writing.answer is not None
    created = {"post": {"title": name}, "errors": []}
    assert writing.answer.json() == {"data": {"createPost": created}}
    with closing(Link(database)) as link:
        assert link.fetch("SELECT 1 FROM posts WHERE title = $1", name) == [(1,)]


def test_a_request_that_is_still_coming_is_the_last_of_its_connection(
    database: URL, tmp_path: Path
) -> None:
    body = json.dumps(NAME).encode()
    head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    options = {"GRAPHQL_API_DRAIN_S": "0.5", "GRAPHQL_API_GRACE_S": "1000"}
    with running(database, tmp_path, **options) as (process, base):
        host, _, port = base.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), PATIENCE_S) as client:
            client.sendall(head + b"content-length: %d\r\n\r\n" % len(body))
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: not _answers(base))
            client.sendall(body)
            answer = b"".join(iter(lambda: client.recv(4096), b""))
            assert process.wait(PATIENCE_S) == 0
    assert b"\r\nconnection: close\r\n" in answer
    assert answer.endswith(b'{"data":{"__typename":"Query"}}')


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGTERM, "1"), (signal.SIGTERM, "2"), (signal.SIGINT, "1")]
)
def test_told_twice_it_ends_at_once(
    number: signal.Signals, workers: str, database: URL, token: str, tmp_path: Path
) -> None:
    options = {"GRAPHQL_API_DRAIN_S": "1000", "GRAPHQL_API_GRACE_S": "1000"}
    with (
        running(database, tmp_path, "--workers", workers, **options) as (process, base),
        locked(database) as watcher,
    ):
        Asking(base, token, READ)
        waiting(watcher)
        process.send_signal(number)
        with suppress(httpx.TransportError):
            wait_until(lambda: asking.get(f"{base}/readyz").status_code == 503)
        process.send_signal(number)
        process.wait(PATIENCE_S)
        wait_until(lambda: not _answers(base))


def _answers(base: str) -> bool:
    try:
        return asking.get(f"{base}/healthz").status_code == 200
    except httpx.TransportError:
        return False
