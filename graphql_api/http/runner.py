"""Operations, whatever brings them: their contexts, their documents, and how they are run."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import strawberry
from graphql import ExperimentalIncrementalExecutionResults
from starlette.types import Scope
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.errors import ApiError, RateLimitedError
from graphql_api.execution import Execution, Mode
from graphql_api.http.attending import Attendant
from graphql_api.http.authentication import viewer_of
from graphql_api.http.diagnostics import Headers, mode_of, request_id_of, wants_batches
from graphql_api.http.persisted import PersistedDocuments, may_be_foreign
from graphql_api.http.rate import account_of
from graphql_api.http.refusal import BAD_REQUEST, RefusedError
from graphql_api.http.request import Asked
from graphql_api.http.status import refusing, without_operation
from graphql_api.loaders.report import Report
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.schema.limits.account import LEAST
from graphql_api.schema.masking import fault
from graphql_api.services.people.people import People
from graphql_api.settings import Settings

_EXECUTIONS = {mode: Execution(mode=mode, leaves_times=True) for mode in Mode}
_log = logging.getLogger("graphql_api.http")


class Runner:
    """Runs the operations of one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema = schema

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


async def fill_in(asked: Asked, scope: Scope, context: Context) -> None:
    """Put the document into a request that only names it."""
    documents: PersistedDocuments = scope["state"]["documents"]
    if documents.concern(asked):
        try:
            await documents.fill_in(asked, context.viewer.tenant_id)
        except RefusedError:
            await context.account.spend(LEAST)  # it was looked for all the same
            raise
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


@lru_cache(1024)
def _cursors(secret: str, tenant_id: int) -> CursorCodec:
    return CursorCodec(secret, tenant_id)


def refusal_of_fault(request_id: str) -> RefusedError:
    """Tell of a fault of ours, which the log has under the request's id."""
    _log.exception("error %s", request_id, extra={"request_id": request_id})
    status, told = HTTPStatus.INTERNAL_SERVER_ERROR, {"requestId": request_id}
    return RefusedError(fault(request_id), status, code="INTERNAL", extensions=told)
