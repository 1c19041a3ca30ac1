"""A proxy in front of PostgreSQL: it takes down what clients say, and can hide that a server left.

What a driver's own log tells is what the driver thinks that it asks; the round trips are here.
"""

import asyncio
import re
import struct
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

PORT = 5432  # names the socket's file
_KINDS = {
    b"B": "Bind",
    b"C": "Close",
    b"D": "Describe",
    b"E": "Execute",
    b"H": "Flush",
    b"P": "Parse",
    b"Q": "Query",
    b"S": "Sync",
    b"X": "Terminate",
    b"p": "Password",
}
_CHUNK = 65536
_BACKEND = re.compile(rb"(?P<head>K\x00\x00\x00\x0c)(?P<process>.{4})", re.DOTALL)  # BackendKeyData

RUN = ["Bind", "Execute", "Sync"]
"""What it takes to run a prepared statement: one round trip."""


def prepare(sql: str) -> list[str]:
    """Return what it takes to prepare a statement: one round trip too."""
    return [f"Parse {sql}", "Describe", "Flush"]


class Proxy:
    """Relays between clients and the server at ``server``."""

    def __init__(self, server: URL, folder: str, *, pools: bool = False) -> None:
        self.said: list[str] = []
        """The messages of all clients since `take`, in order; those with SQL are followed by it."""
        self.url = server.set(host=None, port=None, query={"host": folder, "port": str(PORT)})
        """Where it listens, in place of the server."""
        self._server = server
        self._pools = pools
        self._ends_are_told = asyncio.Event()
        self._ends_are_told.set()
        self._hidden = asyncio.Semaphore(0)
        self._links: set[asyncio.Task[None]] = set()

    def take(self) -> list[str]:
        """Return what was said since the last time."""
        said, self.said = self.said, []
        return said

    @contextmanager
    def hidden_ends(self) -> Iterator[None]:
        """Keep it from clients, while the block runs, that their server ended the stream."""
        self._ends_are_told.clear()
        try:
            yield
        finally:
            self._ends_are_told.set()

    async def wait_for_hidden_ends(self, number: int) -> None:
        """Wait until so many streams have ended, and their clients have read what came before.

        The clients must be in this event loop.
        """
        for _ in range(number):
            await self._hidden.acquire()
        for _ in range(3):  # the data are in the client's socket: the next turn reads them
            await asyncio.sleep(0)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay for a client until either side leaves."""
        link = asyncio.create_task(self._link(reader, writer))
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def close(self) -> None:
        """Leave all clients and servers."""
        for link in self._links:
            link.cancel()
        if self._links:
            await asyncio.wait(self._links)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, server = await self._connect()
        asking = asyncio.create_task(self._relay_questions(reader, server))
        answering = asyncio.create_task(self._relay_answers(answers, writer))
        try:
            await asyncio.wait([asking, answering], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (asking, answering):
                task.cancel()
            await asyncio.gather(asking, answering, return_exceptions=True)
            for end in (server, writer):
                end.close()
                with suppress(OSError):
                    await end.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url = self._server
        host = str(url.host or url.query["host"])
        port = int(url.port or str(url.query.get("port", PORT)))
        if host.startswith("/"):
            return await asyncio.open_unix_connection(Path(host, f".s.PGSQL.{port}"))
        return await asyncio.open_connection(host, port)

    async def _relay_questions(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter
    ) -> None:
        kind = b""  # the first message has none
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                size = await reader.readexactly(4)
                body = await reader.readexactly(struct.unpack("!I", size)[0] - 4)
                if kind:
                    self.said.append(_told(kind, body))
                server.write(kind + size + body)
                await server.drain()
                kind = await reader.readexactly(1)

    async def _relay_answers(
        self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await answers.read(_CHUNK):
                writer.write(_BACKEND.sub(_other_backend, data) if self._pools else data)
                await writer.drain()
        if not self._ends_are_told.is_set():
            self._hidden.release()
            await self._ends_are_told.wait()


def _other_backend(message: re.Match[bytes]) -> bytes:
    """Name another process than the server's own, as a pooler does."""
    number = struct.unpack("!I", message["process"])[0]
    return message["head"] + struct.pack("!I", number ^ 1)


def _told(kind: bytes, body: bytes) -> str:
    """Name a message, with its SQL if it has some."""
    name = _KINDS.get(kind, repr(kind))
    if kind == b"Q":
        return f"{name} {body[:-1].decode()}"
    if kind == b"P":  # the statement's name, its text, its types
        return f"{name} {body.split(bytes(1))[1].decode()}"
    return name


@asynccontextmanager
async def proxy(server: URL, *, pools: bool = False) -> AsyncGenerator[Proxy]:
    """Run a proxy of ``server`` on a socket that only this user can reach.

    One that ``pools`` names another process to its clients than the server's own.
    """
    with TemporaryDirectory(prefix="proxy-") as folder:  # a socket's path must be short
        running = Proxy(server, folder, pools=pools)
        listening = await asyncio.start_unix_server(
            running.accept, Path(folder, f".s.PGSQL.{PORT}")
        )
        try:
            yield running
        finally:
            listening.close()
            await running.close()
