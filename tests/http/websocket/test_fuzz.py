"""Whatever is sent over a socket: it is open and answers, or closed by a code that says why."""

import asyncio
import json
import logging
import os
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.http.websocket.client import (
    CANARY,
    NO_CODE,
    Raw,
    asked,
    begun,
    connected,
    heard,
    say,
    subscribe,
)
from tests.http.websocket.schema import PATH

N_SEQUENCES = int(os.environ.get("SOCKET_SEQUENCES", "100"))
"""`make fuzz` sends more."""

OURS = {1009, 4400, 4401, 4403, 4409, 4429}
OF_FRAMES = {*range(1000, 1004), NO_CODE, *range(1007, 1015), *range(3000, 5000)}
"""Ours, or what the bytes happen to say: a client's own code is repeated to it."""

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
ids = st.sampled_from(["1", "2", "3"])
queries = st.sampled_from(
    [
        CANARY,
        "{",
        "{ nothing }",
        "{ broken }",
        "{ sleepy(seconds: 0.01) }",
        "subscription { endless }",
        "subscription { counted(to: 3) }",
        "subscription { refused }",
        "query ($a: Int!) { nodes(ids: [$a]) { id } }",
        "mutation { nothing }",
        "fragment A on Query { ...A }",
    ]
)
payloads = st.fixed_dictionaries(
    {"query": queries},
    optional={
        "variables": st.none() | st.dictionaries(st.sampled_from("ab"), values, max_size=2),
        "operationName": st.none() | st.sampled_from(["A", ""]),
        "extensions": st.none() | st.dictionaries(st.text(max_size=3), values, max_size=2),
        "other": values,
    },
)
proper = st.one_of(
    st.fixed_dictionaries({"type": st.just("subscribe"), "id": ids, "payload": payloads}),
    st.fixed_dictionaries({"type": st.just("complete"), "id": ids}),
    st.sampled_from([{"type": "ping"}, {"type": "pong"}]),
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Change one part of a message."""
    message: dict[str, Any] = dict(draw(proper))
    parts: dict[str, Any] = draw(st.sampled_from([message, dict(message.get("payload", {}))]))
    name = draw(st.sampled_from([*parts, "type", "id", "payload"]))
    parts[name] = draw(values)
    return message if parts is message else message | {"payload": parts}


frames = st.one_of(
    proper.map(json.dumps),
    proper.map(json.dumps),
    mutated().map(json.dumps),
    st.just('{"type": "connection_init"}'),
    values.map(lambda payload: json.dumps({"type": "connection_init", "payload": payload})),
    values.map(json.dumps),
    st.text(max_size=20),
    st.binary(max_size=20),
)
beginnings = st.sampled_from([True, True, True, False])


def check(url: str, sequence: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Run a sequence, and see whether the server met any fault of ours but the one it has."""
    caplog.clear()
    asyncio.run(sequence(url))
    faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert all(record.message.endswith("['broken']") for record in faults), faults


@pytest.mark.usefixtures("settings")
@settings(
    max_examples=N_SEQUENCES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(begins=beginnings, sent=st.lists(frames, max_size=8))
def test_a_socket_is_open_and_answers_or_is_closed_by_a_code_of_the_protocol(
    begins: bool,  # noqa: FBT001  # hypothesis names it
    sent: list[str | bytes],
    streams_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def sequence(url: str) -> None:
        async with connected(url, PATH) as socket:
            try:
                if begins:
                    await say(socket, type="connection_init")
                for each in sent:
                    await socket.send(each)
                number = await subscribe(socket, CANARY)
                while (answer := await heard(socket)).get("id") != number:
                    pass
                assert answer["payload"] == {"data": {"__typename": "Query"}}
            except ConnectionClosed as closing:
                code = closing.rcvd and closing.rcvd.code
                assert code in OURS  # it need not have been closed

    check(streams_url, sequence, caplog)


@st.composite
def frames_of_bits(draw: st.DrawFn) -> bytes:
    """Write a frame, of which nothing needs to be allowed."""
    data = draw(st.binary(max_size=130))
    rare = st.sampled_from([0, 0, 0, 1])
    first = draw(st.sampled_from([0, 1, 2, 8, 9, 10, 3, 15]))
    first |= draw(st.sampled_from([0, 0x80, 0x80])) | draw(rare) << 6 | draw(rare) << 4
    length = draw(st.sampled_from([len(data), len(data), len(data), 125, 126, 127]))
    masked = draw(st.sampled_from([0x80, 0x80, 0x80, 0]))
    mask = bytes(4) if masked else b""
    extended = struct.pack("!H", len(data)) if length == 126 else b""
    return bytes([first, masked | min(length, 127)]) + extended + mask + data


@pytest.mark.usefixtures("settings")
@settings(
    max_examples=N_SEQUENCES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sent=st.lists(frames_of_bits() | st.binary(max_size=30), max_size=6))
def test_bytes_that_are_no_messages_harm_nobody(
    sent: list[bytes], streams_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def sequence(url: str) -> None:
        async with Raw.opened(url, PATH) as raw, begun(url, PATH) as other:
            # at the end a normal one, or what is taken for the rest of a frame that was begun; at
            # once, as the server may close the connection before what comes later
            ending = Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True) + bytes(200)
            raw.write(b"".join(sent) + ending)
            code = await raw.code()
            assert code in OF_FRAMES
            assert (await asked(other, CANARY))["type"] == "next"

    check(streams_url, sequence, caplog)
