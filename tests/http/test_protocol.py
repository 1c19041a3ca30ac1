"""What clients leave undone, on raw sockets: it ends, and what is wrong is told as JSON."""

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from graphql_api.http import graphiql, protocol
from graphql_api.http.observing import OBSERVED
from graphql_api.schema.limits.exceeded import EXCEEDED
from tests.support.patience import PATIENCE_S

BODY = b'{"query": "{ __typename }"}'
NAME = {"data": {"__typename": "Query"}}
LINE = b"POST /graphql HTTP/1.1\r\n"
HEAD = b"host: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
WHOLE = LINE + HEAD % len(BODY) + BODY


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        """Send parts, each in a packet of its own."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.02)

    async def answer(self) -> tuple[int, Any]:
        """Read one answer: its status, and its JSON."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
            [length] = [
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ]
            body = await self._reader.readexactly(length)
        return int(head.split()[1]), json.loads(body)

    async def head(self) -> bytes:
        """Read the head of an answer."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.readuntil(b"\r\n\r\n")

    async def ends(self) -> bytes:
        """Wait until the server closes; give what came until then."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self._reader.read()
            except ConnectionError:
                return b""


Connect = Callable[[], Awaitable[Line]]


@pytest.fixture
async def connect(http: httpx.Client) -> AsyncGenerator[Connect]:
    """Open connections to the running application, and close them in the end."""
    writers: list[asyncio.StreamWriter] = []

    async def opened() -> Line:
        reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        writers.append(writer)
        return Line(reader, writer)

    yield opened
    for writer in writers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server wait for a fifth of a second."""
    for name in ("HEAD_TIMEOUT_S", "BODY_TIMEOUT_S", "READING_TIMEOUT_S", "LINGER_S"):
        monkeypatch.setattr(protocol, name, 0.2)


def code_of(said: Any) -> object:
    """Return the code of the one error of an answer."""
    [error] = said["errors"]
    return error["extensions"]["code"]


async def test_a_request_may_come_byte_by_byte(connect: Connect) -> None:
    line = await connect()
    for byte in WHOLE:
        line.writer.write(bytes([byte]))
        await line.writer.drain()
    assert await line.answer() == (200, NAME)


async def test_requests_follow_each_other_on_one_connection_and_may_be_sent_ahead(
    connect: Connect,
) -> None:
    line = await connect()
    await line.send(WHOLE + WHOLE[:-5], WHOLE[-5:] + WHOLE)
    for _ in range(3):
        assert await line.answer() == (200, NAME)
    await line.send(WHOLE)
    assert await line.answer() == (200, NAME)


@pytest.mark.usefixtures("hurried")
async def test_a_connection_that_asks_for_nothing_is_closed(connect: Connect) -> None:
    assert await (await connect()).ends() == b""
    blank = await connect()
    await blank.send(b"\r\n")
    assert await blank.ends() == b""


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "part", [b"P", LINE[:9], LINE, LINE + b"host: a\r\n", LINE + HEAD % 9, LINE + HEAD % 9 + b"{"]
)
async def test_a_request_that_does_not_come_whole_in_time_is_answered_408_and_closed(
    part: bytes, connect: Connect
) -> None:
    line = await connect()
    await line.send(part)
    status, said = await line.answer()
    assert (status, code_of(said)) == (408, "BAD_REQUEST")
    assert await line.ends() == b""


@pytest.mark.usefixtures("hurried")
async def test_a_second_request_that_does_not_come_whole_is_closed_too(connect: Connect) -> None:
    line = await connect()
    await line.send(WHOLE)
    assert await line.answer() == (200, NAME)
    await line.send(WHOLE[:20])
    assert (await line.answer())[0] == 408
    assert await line.ends() == b""


@pytest.mark.usefixtures("hurried")
async def test_a_client_that_sends_a_byte_now_and_then_is_closed(connect: Connect) -> None:
    line = await connect()
    with suppress(ConnectionError):
        for byte in WHOLE * 100:
            await line.send(bytes([byte]))
        pytest.fail("it could go on for ever")
    await line.ends()


@pytest.mark.parametrize(
    ("request_", "status", "limit"),
    [
        (b"GET /graphql?query=" + b"a" * 9000 + b" HTTP/1.1\r\nhost: a\r\n\r\n", 414, "address"),
        (LINE + b"x: " + b"a" * 20_000 + b"\r\n\r\n", 431, "headers"),
        (LINE + b"x: a\r\n" * 4000 + b"\r\n", 431, "headers"),
    ],
)
async def test_an_address_or_headers_too_long_are_refused_and_counted(
    request_: bytes, status: int, limit: str, connect: Connect
) -> None:
    limits, errors = Counter(EXCEEDED), Counter(OBSERVED.errors)
    line = await connect()
    await line.send(request_)
    answered, said = await line.answer()
    assert (answered, code_of(said)) == (status, "LIMIT_EXCEEDED")
    assert EXCEEDED - limits == {limit: 1}
    assert OBSERVED.errors - errors == {"LIMIT_EXCEEDED": 1}
    await line.ends()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nnine\r\n",
        b"GET / HTTP/1.1\r\na\x00b: c\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_as_json_and_others_are_served(
    garbage: bytes, connect: Connect
) -> None:
    line = await connect()
    await line.send(garbage)
    status, said = await line.answer()
    assert (status, code_of(said)) == (400, "BAD_REQUEST")
    await line.ends()
    other = await connect()
    await other.send(WHOLE)
    assert await other.answer() == (200, NAME)


async def test_a_connection_refused_before_its_body_came_says_that_it_closes_and_does(
    connect: Connect,
) -> None:
    line = await connect()
    await line.send(LINE + b"host: a\r\ncontent-type: text/plain\r\ncontent-length: 99\r\n\r\n{")
    said = await line.ends()
    assert said.startswith(b"HTTP/1.1 415 ")
    assert b"\r\nconnection: close\r\n" in said


async def test_a_connection_whose_body_comes_late_is_kept(connect: Connect) -> None:
    line = await connect()
    head = WHOLE[: -len(BODY)]
    await line.send(head, BODY, head, BODY)
    assert [await line.answer(), await line.answer()] == [(200, NAME)] * 2


@pytest.mark.usefixtures("hurried")
def test_a_client_that_does_not_read_its_answer_is_dropped(http: httpx.Client) -> None:
    assets = Path(graphiql.__file__).parent / "static" / "graphiql" / "assets"
    largest = max(assets.iterdir(), key=lambda path: path.stat().st_size)
    request = f"GET /graphiql/{largest.name} HTTP/1.1\r\nhost: a\r\n\r\n"
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((http.base_url.host, http.base_url.port))
        line.sendall(request.encode() * 20)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):  # noqa: PT012  # until it is
            for _ in range(int(PATIENCE_S / 0.05)):
                time.sleep(0.05)
                line.send(b"\r\n")
    assert http.get("/healthz").status_code == 200


@pytest.mark.usefixtures("hurried")
def test_a_client_that_reads_slowly_gets_all_of_its_answer(http: httpx.Client) -> None:
    assets = Path(graphiql.__file__).parent / "static" / "graphiql" / "assets"
    largest = max(assets.iterdir(), key=lambda path: path.stat().st_size)
    with http.stream("GET", f"/graphiql/{largest.name}") as answer:
        read = b""
        for chunk in answer.iter_bytes(200_000):
            time.sleep(0.06)
            read += chunk
    assert read == largest.read_bytes()


UPGRADE = b"connection: upgrade\r\nupgrade: websocket\r\n"
KEY = b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
SOCKET = b"GET /graphql HTTP/1.1\r\nhost: a\r\n" + UPGRADE


@pytest.mark.parametrize(
    "wish",
    [
        b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n",
        UPGRADE,
        UPGRADE + KEY,
    ],
)
@pytest.mark.parametrize("n_bytes", [0, 30, len(LINE) + 300])
async def test_a_wish_for_another_protocol_leaves_a_request_with_a_body_as_it_is(
    wish: bytes, n_bytes: int, connect: Connect
) -> None:
    request = LINE + wish + WHOLE.removeprefix(LINE) + WHOLE
    line = await connect()
    await line.send(request[:n_bytes], request[n_bytes:])
    assert [await line.answer(), await line.answer()] == [(200, NAME)] * 2


async def test_as_many_wishes_for_another_protocol_as_fit_into_a_packet_are_left_unheard(
    connect: Connect,
) -> None:
    wish = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    line = await connect()
    await line.send(wish * 1_500)
    for _ in range(1_500):
        assert (await line.answer())[0] == 200


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        KEY.replace(b"13", b"12"),
        KEY.replace(b"AA==", b"AAAA=="),
        KEY + b"a b: c\r\n",
        KEY.replace(b"key: ", b"key: \xff"),
    ],
)
async def test_a_handshake_that_is_none_is_refused_as_json_and_its_connection_closed(
    rest: bytes, connect: Connect
) -> None:
    line = await connect()
    await line.send(SOCKET + rest + b"x-request-id: mine\r\n\r\n")
    said = await line.ends()
    head, body = said.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head.lower()
    assert b"x-request-id: " in head.lower()
    assert code_of(json.loads(body)) == "BAD_REQUEST"


@pytest.mark.parametrize(
    "headers", [b"cookie: " + b"c" * 15_000 + b"\r\n", b"a: b\r\n" * 2_000, b""]
)
async def test_a_handshake_may_have_the_headers_of_any_request(
    headers: bytes, connect: Connect
) -> None:
    line = await connect()
    await line.send(SOCKET + KEY + headers + b"\r\n")
    assert (await line.head()).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("path", [b"/elsewhere", b"/graphiql", b"/graphiql/elsewhere"])
async def test_a_handshake_for_another_address_is_not_found(path: bytes, connect: Connect) -> None:
    line = await connect()
    await line.send((SOCKET + KEY).replace(b"/graphql", path) + b"\r\n")
    status, said = await line.answer()
    assert (status, code_of(said)) == (404, "BAD_REQUEST")
    assert await line.ends() == b""


async def test_what_was_asked_before_garbage_is_answered_and_the_connection_closed(
    connect: Connect,
) -> None:
    line = await connect()
    await line.send(WHOLE + WHOLE + b"garbage\r\n\r\n")
    assert [await line.answer(), await line.answer()] == [(200, NAME)] * 2
    assert await line.ends() == b""


async def test_who_still_sends_what_is_too_long_hears_that_it_is(connect: Connect) -> None:
    line = await connect()
    n_bytes = 20_000_000
    await line.send(LINE + HEAD % n_bytes)
    for _ in range(n_bytes // 100_000):
        line.writer.write(b" " * 100_000)
        await line.writer.drain()
    status, said = await line.answer()
    assert (status, code_of(said)) == (413, "LIMIT_EXCEEDED")
    assert await line.ends() == b""


@pytest.mark.parametrize("hosts", [b"", b"host: a\r\nHost: b\r\n"])
async def test_a_request_says_once_whom_it_asks(hosts: bytes, connect: Connect) -> None:
    line = await connect()
    await line.send(WHOLE.replace(b"host: a\r\n", hosts))
    status, said = await line.answer()
    assert (status, code_of(said)) == (400, "BAD_REQUEST")


async def test_a_refusal_has_the_id_of_its_request(connect: Connect) -> None:
    line = await connect()
    await line.send(LINE + b"x-request-id: mine\r\nb: " + b"b" * 17_000 + b"\r\n\r\n")
    head = await line.head()
    assert head.startswith(b"HTTP/1.1 431 ")
    assert b"\r\nx-request-id: mine\r\n" in head
