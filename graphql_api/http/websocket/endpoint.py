"""The endpoint for WebSockets: who may open one, and how many may be open."""

from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from graphql_api.http.answer import of_refusal
from graphql_api.http.diagnostics import REQUEST_ID, headers_of, request_id_of
from graphql_api.http.observing import Observer
from graphql_api.http.refusal import RefusedError
from graphql_api.http.runner import Runner
from graphql_api.http.websocket.channel import Channel
from graphql_api.http.websocket.connection import Connection
from graphql_api.http.websocket.messages import PROTOCOL, Code
from graphql_api.http.websocket.operations import Operations
from graphql_api.http.websocket.origin import may_open
from graphql_api.settings import Settings


class SocketEndpoint:
    """Serves operations over WebSockets."""

    def __init__(self, runner: Runner) -> None:
        self._operations = Operations(runner)
        self.n_open = 0
        """Sockets that are open in this process."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, from its handshake on."""
        settings: Settings = scope["state"]["settings"]
        await receive()  # the wish to connect
        headers = headers_of(scope)
        if not may_open(headers, settings.allowed_origins):
            said = "pages of other sites may not open a socket here"
            await refuse(RefusedError(said, HTTPStatus.FORBIDDEN, code="FORBIDDEN"), scope, send)
            return
        is_known = PROTOCOL in scope["subprotocols"]
        accept: dict[str, Any] = {
            "type": "websocket.accept",
            "subprotocol": PROTOCOL if is_known else None,
            "headers": [(REQUEST_ID, headers[REQUEST_ID])],
        }
        await send(accept)
        if not is_known:
            await _close(send, Code.OTHER_PROTOCOL, f"Subprotocol not acceptable: {PROTOCOL}")
        elif self.n_open >= settings.max_sockets:
            await _close(send, Code.TRY_LATER, "Too many sockets are open")
        else:
            self.n_open += 1
            try:
                given = (self._operations, scope, receive, send, request_id_of(headers))
                await Connection(*given).run()
            finally:
                self.n_open -= 1


async def no_such_socket(socket: WebSocket) -> None:
    """Refuse a handshake for another address."""
    await socket.receive()
    said = "Not Found: sockets are opened at /graphql"
    await refuse(RefusedError(said, HTTPStatus.NOT_FOUND), socket.scope, socket.send)


async def refuse(refused: RefusedError, scope: Scope, send: Send) -> None:
    """Answer a handshake with why there is no socket."""
    answer, request_id = of_refusal(refused), headers_of(scope)[REQUEST_ID]
    headers = [*answer.raw_headers, (REQUEST_ID, request_id)]
    status = answer.status_code
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})
    observer: Observer = scope["state"]["observer"]
    observer.refused(request_id.decode(), refused.code, status)


async def _close(send: Send, code: Code, reason: str) -> None:
    await Channel(send, lambda *_: None).end(code, reason)
