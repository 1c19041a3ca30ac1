"""The GraphQL endpoint: Strawberry's view with our context, JSON, and page for browsers."""

import asyncio
import json
from datetime import datetime
from functools import lru_cache
from http.client import METHOD_NOT_ALLOWED
from typing import Any

import orjson
import strawberry
from cross_web import AsyncHTTPRequestAdapter, HTTPException, StarletteRequestAdapter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData

from graphql_api.db.database import Database
from graphql_api.execution import Execution
from graphql_api.http.diagnostics import mode_of, wants_batches
from graphql_api.http.graphiql import graphiql_page
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from graphql_api.loaders.report import Report
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
            loaders: Loaders | None = getattr(request.state, "loaders", None)
            if loaders is not None and loaders.operation.is_at_work:
                await asyncio.shield(loaders.close())
        await response(scope, receive, send)

    async def run(self, request: Any, *given: Any, **options: Any) -> Any:
        """Answer one request: one operation in a JSON body here, and all else as Strawberry does.

        Strawberry's way through views for every framework and protocol takes a third of the time
        that a small query does.
        """
        parts = await self._plain_parts(request)
        if parts is None:
            return await super().run(request, *given, **options)
        context = await self.get_context(request, _NO_RESPONSE)
        adapter = StarletteRequestAdapter(request)
        result = await self.execute_single(request, adapter, _NO_RESPONSE, context, None, parts)
        answer = await self.process_result(request, result)
        return Response(self.encode_json(answer), media_type="application/json")

    async def _plain_parts(self, request: Request) -> GraphQLRequestData | None:
        """Take apart a POST of one operation as JSON; None where it is anything else."""
        if request.method != "POST" or request.headers.get("content-type") != "application/json":
            return None
        data = self.parse_json(await request.body())
        if not isinstance(data, dict):
            return None
        query, variables, name = (data.get(key) for key in ("query", "variables", "operationName"))
        extensions = data.get("extensions")
        is_plain = (
            isinstance(query, str)
            and isinstance(variables, dict | None)
            and isinstance(name, str | None)
            and isinstance(extensions, dict | None)
        )
        return GraphQLRequestData(query, variables, name, extensions) if is_plain else None

    async def get_context(self, request: Request, response: Response) -> Context:  # type: ignore[override]  # noqa: ARG002  # no WebSocket comes here
        """Build fresh loaders for one operation; whatever they still do ends with the request."""
        database: Database = request.state.database
        settings: Settings = request.state.settings
        operation = Operation(database.reader(settings.max_connections_per_request), DEFAULT_TENANT)
        if wants_batches(request, settings):
            operation.report = Report()
        request.state.loaders = Loaders(operation)
        return Context(
            loaders=request.state.loaders,
            cursors=_cursors(settings.secret_key.get_secret_value(), DEFAULT_TENANT),
            execution=Execution(
                mode=mode_of(request, settings),
                leaves_times=True,
            ),
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
            return json.dumps(data, default=datetime.isoformat).encode()


# Strawberry lets resolvers set headers and the status on a response; ours have no use for that
_NO_RESPONSE = Response()


@lru_cache(1024)
def _cursors(secret: str, tenant_id: int) -> CursorCodec:
    return CursorCodec(secret, tenant_id)


def _refusal(error: HTTPException) -> Response:
    answer = {"errors": [{"message": error.reason, "extensions": {"code": "BAD_REQUEST"}}]}
    return Response(
        orjson.dumps(answer),
        status_code=error.status_code,
        headers={"Allow": "GET, POST"} if error.status_code == METHOD_NOT_ALLOWED else {},
        media_type="application/json",
    )
