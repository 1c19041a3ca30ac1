"""The GraphQL endpoint: one request's way from its bytes to its answer."""

import asyncio
import time
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from graphql import ExperimentalIncrementalExecutionResults, GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.errors import ApiError
from graphql_api.execution import may_have_parts
from graphql_api.http.answer import of_batch, of_result
from graphql_api.http.attending import Attendant
from graphql_api.http.authentication import seconds_left
from graphql_api.http.body import read_body
from graphql_api.http.diagnostics import (
    Headers,
    headers_of,
    request_id_of,
)
from graphql_api.http.exchange import AnyAnswer, Exchange
from graphql_api.http.graphiql import graphiql_page, wants_page
from graphql_api.http.negotiation import (
    JSON,
    accepted,
    check_content_encoding,
    check_content_type,
)
from graphql_api.http.rate import headers_of_all
from graphql_api.http.refusal import RefusedError
from graphql_api.http.request import Asked, from_body, from_parameters
from graphql_api.http.runner import Runner, fill_in, refusal_of_fault
from graphql_api.http.status import not_by, refused_by
from graphql_api.http.stream import Events, Multipart, Stream, parts_in_order
from graphql_api.schema.context import Context
from graphql_api.settings import Settings

_ALLOWED = {
    "GET": {OperationType.QUERY},
    "HEAD": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}


class GraphQLEndpoint:
    """Serves operations over HTTP, and GraphiQL to browsers."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is wrong with it is told as JSON."""
        exchange = Exchange(headers_of(scope))
        answer: AnyAnswer
        try:
            answer = await self._answer(scope, exchange, receive)
        except RefusedError as refused:
            answer = exchange.refused(refused)
        except ApiError as error:
            answer = exchange.refused(refused_by(error))
        except ClientDisconnect:
            return  # nobody is there to read an answer
        except asyncio.CancelledError:  # the process ends, and nothing else cancels a request
            answer = exchange.refused(refused_by(exchange.cut_off()))
        except Exception:  # noqa: BLE001  # a fault of ours, which no client may see
            answer = exchange.refused(refusal_of_fault(request_id_of(exchange.headers)))
        await exchange.send(answer, scope, receive, send)

    async def _answer(self, scope: Scope, exchange: Exchange, receive: Receive) -> AnyAnswer:
        """Take a request apart, and answer what it asks for."""
        headers = exchange.headers
        method, takes = scope["method"], accepted(headers.get(b"accept"))
        if method not in _ALLOWED:
            said = "operations are sent by POST, and queries by GET too"
            allow = {"Allow": ", ".join(_ALLOWED)}
            raise RefusedError(said, HTTPStatus.METHOD_NOT_ALLOWED, headers=allow)
        is_post = method == "POST"
        settings: Settings = scope["state"]["settings"]
        if settings.shows_graphiql and wants_page(scope, takes):
            return graphiql_page(Request(scope))
        context = self._runner.context_of(scope, headers)
        if is_post:
            asked = await _posted(scope, headers, receive)
        else:
            asked = from_parameters(scope["query_string"])
        if isinstance(asked, list):
            if takes.json is None:
                raise RefusedError(f"a batch is answered as {JSON}", HTTPStatus.NOT_ACCEPTABLE)
            contexts = [context, *(self._runner.context_of(scope, headers) for _ in asked[1:])]
            results = await self._batch(asked, contexts, exchange, scope, receive)
            return of_batch(results, takes, headers_of_all(each.account for each in contexts))
        try:
            result = await self._attended(asked, context, exchange, scope, receive, takes.multipart)
        except InvalidOperationTypeError as error:
            if takes.events and error.operation_type is OperationType.SUBSCRIPTION:
                events = await self._runner.subscribe(asked, context, scope)
                left_s = seconds_left(scope, headers, scope["state"]["people"].tokens)
                return Stream(Events(), events, context, left_s)
            raise not_by(method, error.operation_type) from None
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            used_s = time.perf_counter() - context.notes.began
            attendant: Attendant = scope["state"]["attendant"]
            operation = context.loaders.operation
            parts = attendant.run_parts(operation, parts_in_order(result), used_s)
            return Stream(Multipart(), parts, context)
        return of_result(result, takes, context.account.headers())

    async def _batch(
        self,
        asked: list[Asked],
        contexts: list[Context],
        exchange: Exchange,
        scope: Scope,
        receive: Receive,
    ) -> list[ExecutionResult]:
        """Run the operations of a batch side by side."""
        async with asyncio.TaskGroup() as group:
            tasks = []
            for one, context in zip(asked, contexts, strict=True):
                entry = self._entry(one, context, exchange, scope, receive)
                tasks.append(group.create_task(entry))
                await asyncio.sleep(0)  # others are served before the next document is read
        return [task.result() for task in tasks]

    async def _entry(
        self, asked: Asked, context: Context, exchange: Exchange, scope: Scope, receive: Receive
    ) -> ExecutionResult:
        """Run one operation of a batch: what is wrong with it is no matter of the others."""
        try:
            return await self._attended(asked, context, exchange, scope, receive)
        except InvalidOperationTypeError as error:
            refused = not_by(scope["method"], error.operation_type)
        except RefusedError as error:
            refused = error
        except ApiError as error:
            refused = refused_by(error)
        context.notes.refused(refused.code)
        said = GraphQLError(refused.message, extensions=refused.extensions)
        return ExecutionResult(None, [said])

    async def _attended(
        self,
        asked: Asked,
        context: Context,
        exchange: Exchange,
        scope: Scope,
        receive: Receive,
        takes_parts: bool = False,  # noqa: FBT001, FBT002  # on the way of every request
    ) -> ExecutionResult:
        """Run one operation of a request when it is its turn."""
        exchange.begin(context)
        attendant: Attendant = scope["state"]["attendant"]
        act = partial(self._act, asked, context, scope, takes_parts)
        return await attendant.run(context.loaders.operation, act, receive)

    async def _act(
        self,
        asked: Asked,
        context: Context,
        scope: Scope,
        takes_parts: bool,  # noqa: FBT001  # on the way of every request
    ) -> ExecutionResult:
        """Look its document up, if it is only named, and run the operation."""
        await fill_in(asked, scope, context)
        if takes_parts and may_have_parts(asked.query):
            context = replace(context, execution=replace(context.execution, in_parts=True))
        return await self._runner.run(asked, context, _ALLOWED[scope["method"]])


async def _posted(scope: Scope, headers: Headers, receive: Receive) -> Asked | list[Asked]:
    """Read what was sent by POST."""
    check_content_type(headers.get(b"content-type"))
    if b"content-encoding" in headers:
        check_content_encoding(headers[b"content-encoding"])
    settings: Settings = scope["state"]["settings"]
    body = await read_body(receive, headers.get(b"content-length"), settings.max_body_bytes)
    return from_body(body, settings.max_batch_operations)
