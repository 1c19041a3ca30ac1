"""A server that is killed while it writes: what it acknowledged is there, and all of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL

from tests.support import asking
from tests.support.patience import PATIENCE_S
from tests.support.postgres import Link, Server, on_engine
from tests.support.serving import command, fill, running

CREATE = """mutation ($input: CreatePostInput!) {
    createPost(input: $input) { post { id title } errors { message } } }"""
N_CLIENTS = 8
ENOUGH = 50

# each post of the test with what was to be committed with it: an entry, an event, a key, two tags
WHOLE = """
SELECT title,
    (SELECT count(*) FROM revisions WHERE subject_type = 'Post' AND subject_id = posts.id),
    (SELECT count(*) FROM outbox WHERE subject_type = 'Post' AND subject_id = posts.id),
    (SELECT count(*) FROM idempotency_keys
        WHERE key = title AND answer = jsonb_build_object('post_id', posts.id)),
    (SELECT count(*) FROM post_tags WHERE post_id = posts.id)
FROM posts WHERE title LIKE 'Load %'
"""


@pytest.fixture
def database(server: Server) -> Iterator[URL]:
    """Lend a database with the sample content."""
    with server.empty_database() as url:
        on_engine(url, fill)
        yield url


class Client(threading.Thread):
    """Writes posts, one after the other, until nobody answers."""

    def __init__(self, base: str, token: str, number: int) -> None:
        super().__init__(daemon=True)
        self._base = base
        self._token = token
        self._number = number
        self.asked: list[str] = []
        self.acknowledged: list[str] = []

    def run(self) -> None:
        """Write."""
        for count in range(100_000):
            title = f"Load {self._number}-{count}"
            self.asked.append(title)
            try:
                answer = create(self._base, self._token, title)
            except httpx.TransportError:
                return
            assert answer["errors"] == []
            self.acknowledged.append(title)


def create(base: str, token: str, title: str) -> dict[str, Any]:
    """Write one post, whose title is its key too."""
    given = {"title": title, "body": "Text", "tagNames": ["a", title], "idempotencyKey": title}
    answer = asking.post(
        f"{base}/graphql",
        headers={"Authorization": f"Bearer {token}"},
        json={"query": CREATE, "variables": {"input": given}},
    )
    payload: dict[str, Any] = answer.json()["data"]["createPost"]
    return payload


def _wait_until(probe: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not probe():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_killed_server_loses_no_acknowledged_write_and_leaves_no_half_one(
    database: URL, tmp_path: Path
) -> None:
    command(
        database,
        tmp_path,
        "user",
        "create",
        "writer",
        "--role",
        "author",
        "--password-stdin",
        given="a password of some length",
    )
    token = command(database, tmp_path, "token", "issue", "writer")
    with running(database, tmp_path) as (process, base):
        clients = [Client(base, token, number) for number in range(N_CLIENTS)]
        for client in clients:
            client.start()
        _wait_until(lambda: sum(len(client.acknowledged) for client in clients) > ENOUGH)
        process.kill()
        for client in clients:
            client.join(PATIENCE_S)
    acknowledged = {title for client in clients for title in client.acknowledged}
    last = {client.asked[-1] for client in clients}
    assert len(acknowledged) > ENOUGH
    with closing(Link(database)) as link:
        whole = {(title, 1, 1, 1, 2) for title, *_rest in link.fetch(WHOLE)}
        found = set(link.fetch(WHOLE))
        assert found == whole
        assert acknowledged <= {title for title, *_rest in found} <= acknowledged | last

    # who never heard repeats the key, and there is one post
    with running(database, tmp_path) as (_process, base):
        for title in sorted(acknowledged | last):
            assert create(base, token, title)["errors"] == []
    with closing(Link(database)) as link:
        found_again = link.fetch(WHOLE)
    assert sorted(title for title, *_rest in found_again) == sorted(acknowledged | last)
