"""The endpoint for WebSockets: who may open one, and how many may be open."""

from typing import Any

from starlette.types import Receive, Scope, Send

from graphql_api.http.diagnostics import REQUEST_ID, headers_of, request_id_of
from graphql_api.http.endpoint import GraphQLEndpoint
from graphql_api.http.websocket.channel import Channel
from graphql_api.http.websocket.connection import Connection
from graphql_api.http.websocket.messages import PROTOCOL, Code
from graphql_api.http.websocket.operations import Operations
from graphql_api.http.websocket.origin import may_open
from graphql_api.settings import Settings


class SocketEndpoint:
    """Serves operations over WebSockets, in contexts that the endpoint for HTTP makes."""

    def __init__(self, endpoint: GraphQLEndpoint) -> None:
        self._operations = Operations(endpoint)
        self.n_open = 0
        """Sockets that are open in this process."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, from its handshake on."""
        settings: Settings = scope["state"]["settings"]
        await receive()  # the wish to connect
        headers = headers_of(scope)
        if not may_open(headers, settings.allowed_origins):
            await send({"type": "websocket.close"})  # before it was accepted: status 403
            return
        is_known = PROTOCOL in scope["subprotocols"]
        accept: dict[str, Any] = {
            "type": "websocket.accept",
            "subprotocol": PROTOCOL if is_known else None,
            "headers": [(REQUEST_ID, headers[REQUEST_ID])],
        }
        await send(accept)
        if not is_known:
            await _refuse(send, Code.OTHER_PROTOCOL, f"Subprotocol not acceptable: {PROTOCOL}")
        elif self.n_open >= settings.max_sockets:
            await _refuse(send, Code.TRY_LATER, "Too many sockets are open")
        else:
            self.n_open += 1
            try:
                given = (self._operations, scope, receive, send, request_id_of(headers))
                await Connection(*given).run()
            finally:
                self.n_open -= 1


async def _refuse(send: Send, code: Code, reason: str) -> None:
    await Channel(send, lambda *_: None).end(code, reason)
