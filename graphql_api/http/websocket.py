"""Operations over a WebSocket, by the protocol `graphql-transport-ws`.

The access token comes in `connection_init`, as a header would: `{"Authorization": "Bearer …"}`. A
socket lives longer than what its operations may share, so each has a context of its own, and shows
the token anew: one that has expired meanwhile ends what is asked with it, not the socket.
"""

import asyncio
import copy
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import GraphQLError
from starlette.requests import Request
from starlette.types import Scope
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types.unset import UnsetType

from graphql_api.errors import UnauthenticatedError
from graphql_api.http.answer import as_json
from graphql_api.http.diagnostics import headers_of
from graphql_api.http.endpoint import GraphQLEndpoint
from graphql_api.http.persisted import PersistedDocuments
from graphql_api.http.request import Asked
from graphql_api.http.status import refusing
from graphql_api.schema.context import Context

_HEADER = b"authorization"


@dataclass
class Socket:
    """A connection, and what its client said of itself."""

    scope: Scope
    connection_params: dict[str, Any] = field(default_factory=dict)
    """The payload of `connection_init`; Strawberry sets it."""

    def scope_with_token(self) -> Scope:
        """Give the scope as if the token had come in its header."""
        names = ("Authorization", "authorization")
        token = next(
            (self.connection_params[name] for name in names if name in self.connection_params), None
        )
        if token is None:
            return self.scope
        others = [header for header in self.scope["headers"] if header[0] != _HEADER]
        return {**self.scope, "headers": [*others, (_HEADER, str(token).encode())]}


class _Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """Strawberry's, but each operation has a context of its own."""

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        view: Any = self.view
        try:
            context = view.context_of(self.context)
        except UnauthenticatedError as error:
            said = GraphQLError(error.message, extensions=error.extensions)
            await operation.send_initial_errors([said])
            return
        documents: PersistedDocuments = self.context.scope["state"]["documents"]
        asked = Asked(operation.query)
        if documents.concern(asked):
            await documents.fill_in(asked, context.viewer.tenant_id)
        if asked.refused is not None:
            await operation.send_initial_errors(refusing(asked.refused).errors or [])
            return
        alone = copy.copy(self)
        alone.context = context
        try:
            await super(_Handler, alone).run_operation(operation)
        finally:
            if context.loaders.operation.is_at_work:
                await asyncio.shield(context.loaders.close())

    async def handle_message(self, message: Any) -> None:  # JSON
        if isinstance(message, dict):
            await super().handle_message(message)  # type: ignore[arg-type]  # it looks at the type
        else:
            await self.handle_invalid_message("Failed to parse message")


class SocketEndpoint(GraphQL[Any, None]):
    """Serves operations over WebSockets, in contexts that the endpoint for HTTP makes."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, schema: strawberry.Schema, endpoint: GraphQLEndpoint) -> None:
        super().__init__(schema, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,))
        self._endpoint = endpoint

    def context_of(self, socket: Socket) -> Context:
        """Build the context of one operation."""
        scope = socket.scope_with_token()
        return self._endpoint.context_of(scope, headers_of(scope))

    async def get_context(self, request: Request | WebSocket, response: object) -> Socket:  # noqa: ARG002  # Strawberry's
        """Begin a connection."""
        return Socket(request.scope)

    async def on_ws_connect(self, context: Socket) -> UnsetType:
        """Refuse whoever is not who they say, before they ask for anything."""
        try:
            self.context_of(context)
        except UnauthenticatedError as error:
            raise ConnectionRejectionError from error
        return UnsetType()

    def encode_json(self, data: object) -> str:
        """Write a message."""
        return as_json(data).decode()
