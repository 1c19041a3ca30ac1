"""The GraphQL endpoint: Strawberry's view with our context, JSON, and page for browsers."""

import asyncio
import json
from http.client import METHOD_NOT_ALLOWED
from typing import Any

import orjson
import strawberry
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData

from graphql_api.db.database import Database
from graphql_api.http.graphiql import graphiql_page
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from graphql_api.models import DEFAULT_TENANT
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.settings import Settings


class GraphQLEndpoint(GraphQL[Context, None]):
    """Serves operations over HTTP, and GraphiQL to browsers."""

    def __init__(self, schema: strawberry.Schema) -> None:
        super().__init__(schema, subscription_protocols=())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is no GraphQL request gets its reason as JSON."""
        request = Request(scope, receive)
        try:
            response = await self.run(request)
        except HTTPException as error:
            response = _refusal(error)
        except ClientDisconnect:
            return  # nobody is there to read an answer
        finally:
            if (loaders := getattr(request.state, "loaders", None)) is not None:
                await asyncio.shield(loaders.close())
        await response(scope, receive, send)

    async def get_context(self, request: Request, response: Response) -> Context:  # type: ignore[override]  # noqa: ARG002  # no WebSocket comes here
        """Build fresh loaders for one operation; whatever they still do ends with the request."""
        database: Database = request.state.database
        settings: Settings = request.state.settings
        reader = database.reader(settings.max_connections_per_request)
        request.state.loaders = Loaders(Operation(reader, DEFAULT_TENANT))
        return Context(
            loaders=request.state.loaders,
            cursors=CursorCodec(settings.secret_key.get_secret_value(), DEFAULT_TENANT),
        )

    async def render_graphql_ide(self, request: Request) -> Response:
        """Show GraphiQL, with every asset served by us."""
        return graphiql_page(request)

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Take a request apart; Strawberry leaves the name of the operation unchecked."""
        parts = await super().parse_http_body(request)
        name = None if isinstance(parts, list) else parts.operation_name
        if not isinstance(name, str | None):
            raise HTTPException(400, "The `operationName` must be a string or null, if provided.")
        return parts

    def decode_json(self, data: str | bytes) -> Any:  # JSON
        """Read an object or a list; half surrogates and what else is no text are no JSON."""
        value = orjson.loads(data)
        if not isinstance(value, dict | list | None):
            raise HTTPException(400, "An object was expected as JSON")
        return value or {}

    def encode_json(self, data: object) -> bytes:
        """Write JSON."""
        try:
            return orjson.dumps(data)
        except orjson.JSONEncodeError:  # it gives up at a depth that a query can reach
            return json.dumps(data).encode()


def _refusal(error: HTTPException) -> Response:
    answer = {"errors": [{"message": error.reason, "extensions": {"code": "BAD_REQUEST"}}]}
    return Response(
        orjson.dumps(answer),
        status_code=error.status_code,
        headers={"Allow": "GET, POST"} if error.status_code == METHOD_NOT_ALLOWED else {},
        media_type="application/json",
    )
