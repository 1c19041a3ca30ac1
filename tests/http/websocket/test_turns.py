"""What the events of subscriptions may take of the database, and how long."""

from contextlib import AsyncExitStack

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.http.diagnostics import REQUEST_ID
from graphql_api.settings import Settings
from tests.http.running import running
from tests.http.test_attending import locked, until_at_work
from tests.http.websocket.client import begun, heard, subscribe
from tests.http.websocket.schema import PATH, route
from tests.http.websocket.test_subscriptions import number_of
from tests.support.patience import PATIENCE_S

READING = "subscription { states { categories { id } } }"
EMPTY: dict[str, object] = {"data": {"states": {"categories": []}}}


async def test_many_at_once_leave_half_of_the_pool_to_others_and_each_comes(
    streams_url: str, engine: AsyncEngine, settings: Settings
) -> None:
    assert settings.pool_size == 4
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(begun(streams_url, PATH)) for _ in range(3)]
        async with locked(engine) as watcher:
            for socket in sockets:
                for _ in range(2):
                    await subscribe(socket, READING)
            await until_at_work(watcher, 2)
            async with httpx.AsyncClient(base_url=streams_url, timeout=PATIENCE_S) as client:
                answer = await client.post("/graphql", json={"query": "{ tags { nodes { id } } }"})
                assert answer.json() == {"data": {"tags": {"nodes": []}}}
            await until_at_work(watcher, 2)
        for socket in sockets:
            for _ in range(2):
                assert (await heard(socket))["payload"] == EMPTY


async def test_one_that_takes_too_long_says_so_and_the_next_one_comes(
    settings: Settings, engine: AsyncEngine
) -> None:
    hurried = settings.model_copy(update={"request_timeout_s": 0.3})
    with running(hurried, route()) as base:
        async with begun(base, PATH) as socket, begun(base, PATH) as other:
            async with locked(engine) as watcher:
                await subscribe(socket, READING)
                [error] = (await heard(socket))["payload"]["errors"]
                assert error["extensions"] == {"code": "TIMEOUT"}
                assert error["path"] == ["states", "categories"]
                await until_at_work(watcher, 0)
            await number_of(other, "poke")
            assert (await heard(socket))["payload"] == EMPTY


async def test_one_that_gets_no_turn_says_so_and_the_next_one_comes(
    settings: Settings, engine: AsyncEngine
) -> None:
    two_run = settings.model_copy(
        update={"pool_size": 1, "max_waiting_requests": 0, "request_timeout_s": PATIENCE_S}
    )
    async with AsyncExitStack() as stack:
        base = stack.enter_context(running(two_run, route()))
        socket = await stack.enter_async_context(begun(base, PATH))
        other = await stack.enter_async_context(begun(base, PATH))
        await subscribe(socket, READING)
        assert (await heard(socket))["payload"] == EMPTY
        async with locked(engine) as watcher:
            await subscribe(other, "{ categories { id } }")
            await until_at_work(watcher, 1)
            await subscribe(other, "{ poke categories { id } }")
            message = await heard(socket)
        assert (message["type"], message["payload"]["data"]) == ("next", None)
        [error] = message["payload"]["errors"]
        assert error["path"] == ["states"]
        assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
        for _ in range(4):  # two answers, and that they are the last
            await heard(other)
        assert await number_of(other, "poke") == 1
        assert (await heard(socket))["payload"] == EMPTY


async def test_the_id_of_the_request_that_opened_a_socket_is_told(streams_url: str) -> None:
    name = REQUEST_ID.decode()
    async with begun(streams_url, additional_headers={name: "of-a-proxy"}) as socket:
        assert socket.response is not None
        assert socket.response.headers[name] == "of-a-proxy"
