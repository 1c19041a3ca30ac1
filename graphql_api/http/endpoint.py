"""The GraphQL endpoint: one request's way from its bytes to its answer."""

import asyncio
import logging
import time
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any

import strawberry
from graphql import ExperimentalIncrementalExecutionResults, GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.errors import ApiError, RateLimitedError
from graphql_api.execution import Execution, Mode, may_have_parts
from graphql_api.http.answer import of_batch, of_result
from graphql_api.http.attending import Attendant
from graphql_api.http.authentication import seconds_left, viewer_of
from graphql_api.http.body import read_body
from graphql_api.http.diagnostics import (
    Headers,
    headers_of,
    mode_of,
    request_id_of,
    wants_batches,
)
from graphql_api.http.exchange import AnyAnswer, Exchange
from graphql_api.http.graphiql import graphiql_page, wants_page
from graphql_api.http.negotiation import (
    JSON,
    accepted,
    check_content_encoding,
    check_content_type,
)
from graphql_api.http.persisted import PersistedDocuments, may_be_foreign
from graphql_api.http.rate import account_of, headers_of_all
from graphql_api.http.refusal import BAD_REQUEST, RefusedError
from graphql_api.http.request import Asked, from_body, from_parameters
from graphql_api.http.status import not_by, refused_by, refusing, without_operation
from graphql_api.http.stream import Events, Multipart, Stream, parts_in_order
from graphql_api.loaders.report import Report
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.schema.masking import fault
from graphql_api.services.people.people import People
from graphql_api.settings import Settings

_EXECUTIONS = {mode: Execution(mode=mode, leaves_times=True) for mode in Mode}
_ALLOWED = {
    "GET": {OperationType.QUERY},
    "HEAD": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}
_log = logging.getLogger("graphql_api.http")


class GraphQLEndpoint:
    """Serves operations over HTTP, and GraphiQL to browsers."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema = schema

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
        context = self.context_of(scope, headers)
        if is_post:
            asked = await _posted(scope, headers, receive)
        else:
            asked = from_parameters(scope["query_string"])
        if isinstance(asked, list):
            if takes.json is None:
                raise RefusedError(f"a batch is answered as {JSON}", HTTPStatus.NOT_ACCEPTABLE)
            contexts = [context, *(self.context_of(scope, headers) for _ in asked[1:])]
            results = await self._batch(asked, contexts, exchange, scope, receive)
            return of_batch(results, takes, headers_of_all(each.account for each in contexts))
        try:
            result = await self._attended(asked, context, exchange, scope, receive, takes.multipart)
        except InvalidOperationTypeError as error:
            if takes.events and error.operation_type is OperationType.SUBSCRIPTION:
                events = await self.subscribe(asked, context, scope)
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
        return await self.run(asked, context, _ALLOWED[scope["method"]])

    async def run(
        self, asked: Asked, context: Context, allowed: Collection[OperationType]
    ) -> ExecutionResult:
        """Run one operation; whatever it still does at its end is stopped.

        Raises:
            RefusedError: there is no document.
            InvalidOperationTypeError: it is of a kind that is not allowed.
        """
        context.notes.enter(asked.query)
        if asked.refused is not None:
            return await _refused(asked.refused, context)
        result: object = None
        try:
            result = await self.schema.execute(
                asked.query,
                asked.variables,
                context,
                None,
                asked.name,
                allowed,
                asked.extensions,
            )
        except CannotGetOperationTypeError:
            context.notes.refused(BAD_REQUEST)
            return without_operation(asked.name)
        except MissingQueryError:
            raise RefusedError("there is no 'query'") from None
        else:
            if isinstance(result, ExecutionResult):
                context.notes.answered(result.data, result.errors)
            if asked.keep is not None:
                await asked.keep()
            return result
        finally:
            is_over = not isinstance(result, ExperimentalIncrementalExecutionResults)
            if is_over and context.loaders.operation.is_at_work:
                await asyncio.shield(context.loaders.close())

    async def subscribe(self, asked: Asked, context: Context, scope: Scope) -> Any:
        """Begin a subscription; give its results to come, each made when it is its turn."""
        attendant: Attendant = scope["state"]["attendant"]
        context = replace(context, attend=attendant.run_event)
        context.account.paid = context.loaders.operation.loop.create_future()
        context.notes.enter(asked.query)
        return await self.schema.subscribe(
            asked.query, asked.variables, context, None, asked.name, asked.extensions
        )

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
            account=account_of(state["rate"], scope, headers, viewer),
        )
        if wants_batches(headers, settings):
            context.loaders.operation.report = Report()
        return context


async def fill_in(asked: Asked, scope: Scope, context: Context) -> None:
    """Put the document into a request that only names it."""
    documents: PersistedDocuments = scope["state"]["documents"]
    if documents.concern(asked):
        await documents.fill_in(asked, context.viewer.tenant_id)
        if may_be_foreign(scope):
            asked.keep = None


async def _refused(error: ApiError, context: Context) -> ExecutionResult:
    """Tell why an operation is not run; the way to know that is to be paid for."""
    try:
        await context.account.pay()
    except RateLimitedError as over:
        error = over
    context.notes.refused(error.code)
    return refusing(error)


async def _posted(scope: Scope, headers: Headers, receive: Receive) -> Asked | list[Asked]:
    """Read what was sent by POST."""
    check_content_type(headers.get(b"content-type"))
    if b"content-encoding" in headers:
        check_content_encoding(headers[b"content-encoding"])
    settings: Settings = scope["state"]["settings"]
    body = await read_body(receive, headers.get(b"content-length"), settings.max_body_bytes)
    return from_body(body, settings.max_batch_operations)


@lru_cache(1024)
def _cursors(secret: str, tenant_id: int) -> CursorCodec:
    return CursorCodec(secret, tenant_id)


def refusal_of_fault(request_id: str) -> RefusedError:
    """Tell of a fault of ours, which the log has under the request's id."""
    _log.exception("error %s", request_id, extra={"request_id": request_id})
    status, told = HTTPStatus.INTERNAL_SERVER_ERROR, {"requestId": request_id}
    return RefusedError(fault(request_id), status, code="INTERNAL", extensions=told)
