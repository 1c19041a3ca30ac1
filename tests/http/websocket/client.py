"""How the tests of sockets talk to the server."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from socket import SO_RCVBUF, SOL_SOCKET
from socket import socket as new_socket
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from graphql_api.models import Viewer
from graphql_api.services.people.tokens import AccessTokens
from tests.support.patience import PATIENCE_S, patience

PROTOCOL = Subprotocol("graphql-transport-ws")
ACKNOWLEDGED = {"type": "connection_ack"}
NO_CODE = 1005
READ_AHEAD = 2**16
CANARY = "{ __typename }"


def address_of(base_url: str, path: str = "/graphql") -> str:
    """Give the address of a socket."""
    return base_url.replace("http", "ws") + path


async def heard(socket: ClientConnection) -> dict[str, Any]:
    """Wait for the next message."""
    async with patience():
        message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def say(socket: ClientConnection, **message: object) -> None:
    """Send a message."""
    await socket.send(json.dumps(message))


@asynccontextmanager
async def connected(
    base_url: str, path: str = "/graphql", **options: Any
) -> AsyncIterator[ClientConnection]:
    """Open a socket."""
    options.setdefault("subprotocols", [PROTOCOL])
    address = address_of(base_url, path)
    async with connect(address, open_timeout=PATIENCE_S, max_size=None, **options) as socket:
        yield socket


@asynccontextmanager
async def opened(
    base_url: str, payload: object = None, path: str = "/graphql", **options: Any
) -> AsyncIterator[ClientConnection]:
    """Open a socket, and begin the connection with a payload, or with what makes it only then."""
    async with connected(base_url, path, **options) as socket:
        payload = payload() if callable(payload) else payload
        given = {} if payload is None else {"payload": payload}
        await say(socket, type="connection_init", **given)
        yield socket


@asynccontextmanager
async def begun(base_url: str, path: str = "/graphql", **options: Any) -> AsyncIterator[Any]:
    """Open a socket on which operations may be sent."""
    async with opened(base_url, None, path, **options) as socket:
        assert await heard(socket) == ACKNOWLEDGED
        yield socket


async def subscribe(socket: ClientConnection, query: str, **variables: object) -> str:
    """Send one operation; return its id."""
    number = uuid4().hex
    payload = {"query": query, "variables": variables}
    await say(socket, id=number, type="subscribe", payload=payload)
    return number


async def asked(socket: ClientConnection, query: str, **variables: object) -> dict[str, Any]:
    """Run one operation, and return its first message; the last must end it."""
    number = await subscribe(socket, query, **variables)
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


class Raw:
    """A client that does no more than it is told: it answers no pings, and reads when asked to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def opened(cls, base_url: str, path: str = "/graphql") -> AsyncIterator["Raw"]:
        """Open a socket, of which little is read ahead."""
        parts = urlsplit(base_url)
        own = new_socket()
        own.setsockopt(SOL_SOCKET, SO_RCVBUF, READ_AHEAD)
        own.connect((parts.hostname, parts.port))
        reader, writer = await asyncio.open_connection(sock=own, limit=READ_AHEAD)
        try:
            raw = cls(reader, writer)
            writer.write(
                f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n"
                "upgrade: websocket\r\nsec-websocket-version: 13\r\n"
                "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                f"sec-websocket-protocol: {PROTOCOL}\r\n\r\n".encode()
            )
            async with patience():
                answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 101 ")
            yield raw
        finally:
            writer.transport.abort()

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until there is room for more."""
        async with patience():
            await self._writer.drain()

    def say(self, **message: object) -> None:
        """Send a message."""
        frame = Frame(Opcode.TEXT, json.dumps(message).encode())
        self.write(frame.serialize(mask=True))

    async def frame(self) -> tuple[int, bytes] | None:
        """Wait for the next frame: its opcode and data; None where nothing comes any more."""
        try:
            async with patience():
                first, length = await self._reader.readexactly(2)
                if length == 126:
                    [length] = struct.unpack("!H", await self._reader.readexactly(2))
                elif length == 127:
                    [length] = struct.unpack("!Q", await self._reader.readexactly(8))
                return first & 0x0F, await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def code(self) -> int | None:
        """Read all there is; return the code that the server closes with, if it says one."""
        while (frame := await self.frame()) is not None:
            opcode, data = frame
            if opcode == Opcode.CLOSE:
                code: int = struct.unpack("!H", data[:2])[0] if data else NO_CODE
                return code
        return None
