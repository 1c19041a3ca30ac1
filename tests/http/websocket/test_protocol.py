"""What is not in the protocol closes a socket by one of its codes, and is no fault of ours."""

import json
import logging
import struct
from collections.abc import Iterator
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from graphql_api.http.websocket.messages import ClosedError, read
from graphql_api.settings import Settings
from tests.http.running import running
from tests.http.websocket.client import (
    ACKNOWLEDGED,
    CANARY,
    PROTOCOL,
    Raw,
    asked,
    begun,
    closed,
    connected,
    heard,
    say,
)
from tests.http.websocket.schema import PATH
from tests.support.patience import until

pytestmark = pytest.mark.usefixtures("settings")

DEEP = "[" * 100_000 + "]" * 100_000
SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": CANARY}}


@pytest.fixture(autouse=True)
def _no_fault(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def message(**parts: object) -> str:
    return json.dumps(SUBSCRIBE | parts)


def payload(**parts: object) -> str:
    return message(payload={"query": CANARY} | parts)


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "5", "null", '"x"', "true", "{}", "{", "", "[[[", "\ufeff{}", "NaN"),
        *(DEEP, '{"type": "ping", "payload": ' + DEEP + "}"),
        *('{"type": 5}', '{"type": null}', '{"type": []}', '{"type": "next", "id": "1"}'),
        *('{"type": "start", "id": "1", "payload": {}}', '{"type": "connection_ack"}'),
        *(
            message(id=None),
            message(id=5),
            message(id=""),
            message(id=["1"]),
            message(id="x" * 257),
        ),
        *(
            '{"type": "complete"}',
            '{"type": "complete", "id": 5}',
            '{"type": "ping", "payload": 5}',
        ),
        *(message(payload=None), message(payload=[]), message(payload="{}"), message(payload={})),
        *(payload(query=None), payload(query=5), payload(query=[CANARY]), payload(query={})),
        *(payload(variables=[]), payload(variables="{}"), payload(variables=5)),
        *(payload(operationName=5), payload(operationName=[]), payload(extensions=[])),
        '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
        '{"id": "1", "type": "subscribe", "payload": {"query": "\\ud800"}}',
        '{"type": "connection_init", "payload": []}',
        *(
            f'{{"type": "{kind}", "id": "1", "payload": {{"a": ' + "[" * 60 + "]" * 60 + "}}"
            for kind in ("connection_init", "ping", "pong", "complete")
        ),
    ],
)
async def test_a_malformed_message_closes_the_socket(text: str, base_url: str) -> None:
    async with begun(base_url) as socket:
        await socket.send(text)
        assert await closed(socket) == 4400


async def test_a_message_in_bytes_closes_the_socket(base_url: str) -> None:
    async with begun(base_url) as socket:
        await socket.send(json.dumps(SUBSCRIBE).encode())
        assert await closed(socket) == 4400


@pytest.mark.parametrize("n_frames", [1, 2])
async def test_text_that_is_not_utf_8_closes_the_socket(n_frames: int, base_url: str) -> None:
    async with Raw.opened(base_url) as raw:
        if n_frames == 2:
            raw.write(Frame(Opcode.TEXT, b'{"type": "', fin=False).serialize(mask=True))
        opcode = Opcode.TEXT if n_frames == 1 else Opcode.CONT
        raw.write(Frame(opcode, b"\xff\xfe").serialize(mask=True))
        assert await raw.code() == 4400


@pytest.mark.parametrize(("n_bytes", "n_frames"), [(300_000, 3), (20_000_000, 1)])
async def test_a_huge_message_closes_the_socket(n_bytes: int, n_frames: int, base_url: str) -> None:
    async with begun(base_url) as socket:
        part = "x" * (n_bytes // n_frames)
        with suppress(ConnectionClosed):  # it may hear of it before it has sent everything
            await socket.send(part if n_frames == 1 else [part] * n_frames)
        assert await closed(socket) == 1009


async def test_who_is_not_done_sending_hears_why_its_message_is_refused(base_url: str) -> None:
    async with Raw.opened(base_url) as raw:
        raw.write(Frame(Opcode.TEXT, b"x" * 20_000_000).serialize(mask=True))
        await raw.drain()
        assert await raw.code() == 1009


@pytest.mark.parametrize("character", ["x", "é", "\N{GRINNING FACE}"])
async def test_a_message_of_the_greatest_size_is_taken(character: str, base_url: str) -> None:
    room = 2**18 - len(payload(variables={"a": ""}))
    longest = character * (room // len(character.encode()))
    text = payload(variables={"a": "@"}).replace("@", longest)
    async with begun(base_url) as socket:
        await socket.send(text)
        assert (await heard(socket))["type"] == "next"
        assert (await heard(socket))["type"] == "complete"
    with pytest.raises(ClosedError) as too_large:  # where the server in front of us takes more
        read({"text": text + " " * len(character.encode())}, 2**18)
    assert too_large.value.code == 1009


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x05hello",  # not masked
        b"\xf1\x80\x00\x00\x00\x00",  # bits that stand for nothing
        b"\x83\x80\x00\x00\x00\x00",  # no such opcode
        b"\x80\x80\x00\x00\x00\x00",  # continues nothing
        b"\x09\x80\x00\x00\x00\x00",  # a ping in parts
        b"\x89\xfe\x00\x80\x00\x00\x00\x00" + b"x" * 128,  # a ping that is too long
        b"\x88\x81\x00\x00\x00\x00x",  # half a code
        b"\x88\x82\x00\x00\x00\x00" + struct.pack("!H", 5),  # a code that is none
    ],
)
async def test_what_is_no_websocket_closes_the_socket(frame: bytes, base_url: str) -> None:
    async with Raw.opened(base_url) as raw:
        raw.write(frame)
        assert await raw.code() == 1002


