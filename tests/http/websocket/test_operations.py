"""Operations over a WebSocket: each stands for itself, and ends alone where it is wrong."""

import json
import logging
from collections import Counter
from typing import Any

import pytest

from graphql_api.http.observing import OBSERVED
from graphql_api.models import Role
from graphql_api.schema import global_id
from graphql_api.schema.limits.exceeded import EXCEEDED
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.http.running import running
from tests.http.websocket.client import (
    ACKNOWLEDGED,
    CANARY,
    asked,
    bearer,
    begun,
    heard,
    opened,
    say,
    subscribe,
)
from tests.http.websocket.schema import HIDDEN, PATH, route
from tests.support.factories import Factory

LIKE = """mutation ($id: ID!) { like(input: {subjectId: $id}) {
    subject { likeCount viewerHasLiked } errors { code } } }"""
COUNT = "query ($id: ID!) { node(id: $id) { ... on Post { likeCount viewerHasLiked } } }"


@pytest.mark.parametrize("name", ["Authorization", "authorization", "header"])
async def test_operations_are_those_of_the_token_and_each_sees_what_is_there(
    name: str, base_url: str, make: Factory, tokens: AccessTokens
) -> None:
    viewer = await make.viewer(Role.READER)
    post = await make.post()
    post_id, token = global_id.encode("Post", post.id), bearer(tokens, viewer)
    shown: dict[str, Any] = {"payload": {name: token}}
    if name == "header":
        shown = {"additional_headers": {"Authorization": token}}
    async with opened(base_url, **shown) as socket:
        assert await heard(socket) == ACKNOWLEDGED
        before = await asked(socket, COUNT, id=post_id)
        assert before["payload"] == {"data": {"node": {"likeCount": 0, "viewerHasLiked": False}}}
        await make.post_like(post=post)
        liked = await asked(socket, LIKE, id=post_id)
        subject = {"likeCount": 2, "viewerHasLiked": True}
        assert liked["payload"] == {"data": {"like": {"subject": subject, "errors": []}}}
        after = await asked(socket, COUNT, id=post_id)
        assert after["payload"] == {"data": {"node": subject}}


async def test_without_a_token_nobody_asks(base_url: str, make: Factory) -> None:
    post_id = global_id.encode("Post", (await make.post()).id)
    for payload in (None, {}, {"other": 1}):
        async with opened(base_url, payload) as socket:
            assert await heard(socket) == ACKNOWLEDGED
            refused = await asked(socket, LIKE, id=post_id)
            like = {"subject": None, "errors": [{"code": "UNAUTHENTICATED"}]}
            assert refused["payload"] == {"data": {"like": like}}


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($a: Int!) { node(id: $a) { id } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($a: ID!) { node(id: $a) { id } }"}, "BAD_USER_INPUT"),
        ({"query": CANARY, "operationName": "Other"}, "BAD_REQUEST"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": CANARY, "variables": {"a": json.loads("[" * 50 + "]" * 50)}}, "LIMIT_EXCEEDED"),
    ],
)
async def test_a_bad_operation_ends_alone(
    payload: dict[str, Any], code: str, base_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with begun(base_url) as socket:
        for _ in range(2):
            await say(socket, id="1", type="subscribe", payload=payload)
            answer = await heard(socket)
            assert (answer["id"], answer["type"]) == ("1", "error")
            [error] = answer["payload"]
            assert error["extensions"] == {"code": code}
            assert (await asked(socket, CANARY))["payload"] == {"data": {"__typename": "Query"}}
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.usefixtures("settings")
async def test_a_fault_of_ours_is_masked_and_logged_and_ends_nothing_else(
    streams_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with begun(streams_url, PATH) as socket:
        answer = await asked(socket, "{ broken __typename }")
        assert answer["payload"]["data"] == {"broken": None, "__typename": "Query"}
        [error] = answer["payload"]["errors"]
        assert error["extensions"]["code"] == "INTERNAL"
        assert error["extensions"]["requestId"] in caplog.text
        assert HIDDEN not in json.dumps(answer)
        assert (await asked(socket, CANARY))["type"] == "next"


@pytest.mark.usefixtures("settings")
async def test_operations_run_side_by_side_and_an_id_is_free_once_its_operation_ended(
    streams_url: str,
) -> None:
    async with begun(streams_url, PATH) as socket:
        slow = await subscribe(socket, "{ sleepy(seconds: 0.3) }")
        for _ in range(3):
            await say(socket, id="again", type="subscribe", payload={"query": CANARY})
            assert (await heard(socket))["type"] == "next"
            assert await heard(socket) == {"id": "again", "type": "complete"}
        answer = await heard(socket)
        assert (answer["id"], answer["payload"]) == (slow, {"data": {"sleepy": "awake"}})


@pytest.mark.usefixtures("settings")
async def test_a_socket_has_as_many_operations_as_it_may_and_what_is_ended_makes_room(
    streams_url: str,
) -> None:
    async with begun(streams_url, PATH) as socket:
        numbers = []
        for _ in range(20):
            numbers.append(await subscribe(socket, "subscription { endless }"))
            assert (await heard(socket))["type"] == "next"
        limits, errors = Counter(EXCEEDED), Counter(OBSERVED.errors)
        for query in ("subscription { endless }", CANARY):
            answer = await asked(socket, query)
            assert answer["type"] == "error"
            [error] = answer["payload"]
            assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
        assert EXCEEDED - limits == {"socket_operations": 2}
        assert OBSERVED.errors - errors == {"LIMIT_EXCEEDED": 2}
        await say(socket, id=numbers[0], type="complete")
        assert (await asked(socket, CANARY))["type"] == "next"


@pytest.mark.usefixtures("settings")
async def test_an_answer_is_as_long_as_it_gets(streams_url: str) -> None:
    async with begun(streams_url, PATH) as socket:
        answer = await asked(socket, "{ text(length: 9000000) }")
        assert answer["payload"]["data"]["text"] == "x" * 9_000_000


async def test_what_a_client_no_longer_wants_counts_until_it_has_ended(settings: Settings) -> None:
    with running(settings.model_copy(update={"max_socket_operations": 1}), route()) as base:
        async with begun(base, PATH) as socket:
            number = await subscribe(socket, "{ sleepy(seconds: 0.5) }")
            await say(socket, id=number, type="complete")
            answer = await asked(socket, "{ sleeping }")
            assert answer["payload"] == {"data": {"sleeping": 0}}


@pytest.mark.usefixtures("settings")
async def test_each_operation_is_counted_with_its_end(streams_url: str) -> None:
    before = OBSERVED.operations.copy()
    async with begun(streams_url, PATH) as socket:
        for query in (CANARY, "{", "subscription { counted(to: 3) }"):
            number = await subscribe(socket, query)
            while (message := await heard(socket))["type"] == "next":
                assert message["id"] == number
        await say(socket, type="ping")
        assert await heard(socket) == {"type": "pong"}
    counted = {
        (kind, end): count for (_, kind, end), count in (OBSERVED.operations - before).items()
    }
    assert counted == {("query", "ok"): 1, ("invalid", "errors"): 1, ("subscription", "ok"): 1}
