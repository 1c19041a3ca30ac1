"""What a process does beside answering, and what it does when nobody waits for the answer."""

import asyncio
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.models import PostStatus
from graphql_api.settings import Settings
from tests.http.running import running
from tests.support.factories import Factory
from tests.support.patience import PATIENCE_S

JSON = {"content-type": "application/json"}
TITLES = {"query": "{ posts { nodes { title } } }"}
BODY = json.dumps({"query": "{ categories { id } }"}).encode()
REQUEST = (
    b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(BODY), BODY)
)
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def test_clients_that_hang_up_leave_no_connection_checked_out(
    settings: Settings, engine: AsyncEngine
) -> None:
    one_connection = settings.model_copy(update={"pool_size": 1, "pool_timeout_s": PATIENCE_S})
    with running(one_connection) as base:
        port = urlsplit(base).port
        async with engine.begin() as locker, engine.connect() as watcher:
            await watcher.execution_options(isolation_level="AUTOCOMMIT")
            await locker.execute(text("LOCK TABLE categories IN ACCESS EXCLUSIVE MODE"))
            for _ in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(REQUEST)
                await writer.drain()
                while not (await watcher.execute(WAITING)).scalar():  # noqa: ASYNC110  # nobody tells
                    await asyncio.sleep(0.01)
                writer.close()
                await writer.wait_closed()
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_S) as client:
            for _ in range(2):
                answer = await client.post("/graphql", content=BODY, headers=JSON)
                assert answer.json() == {"data": {"categories": []}}


async def test_a_client_that_hangs_up_within_its_request_is_no_fault_of_ours(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write(REQUEST[:-1])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    for _ in range(3):  # by then the server has noticed
        assert (await asyncio.to_thread(http.get, "/healthz")).status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_scheduled_post_appears_when_its_time_has_come(
    settings: Settings, make: Factory
) -> None:
    now = datetime.now(UTC)
    for title, moment in (("due", now), ("not yet", now + timedelta(hours=1))):
        await make.post(title=title, status=PostStatus.SCHEDULED, published_at=moment)
    deadline = time.monotonic() + PATIENCE_S
    titles: list[dict[str, str]] = []
    with running(settings) as base:
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_S) as client:
            while not titles and time.monotonic() < deadline:
                answer = await client.post("/graphql", json=TITLES)
                titles = answer.json()["data"]["posts"]["nodes"]
    assert titles == [{"title": "due"}]
