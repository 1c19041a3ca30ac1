"""The GraphQL endpoint: Strawberry's view with our context, JSON, and page for browsers."""

import asyncio
import json
from datetime import datetime
from functools import lru_cache
from http.client import METHOD_NOT_ALLOWED
from typing import Any

import orjson
import strawberry
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLRequestData, process_result
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.types.graphql import OperationType

from graphql_api.errors import UnauthenticatedError
from graphql_api.execution import Execution, Mode
from graphql_api.http.authentication import unauthenticated, viewer_of
from graphql_api.http.diagnostics import (
    Headers,
    headers_of,
    mode_of,
    request_id_of,
    wants_batches,
)
from graphql_api.http.graphiql import graphiql_page
from graphql_api.loaders.registry import Loaders
from graphql_api.loaders.report import Report
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.services.people.people import People
from graphql_api.settings import Settings


class GraphQLEndpoint(GraphQL[Context, None]):
    """Serves operations over HTTP, and GraphiQL to browsers."""

    def __init__(self, schema: strawberry.Schema) -> None:
        super().__init__(schema, subscription_protocols=())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: one operation in a JSON body here, and all else as Strawberry does.

        Strawberry's way through views for every framework and protocol takes a third of the time
        that a small query does.
        """
        headers = headers_of(scope)
        if scope["method"] != "POST" or headers.get(b"content-type") != b"application/json":
            await self._answer_by_view(scope, receive, send)
            return
        message = await receive()
        chunks: list[bytes] = [message.get("body", b"")]
        while message.get("more_body"):
            message = await receive()
            chunks.append(message.get("body", b""))
        if message["type"] == "http.disconnect":
            return  # nobody is there to read an answer
        body = b"".join(chunks)
        try:
            answer = await self._answer(scope, headers, body)
        except UnauthenticatedError as error:
            await unauthenticated(error)(scope, receive, send)
            return
        if answer is None:
            await self._answer_by_view(scope, _again(body, receive), send)
            return
        length = b"%d" % len(answer)
        given = [(b"content-length", length), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": given})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, scope: Scope, headers: Headers, body: bytes) -> bytes | None:
        """Answer a body with one operation; None where it is anything else, or is refused."""
        parts = _plain_parts(body)
        if parts is None:
            return None
        query, variables, name, extensions = parts
        context = self.context_of(scope, headers)
        try:
            result = await self.schema.execute(
                query, variables, context, None, name, _BY_POST, extensions
            )
        except (CannotGetOperationTypeError, InvalidOperationTypeError, MissingQueryError):
            return None  # nothing ran
        finally:
            if context.loaders.operation.is_at_work:
                await asyncio.shield(context.loaders.close())
        return self.encode_json(process_result(result))

    async def _answer_by_view(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by Strawberry's view; what is no GraphQL request gets its reason as JSON."""
        request = Request(scope, receive)
        try:
            response = await self.run(request)
        except HTTPException as error:
            response = _refusal(error)
        except UnauthenticatedError as error:
            response = unauthenticated(error)
        except ClientDisconnect:
            return  # nobody is there to read an answer
        finally:
            loaders: Loaders | None = getattr(request.state, "loaders", None)
            if loaders is not None and loaders.operation.is_at_work:
                await asyncio.shield(loaders.close())
        await response(scope, receive, send)

    async def get_context(self, request: Request, response: Response) -> Context:  # type: ignore[override]  # noqa: ARG002  # no WebSocket comes here
        """Build fresh loaders for one operation; whatever they still do ends with the request."""
        context = self.context_of(request.scope, headers_of(request.scope))
        request.state.loaders = context.loaders
        return context

    def context_of(self, scope: Scope, headers: Headers) -> Context:
        """Build the context of one operation, with fresh loaders.

        Raises:
            UnauthenticatedError: the sender is not who they say.
        """
        state = scope["state"]
        settings: Settings = state["settings"]
        people: People = state["people"]
        viewer = viewer_of(scope, headers, people.tokens)
        context = Context.of(
            state["database"],
            viewer,
            _cursors(settings.secret_key.get_secret_value(), viewer.tenant_id),
            max_connections=settings.max_connections_per_request,
            request_id=request_id_of(headers),
            execution=_EXECUTIONS[mode_of(headers, settings)],
            people=people,
        )
        if wants_batches(headers, settings):
            context.loaders.operation.report = Report()
        return context

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
        return as_json(data)


def as_json(data: object) -> bytes:
    """Write an answer as JSON; its times are still objects."""
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:  # it gives up at a depth that a query can reach
        return json.dumps(data, default=datetime.isoformat).encode()


_EXECUTIONS = {mode: Execution(mode=mode, leaves_times=True) for mode in Mode}
_BY_POST = OperationType.from_http("POST")


def _plain_parts(body: bytes) -> tuple[str, Any, Any, Any] | None:
    """Take apart a body with one operation: query, variables, name, extensions; else None."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if data.__class__ is not dict:
        return None
    query, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    extensions = data.get("extensions")
    if (
        query.__class__ is str
        and (variables is None or variables.__class__ is dict)
        and (name is None or name.__class__ is str)
        and (extensions is None or extensions.__class__ is dict)
    ):
        return query, variables, name, extensions
    return None


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, and then whatever comes."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return left.pop() if left else await receive()

    return next_message


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
