"""Subscriptions as server-sent events."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.http import stream
from graphql_api.models import Role
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.http.running import running
from tests.http.test_attending import locked, until_at_work
from tests.http.websocket.client import bearer
from tests.http.websocket.schema import HIDDEN, PATH, http_route
from tests.http.websocket.test_shutdown import down
from tests.http.websocket.test_token import LIFETIME_S
from tests.support.factories import Factory
from tests.support.patience import PATIENCE_S, until

EVENTS = {"accept": "text/event-stream"}
COMPLETE = "event: complete\ndata:"
ENDLESS = "subscription { endless }"
COMMENT = ":"


def client(base: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base, timeout=PATIENCE_S, headers=EVENTS)


@asynccontextmanager
async def subscribed(http: httpx.AsyncClient, query: str) -> AsyncIterator[AsyncIterator[str]]:
    """Subscribe; give the messages as they come, without the empty line that ends each."""
    async with http.stream("POST", PATH, json={"query": query}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield messages(answer)


async def messages(answer: httpx.Response) -> AsyncIterator[str]:
    text = ""
    async for chunk in answer.aiter_text():
        text += chunk
        *whole, text = text.split("\n\n")
        for message in whole:
            yield message
    assert text == ""


def payload(message: str) -> Any:
    kind, _, data = message.partition("\n")
    assert kind == "event: next"
    return json.loads(data.removeprefix("data: "))


async def number_of(http: httpx.AsyncClient, what: str) -> int:
    answer = await http.post(PATH, json={"query": f"{{ {what} }}"}, headers={"accept": "*/*"})
    return int(answer.json()["data"][what])


@pytest.mark.usefixtures("settings")
async def test_each_is_one_and_the_last_says_that_it_is_complete(streams_url: str) -> None:
    query = "subscription { counted(to: 2) }"
    async with client(streams_url) as http, subscribed(http, query) as events:
        said = [event async for event in events]
    assert [payload(each) for each in said[:-1]] == [{"data": {"counted": n}} for n in range(2)]
    assert said[-1] == COMPLETE


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { refused }", "BAD_USER_INPUT"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { failing(after: 0) }", "INTERNAL"),
    ],
)
async def test_what_cannot_be_is_one_with_a_code(query: str, code: str, streams_url: str) -> None:
    async with client(streams_url) as http, subscribed(http, query) as events:
        refused, last = [event async for event in events]
    [error] = payload(refused)["errors"]
    assert error["extensions"]["code"] == code
    assert HIDDEN not in refused
    assert last == COMPLETE


@pytest.mark.usefixtures("settings")
async def test_who_takes_no_events_gets_no_subscription(streams_url: str) -> None:
    async with client(streams_url) as http:
        answer = await http.post(PATH, json={"query": ENDLESS}, headers={"accept": "*/*"})
    assert answer.status_code == 406


@pytest.mark.usefixtures("settings")
async def test_comments_come_between_them_when_nothing_happens(
    streams_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.05)
    async with client(streams_url) as http, subscribed(http, ENDLESS) as events:
        assert payload(await anext(events)) == {"data": {"endless": 1}}
        assert [await anext(events) for _ in range(2)] == [COMMENT, COMMENT]


@pytest.mark.usefixtures("settings")
async def test_they_end_with_their_client(streams_url: str) -> None:
    async with client(streams_url) as http:
        async with subscribed(http, ENDLESS) as events:
            await anext(events)
            assert await number_of(http, "streams") == 1

        async def none_is_left() -> bool:
            return await number_of(http, "streams") == 0

        await until(none_is_left)


async def test_what_is_read_for_one_ends_with_its_client(
    streams_url: str, engine: AsyncEngine
) -> None:
    async with client(streams_url) as http, locked(engine) as watcher:
        async with subscribed(http, "subscription { states { categories { id } } }"):
            await until_at_work(watcher, 1)
        await until_at_work(watcher, 0)


async def test_they_stop_when_the_server_goes_down_and_do_not_say_that_they_are_complete(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    app = running(settings, http_route())
    async with client(app.__enter__()) as http, subscribed(http, ENDLESS) as events:
        await anext(events)
        thread = down(app)
        assert [event async for event in events] == []  # nor is the answer cut off
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert "timeout graceful shutdown exceeded" not in caplog.text


async def test_they_stop_when_the_token_of_their_client_is_over(
    streams_url: str, make: Factory, tokens: AccessTokens
) -> None:
    viewer = await make.viewer(Role.READER)
    token = bearer(tokens, viewer, LIFETIME_S)
    async with client(streams_url) as http:
        http.headers["authorization"] = token
        async with subscribed(http, ENDLESS) as events:
            assert payload(await anext(events)) == {"data": {"endless": 1}}
            assert [event async for event in events] == []
        again = await http.post(PATH, json={"query": ENDLESS})
    assert again.status_code == 401


async def test_the_answer_says_what_its_client_has_left(settings: Settings) -> None:
    metered = settings.model_copy(update={"rate_limit": 100})
    with running(metered, http_route()) as base:
        async with client(base) as http:
            query = "subscription { states { posts(first: 40) { nodes { id } } } }"
            async with http.stream("POST", PATH, json={"query": query}) as answer:
                left = int(answer.headers["ratelimit-remaining"])
    assert answer.headers["ratelimit-limit"] == "100"
    assert left < 100 - 40
