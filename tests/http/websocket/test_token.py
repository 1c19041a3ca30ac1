"""Who asks over a socket: the token comes in `connection_init`, and is believed while it lives."""

import json
from typing import Any

import pytest

from graphql_api.models import Role, Viewer
from graphql_api.services.people.tokens import AccessTokens
from tests.http.websocket.client import (
    ACKNOWLEDGED,
    asked,
    bearer,
    closed,
    connected,
    heard,
    opened,
    say,
    subscribe,
)
from tests.http.websocket.schema import PATH
from tests.support.factories import Factory

LIFETIME_S = 4
"""Longer than any machine takes to begin a connection."""

SURROGATE = {"Authorization": "\ud800"}
SOMEBODY = Viewer(1, 1, Role.READER)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    "wrong",
    [
        "forged",
        "expired",
        "of another tenant",
        5,
        True,
        [],
        {"a": 1},
        "é",
        "",
        "Bearer",
        "Bearer ",
        "x" * 9000,
    ],
)
async def test_a_token_that_proves_nothing_closes_the_socket(
    wrong: Any, base_url: str, tokens: AccessTokens
) -> None:
    given = {
        "expired": bearer(tokens, SOMEBODY, -1),
        "of another tenant": bearer(tokens, Viewer(2, 1, Role.READER)),
        "forged": bearer(tokens, SOMEBODY)[:-4] + "AAAA",
    }
    value = given.get(wrong, wrong) if isinstance(wrong, str) else wrong
    async with opened(base_url, {"Authorization": value}) as socket:
        assert await closed(socket) == 4403


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("first", [None, "", "valid"])
async def test_several_tokens_are_none(
    first: str | None, base_url: str, tokens: AccessTokens
) -> None:
    valid = bearer(tokens, SOMEBODY)
    payload = {"Authorization": valid if first else first, "authorization": valid[:-4] + "AAAA"}
    async with opened(base_url, payload) as socket:
        assert await closed(socket) == 4403


@pytest.mark.usefixtures("settings")
async def test_a_token_that_is_no_text_is_no_json(base_url: str) -> None:
    async with connected(base_url) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": SURROGATE}))
        assert await closed(socket) == 4400


@pytest.mark.usefixtures("settings")
async def test_a_client_may_say_that_it_has_no_token(base_url: str) -> None:
    async with opened(base_url, {"Authorization": None}) as socket:
        assert await heard(socket) == ACKNOWLEDGED
        assert (await asked(socket, "{ viewer { scopes } }"))["payload"] == {
            "data": {"viewer": None}
        }


async def test_a_token_that_expires_ends_its_streams_and_what_is_asked_with_it(
    streams_url: str, make: Factory, tokens: AccessTokens
) -> None:
    viewer = await make.viewer(Role.READER)
    async with opened(
        streams_url, lambda: {"Authorization": bearer(tokens, viewer, LIFETIME_S)}, PATH
    ) as socket:
        assert await heard(socket) == ACKNOWLEDGED
        assert (await asked(socket, "{ viewer { scopes } }"))["payload"] == {
            "data": {"viewer": {"scopes": ["COMMENT_WRITE"]}}
        }
        number = await subscribe(socket, "subscription { endless }")
        assert (await heard(socket))["payload"] == {"data": {"endless": 1}}
        stream = await heard(socket)
        assert stream["id"] == number
        query = await asked(socket, "{ viewer { scopes } }")
        for answer in (stream, query):
            assert answer["type"] == "error"
            [error] = answer["payload"]
            assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        await say(socket, type="ping")
        assert await heard(socket) == {"type": "pong"}
