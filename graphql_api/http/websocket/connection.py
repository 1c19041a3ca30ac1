"""One socket, from its first message to its end."""

import asyncio
from typing import Any

from starlette.types import Receive, Scope, Send

from graphql_api.errors import UnauthenticatedError
from graphql_api.http.observing import Observer
from graphql_api.http.refusal import RefusedError
from graphql_api.http.runner import refusal_of_fault
from graphql_api.http.websocket.channel import Channel
from graphql_api.http.websocket.messages import ClosedError, Code, Message, read, refusal
from graphql_api.http.websocket.operation import Errors, Operation, as_errors
from graphql_api.http.websocket.operations import Operations
from graphql_api.http.websocket.protocol import DRAIN_S
from graphql_api.http.websocket.token import with_token
from graphql_api.schema.limits.exceeded import EXCEEDED
from graphql_api.settings import Settings

_Task = asyncio.Task[None]


class Connection:
    """Takes the messages of one client, and runs what they ask for."""

    def __init__(
        self, operations: Operations, scope: Scope, receive: Receive, send: Send, request_id: str
    ) -> None:
        self._operations = operations
        self._request_id = request_id
        self._scope = scope
        self._receive = receive
        self._settings: Settings = scope["state"]["settings"]
        self._channel = Channel(send, self._close)
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[tuple[Code, str]] = self._loop.create_future()
        self._is_acknowledged = False
        self._is_draining = False
        self._running: dict[str, Operation] = {}
        self._tasks: set[_Task] = set()
        """Also those of operations that the client no longer wants: they may take a bit to end."""

    async def run(self) -> None:
        """Serve until either side closes the socket; nothing of it runs on."""
        receiving = asyncio.create_task(self._serve())
        timer = self._loop.call_later(self._settings.socket_init_timeout_s, self._expect_init)
        try:
            either: set[asyncio.Future[Any]] = {receiving, self._closed}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the process ends, and nothing else cancels a socket
            self._close(Code.RESTART, "Service restart")
        finally:
            timer.cancel()
            receiving.cancel()
            for operation in self._running.values():
                operation.leave()
            self._running.clear()
            if self._closed.done():
                await self._channel.end(*self._closed.result())
            await asyncio.wait({receiving, *self._tasks})

    def _close(self, code: Code, reason: str) -> None:
        """Have the socket closed; what it was first closed for counts."""
        if not self._closed.done():
            self._closed.set_result((code, reason))

    def _expect_init(self) -> None:
        if not self._is_acknowledged:
            self._close(Code.INIT_TIMEOUT, "Connection initialisation timeout")

    async def _serve(self) -> None:
        """Take one message after the other."""
        most_bytes = self._settings.max_body_bytes
        try:
            while True:
                frame: dict[str, Any] = dict(await self._receive())
                if frame["type"] == "websocket.receive":
                    await self._take(read(frame, most_bytes))
                elif frame["type"] == "websocket.shutdown":
                    self._drain()
                else:
                    return  # the client has left
                await asyncio.sleep(0)  # others get their turn, however many messages there are
        except ClosedError as error:
            self._close(error.code, error.reason)
        except Exception:  # noqa: BLE001  # a fault of ours, which no client may see
            refusal_of_fault(self._request_id)
            self._close(Code.INTERNAL, "Internal server error")

    async def _take(self, message: Message) -> None:
        if message.kind == "subscribe":
            await self._subscribe(message)
        elif message.kind == "complete":
            self._complete(message.id)
        elif message.kind == "connection_init":
            await self._init(message.payload)
        elif message.kind == "ping":
            await self._channel.send({"type": "pong"})

    async def _init(self, payload: dict[str, Any]) -> None:
        if self._is_acknowledged:
            raise ClosedError(Code.INIT_TWICE, "Too many initialisation requests")
        try:
            self._scope = with_token(self._scope, payload)
            self._operations.context_of(self._scope)
        except UnauthenticatedError:
            raise ClosedError(Code.FORBIDDEN, "Forbidden") from None
        self._is_acknowledged = True
        await self._channel.send({"type": "connection_ack"})

    async def _subscribe(self, message: Message) -> None:
        if not self._is_acknowledged:
            raise ClosedError(Code.UNAUTHORIZED, "Unauthorized")
        if message.id in self._running:
            raise ClosedError(Code.ID_IN_USE, f"Subscriber for {message.id} already exists")
        try:
            asked = message.asked()
            await self._make_room()
        except RefusedError as error:
            observer: Observer = self._scope["state"]["observer"]
            observer.refused(self._request_id, error.code)
            await self._end(message.id, as_errors(error))
            return
        operation = Operation(message.id, asked, self._operations, self._scope, self._channel)
        task = self._loop.create_task(self._run(operation))
        self._running[message.id] = operation
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _make_room(self) -> None:
        """Wait for an operation that the client no longer wants, if one has to end first.

        Raises:
            RefusedError: no more can run.
        """
        if self._is_draining:
            said = "the server is going down; please connect again"
            raise refusal(said, "UNAVAILABLE", retryAfterSeconds=1)
        most = self._settings.max_socket_operations
        if len(self._running) >= most:
            EXCEEDED["socket_operations"] += 1
            raise refusal(f"a socket has at most {most} operations at a time", "LIMIT_EXCEEDED")
        while len(self._tasks) >= most:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def _complete(self, number: str) -> None:
        """End an operation that its client no longer wants; it may have ended already."""
        if number in self._running:
            self._running.pop(number).leave()

    async def _run(self, operation: Operation) -> None:
        errors = await operation.run()
        if self._running.get(operation.id) is operation:
            del self._running[operation.id]  # before its last message: then its id is free
            await self._end(operation.id, errors)

    async def _end(self, number: str, errors: Errors) -> None:
        """Send the last message of an operation."""
        if errors:
            await self._channel.send({"id": number, "type": "error", "payload": errors})
        else:
            await self._channel.send({"id": number, "type": "complete"})

    def _ended(self, task: _Task) -> None:
        self._tasks.discard(task)
        if self._is_draining:
            self._close_if_drained()

    def _drain(self) -> None:
        """Let queries and mutations come to their end, and then close the socket."""
        self._is_draining = True
        self._loop.call_later(DRAIN_S, self._close, Code.RESTART, "Service restart")
        self._close_if_drained()

    def _close_if_drained(self) -> None:
        if all(operation.is_stream for operation in self._running.values()):
            self._close(Code.RESTART, "Service restart")
