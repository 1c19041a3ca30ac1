"""What sockets see of a server that goes down: what was asked for is answered, and then a code."""

import signal
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import URL

from graphql_api.http.websocket import channel
from graphql_api.settings import Settings
from tests.http.running import running
from tests.http.websocket.client import Raw, asked, begun, closed, heard, subscribe
from tests.http.websocket.schema import PATH, route
from tests.http.websocket.test_subscriptions import number_of
from tests.support import serving
from tests.support.patience import PATIENCE_S
from tests.support.postgres import on_engine

SLEEPY = "{ sleepy(seconds: 1) }"
ENDLESS = "subscription { endless }"


def down(app: AbstractContextManager[str]) -> Thread:
    """Have a server go down while a test goes on."""
    thread = Thread(target=app.__exit__, args=(None, None, None))
    thread.start()
    return thread


async def test_what_was_asked_for_is_answered_before_a_socket_is_closed(settings: Settings) -> None:
    app = running(settings, route())
    base = app.__enter__()
    async with begun(base, PATH) as socket, begun(base, PATH) as idle, begun(base, PATH) as stream:
        number = await subscribe(socket, SLEEPY)
        await subscribe(stream, ENDLESS)
        assert (await heard(stream))["type"] == "next"
        thread = down(app)
        assert await closed(idle) == await closed(stream) == 1012
        late = await asked(socket, SLEEPY)
        assert late["type"] == "error"
        assert late["payload"][0]["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
        answer = await heard(socket)
        assert (answer["id"], answer["payload"]) == (number, {"data": {"sleepy": "awake"}})
        assert (await heard(socket))["type"] == "complete"
        assert await closed(socket) == 1012
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


async def test_a_client_that_never_reads_holds_no_server(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "CLOSING_S", 0.5)
    app = running(settings, route())
    base = app.__enter__()
    async with Raw.opened(base, PATH) as raw, begun(base, PATH) as other:
        raw.say(type="connection_init")
        payload = {"query": "subscription { large(length: 100000) }"}
        raw.say(id="1", type="subscribe", payload=payload)
        n_before = -1
        while (await number_of(other, "made")) != n_before:
            n_before = await number_of(other, "made")
        thread = down(app)
        assert await closed(other) == 1012
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert "timeout graceful shutdown exceeded" not in caplog.text


@pytest.fixture
def database(empty_database: URL) -> URL:
    """Give a database with the sample content."""
    on_engine(empty_database, serving.fill)
    return empty_database


async def test_the_server_that_people_start_goes_down_with_its_sockets_and_says_so(
    database: URL, tmp_path: Path
) -> None:
    with serving.running(database, tmp_path) as (process, base):
        async with begun(base) as first, begun(base) as second:
            process.send_signal(signal.SIGTERM)
            assert await closed(first) == await closed(second) == 1012
        process.wait(PATIENCE_S)
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "ERROR" not in log
