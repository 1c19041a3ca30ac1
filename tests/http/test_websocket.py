"""Operations over a WebSocket: who asks is proved at its beginning, and each stands for itself."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from graphql_api.models import Role, Viewer
from graphql_api.schema import global_id
from graphql_api.services.people.keys import token_keys
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.support.factories import Factory
from tests.support.patience import PATIENCE_S, patience

PROTOCOL = Subprotocol("graphql-transport-ws")
LIFETIME_S = 8
"""Longer than any machine takes to begin a connection."""

LIKE = """mutation ($id: ID!) { like(input: {subjectId: $id}) {
    subject { likeCount viewerHasLiked } errors { code } } }"""
COUNT = "query ($id: ID!) { node(id: $id) { ... on Post { likeCount viewerHasLiked } } }"


@pytest.fixture
def tokens(settings: Settings) -> AccessTokens:
    """Give what signs as the running application does."""
    return AccessTokens(token_keys(settings))


async def heard(socket: ClientConnection) -> dict[str, Any]:
    """Wait for the next message."""
    async with patience():
        message: dict[str, Any] = json.loads(await socket.recv())
    return message


@asynccontextmanager
async def opened(
    base_url: str, payload: object = None, **options: Any
) -> AsyncIterator[ClientConnection]:
    """Open a socket, and begin the connection with a payload, or with what makes it only then."""
    address = base_url.replace("http", "ws") + "/graphql"
    options.setdefault("subprotocols", [PROTOCOL])
    async with connect(address, open_timeout=PATIENCE_S, **options) as socket:
        payload = payload() if callable(payload) else payload
        init = {"type": "connection_init"} | ({} if payload is None else {"payload": payload})
        await socket.send(json.dumps(init))
        yield socket


async def asked(socket: ClientConnection, query: str, **variables: object) -> dict[str, Any]:
    """Run one operation, and return its first message; the last must end it."""
    number = uuid4().hex
    payload = {"query": query, "variables": variables}
    await socket.send(json.dumps({"id": number, "type": "subscribe", "payload": payload}))
    answer = await heard(socket)
    assert answer["id"] == number
    if answer["type"] == "next":
        assert await heard(socket) == {"id": number, "type": "complete"}
    return answer


async def closed(socket: ClientConnection) -> int:
    """Wait until the server closes the socket; return the code."""
    with pytest.raises(ConnectionClosed) as end:
        await heard(socket)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


def bearer(tokens: AccessTokens, viewer: Viewer, lifetime_s: float = 900) -> str:
    """Make the value of the header."""
    return f"Bearer {tokens.issue(viewer, uuid4(), timedelta(seconds=lifetime_s)).text}"


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
        assert await heard(socket) == {"type": "connection_ack"}
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
            assert await heard(socket) == {"type": "connection_ack"}
            refused = await asked(socket, LIKE, id=post_id)
            like = {"subject": None, "errors": [{"code": "UNAUTHENTICATED"}]}
            assert refused["payload"] == {"data": {"like": like}}


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("wrong", ["forged", "expired", "of another tenant", 5, {"a": 1}, "é", ""])
async def test_a_token_that_proves_nothing_closes_the_socket(
    wrong: Any, base_url: str, tokens: AccessTokens
) -> None:
    given = {
        "expired": bearer(tokens, Viewer(1, 1, Role.READER), -1),
        "of another tenant": bearer(tokens, Viewer(2, 1, Role.READER)),
        "forged": bearer(tokens, Viewer(1, 1, Role.READER))[:-4] + "AAAA",
    }
    value = given.get(wrong, wrong) if isinstance(wrong, str) else wrong
    async with opened(base_url, {"Authorization": value}) as socket:
        assert await closed(socket) == 4403


async def test_a_token_that_expires_ends_what_is_asked_with_it(
    base_url: str, make: Factory, tokens: AccessTokens
) -> None:
    viewer = await make.viewer(Role.READER)
    async with opened(
        base_url, lambda: {"Authorization": bearer(tokens, viewer, LIFETIME_S)}
    ) as socket:
        assert (await heard(socket))["type"] == "connection_ack"
        n_answered = 0
        async with patience():
            while (answer := await asked(socket, "{ viewer { scopes } }"))["type"] == "next":
                assert answer["payload"] == {"data": {"viewer": {"scopes": ["COMMENT_WRITE"]}}}
                n_answered += 1
                await asyncio.sleep(0.05)
        assert n_answered
        [error] = answer["payload"]
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.usefixtures("settings")
async def test_another_protocol_is_not_spoken(base_url: str) -> None:
    with pytest.raises((ConnectionClosed, InvalidStatus)):
        async with opened(base_url, subprotocols=[Subprotocol("graphql-ws")]) as socket:
            await heard(socket)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("message", ["[]", "5", "null", '"x"', "{}", "{"])
async def test_a_message_that_is_none_closes_the_socket(message: str, base_url: str) -> None:
    async with opened(base_url) as socket:
        assert await heard(socket) == {"type": "connection_ack"}
        await socket.send(message)
        assert await closed(socket) == 4400
