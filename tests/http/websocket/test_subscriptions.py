"""Streams of events over a WebSocket: fresh loaders for each, and nothing left behind."""

import json
from typing import Any

import pytest

from graphql_api.schema import global_id
from graphql_api.settings import Settings
from tests.http.running import running
from tests.http.websocket.client import CANARY, asked, begun, heard, say, subscribe
from tests.http.websocket.schema import HIDDEN, PATH, route
from tests.support.factories import Factory
from tests.support.patience import until

LIKES = """subscription ($id: ID!) { states { post: node(id: $id) { ... on Post { likeCount } }
    again: node(id: $id) { ... on Post { likeCount } } } }"""


async def number_of(socket: Any, what: str) -> int:
    """Ask for a number of the schema's `Query`."""
    answer = await asked(socket, f"{{ {what} }}")
    return int(answer["payload"]["data"][what])


async def test_each_event_has_loaders_of_its_own(streams_url: str, make: Factory) -> None:
    post = await make.post()
    async with begun(streams_url, PATH) as socket, begun(streams_url, PATH) as other:
        number = await subscribe(socket, LIKES, id=global_id.encode("Post", post.id))
        for n_likes in range(3):
            said = {"likeCount": n_likes}
            event = await heard(socket)
            assert event["id"] == number
            assert event["payload"] == {"data": {"states": {"post": said, "again": said}}}
            await make.post_like(post=post)
            assert await number_of(other, "poke") == 1


async def test_each_event_tells_what_was_loaded_for_it(settings: Settings, make: Factory) -> None:
    post = await make.post()
    development = settings.model_copy(update={"development": True})
    with running(development, route()) as base:
        async with begun(base, PATH) as socket, begun(base, PATH) as other:
            await subscribe(socket, LIKES, id=global_id.encode("Post", post.id))
            for _ in range(3):
                report = (await heard(socket))["payload"]["extensions"]["batches"]
                assert report["statements"] == 1
                [[batch]] = [level["batches"] for level in report["levels"]]
                assert (batch["keys"], batch["distinctKeys"], batch["rows"]) == (2, 1, 1)
                assert await number_of(other, "poke") == 1


@pytest.mark.usefixtures("settings")
async def test_a_stream_that_ends_is_complete(streams_url: str) -> None:
    async with begun(streams_url, PATH) as socket:
        number = await subscribe(socket, "subscription { counted(to: 3) }")
        for count in range(3):
            payload = {"data": {"counted": count}}
            assert await heard(socket) == {"id": number, "type": "next", "payload": payload}
        assert await heard(socket) == {"id": number, "type": "complete"}
        assert (await asked(socket, CANARY))["type"] == "next"


@pytest.mark.usefixtures("settings")
async def test_a_stream_that_fails_ends_alone_and_masked(
    streams_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with begun(streams_url, PATH) as socket:
        await subscribe(socket, "subscription { failing(after: 1) }")
        assert (await heard(socket))["payload"] == {"data": {"failing": 0}}
        answer = await heard(socket)
        assert answer["type"] == "error"
        [error] = answer["payload"]
        assert error["extensions"]["code"] == "INTERNAL"
        assert error["extensions"]["requestId"] in caplog.text
        assert HIDDEN not in json.dumps(answer)
        assert (await asked(socket, CANARY))["type"] == "next"


@pytest.mark.usefixtures("settings")
async def test_errors_of_an_event_are_masked_and_the_next_event_comes(streams_url: str) -> None:
    async with begun(streams_url, PATH) as socket, begun(streams_url, PATH) as other:
        await subscribe(socket, "subscription { states { broken } }")
        for _ in range(2):
            event = await heard(socket)
            assert event["payload"]["data"] == {"states": {"broken": None}}
            [error] = event["payload"]["errors"]
            assert error["extensions"]["code"] == "INTERNAL"
            assert HIDDEN not in json.dumps(event)
            await number_of(other, "poke")


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { refused }", "BAD_USER_INPUT"),
        ("subscription { counted(to: 99999999999) }", "BAD_USER_INPUT"),
        ("subscription ($to: Int!) { counted(to: $to) }", "BAD_USER_INPUT"),
        ("subscription { counted(to: 1) endless }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { counted }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_stream_that_cannot_be_is_refused_with_a_code(
    query: str, code: str, streams_url: str
) -> None:
    async with begun(streams_url, PATH) as socket:
        answer = await asked(socket, query)
        assert answer["type"] == "error"
        assert [error["extensions"] for error in answer["payload"]] == [{"code": code}]
        assert (await asked(socket, CANARY))["type"] == "next"


@pytest.mark.usefixtures("settings")
async def test_a_stream_ends_when_its_client_completes_it_and_sends_nothing_more(
    streams_url: str,
) -> None:
    async with begun(streams_url, PATH) as socket:
        number = await subscribe(socket, "subscription { endless }")
        assert (await heard(socket))["type"] == "next"
        assert await number_of(socket, "streams") == 1
        await say(socket, id=number, type="complete")
        await say(socket, id=number, type="complete")
        await until(lambda: _is(socket, "streams", 0))


@pytest.mark.usefixtures("settings")
async def test_streams_end_with_their_socket(streams_url: str) -> None:
    async with begun(streams_url, PATH) as other:
        async with begun(streams_url, PATH) as socket:
            for _ in range(5):
                await subscribe(socket, "subscription { endless }")
                await heard(socket)
            assert await number_of(other, "streams") == 5
        await until(lambda: _is(other, "streams", 0))


@pytest.mark.usefixtures("settings")
async def test_a_thousand_subscriptions_leave_no_task_behind(streams_url: str) -> None:
    async with begun(streams_url, PATH) as socket:
        n_tasks = await number_of(socket, "tasks")
        for count in range(1000):
            number = await subscribe(socket, "subscription { endless }")
            if count % 2:  # the others are completed before they have begun
                while (await heard(socket))["id"] != number:
                    pass
            await say(socket, id=number, type="complete")
        await say(socket, type="ping")
        while await heard(socket) != {"type": "pong"}:
            pass
        await until(lambda: _is(socket, "streams", 0))

        async def no_more_tasks() -> bool:  # when they were counted, another socket may have ended
            return await number_of(socket, "tasks") <= n_tasks

        await until(no_more_tasks)


async def _is(socket: Any, what: str, number: int) -> bool:
    return await number_of(socket, what) == number