async def test_an_operation_before_the_beginning_closes_the_socket(base_url: str) -> None:
    async with connected(base_url) as socket:
        await say(socket, **SUBSCRIBE)
        assert await closed(socket) == 4401


async def test_a_second_beginning_closes_the_socket(base_url: str) -> None:
    async with begun(base_url) as socket:
        await say(socket, type="connection_init")
        assert await closed(socket) == 4429


@pytest.mark.parametrize("query", ["subscription { endless }", "{ sleepy(seconds: 5) }"])
async def test_an_id_that_is_in_use_closes_the_socket(query: str, streams_url: str) -> None:
    async with begun(streams_url, PATH) as socket:
        for _ in range(2):
            await say(socket, **SUBSCRIBE | {"id": "é" * 200, "payload": {"query": query}})
        if query.startswith("subscription"):
            assert (await heard(socket))["type"] == "next"
        assert await closed(socket) == 4409
        assert str(socket.close_reason).startswith("Subscriber for éé")


@pytest.mark.parametrize("offered", [[], ["graphql-ws"], ["graphql-sse", "other"]])
async def test_another_protocol_closes_the_socket(offered: list[str], base_url: str) -> None:
    async with connected(
        base_url, subprotocols=[Subprotocol(name) for name in offered] or None
    ) as socket:
        assert await closed(socket) == 4406


async def test_ours_is_chosen_among_several_protocols(base_url: str) -> None:
    async with begun(base_url, subprotocols=[Subprotocol("graphql-ws"), PROTOCOL]) as socket:
        assert socket.subprotocol == PROTOCOL


async def test_a_ping_is_answered_before_the_beginning_and_after(base_url: str) -> None:
    async with connected(base_url) as socket:
        await say(socket, type="ping")
        assert await heard(socket) == {"type": "pong"}
        await say(socket, type="connection_init", payload=None)
        assert await heard(socket) == ACKNOWLEDGED
        await say(socket, type="pong", payload={"any": 1})
        await say(socket, type="complete", id="unknown")
        await say(socket, type="ping", payload={"any": 1})
        assert await heard(socket) == {"type": "pong"}
        assert (await asked(socket, CANARY))["type"] == "next"


async def test_a_socket_that_does_not_begin_is_closed(settings: Settings) -> None:
    hurried = settings.model_copy(update={"socket_init_timeout_s": 0.2})
    with running(hurried) as base:
        async with connected(base) as late, begun(base) as other:
            await say(late, type="ping")
            assert await heard(late) == {"type": "pong"}
            assert await closed(late) == 4408
            assert (await asked(other, CANARY))["type"] == "next"


async def test_a_client_that_answers_no_ping_is_closed_and_another_is_not(
    settings: Settings,
) -> None:
    hurried = settings.model_copy(update={"socket_ping_s": 0.2})
    with running(hurried) as base:
        async with begun(base) as other, Raw.opened(base) as raw:
            raw.say(type="connection_init")
            frames = [await raw.frame() for _ in range(2)]
            assert [frame and frame[0] for frame in frames] == [Opcode.TEXT, Opcode.PING]
            assert await raw.code() == 1011
            assert (await asked(other, CANARY))["type"] == "next"


async def test_no_more_sockets_are_open_than_may_be(settings: Settings) -> None:
    with running(settings.model_copy(update={"max_sockets": 2})) as base:
        async with begun(base) as first:
            async with begun(base):
                async with connected(base) as third:
                    assert await closed(third) == 1013
                assert (await asked(first, CANARY))["type"] == "next"

            async def opens() -> bool:
                with suppress(ConnectionClosed):  # the server may not know yet that one has left
                    async with begun(base):
                        return True
                return False

            await until(opens)


ALLOWED = ("https://www.example.com", "http://localhost:3000")


@pytest.mark.parametrize("origin", [*ALLOWED, "https://www.example.com:443", "{own}"])
async def test_our_own_pages_and_those_of_allowed_sites_may_open_a_socket(
    origin: str, settings: Settings
) -> None:
    with running(settings.model_copy(update={"allowed_origins": ALLOWED})) as base:
        headers = {"Origin": origin.format(own=base)}
        async with begun(base, additional_headers=headers) as socket:
            assert (await asked(socket, CANARY))["type"] == "next"


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "https://www.example.com:8443",
        "http://www.example.com",
        "https://www.example.com.evil.example",
        "null",
        "",
        "https://[",
        "*",
    ],
)
async def test_pages_of_other_sites_are_refused(origin: str, base_url: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with connected(base_url, additional_headers={"Origin": origin}):
            pass
