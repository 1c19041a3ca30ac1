"""Strawberry's schema, with a short way for documents that are known to be valid."""

import asyncio
import gc
from collections.abc import Iterable, Sequence
from typing import Any

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.execution import (
    DocumentCache,
    PlanExecutor,
    Started,
    documents_of,
    operation_of,
    options_of,
)
from graphql_api.execution.documents import KnownDocument
from graphql_api.execution.executor import MOST_MISTAKES
from graphql_api.execution.prepared import Prepared
from graphql_api.schema.batches import BatchReport, report_of
from graphql_api.schema.context import Context, account_of, note_cost
from graphql_api.schema.limits.admission import Admission, Payment, admit, dry, note_of
from graphql_api.schema.masking import StableErrors, public

EXTENSIONS = (StableErrors, Admission, DocumentCache, BatchReport, Payment)
"""Ours. What they do for a valid document `Schema.execute` can do without them."""


class Schema(strawberry.Schema):
    """Strawberry's, but silent: `StableErrors` logs what is our fault, and nobody's values."""

    def process_errors(
        self, errors: Sequence[GraphQLError], execution_context: object = None
    ) -> None:
        """Log nothing."""

    @property
    def _is_plain(self) -> bool:
        """Whether an operation meets nothing but our extensions and a plan."""
        return (
            self.extensions == EXTENSIONS
            and not self.directives
            and self.execution_context_class is PlanExecutor
        )

    async def execute(  # as Strawberry has it
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute an operation.

        Where its document was found valid before, and nothing was added to the schema, what our
        extensions do is done without hooks, which take as long as a small operation does.
        """
        is_known = query and self._is_plain and not _is_in_parts(context_value)
        known = documents_of(self).get(query) if is_known else None
        operation = known and operation_of(self._schema, known, operation_name)
        if not known or not operation or not _may_run(operation.type, allowed_operation_types):
            try:
                result: ExecutionResult = await super().execute(
                    query,
                    variable_values,
                    context_value,
                    root_value,
                    operation_name,
                    allowed_operation_types,
                    operation_extensions,
                )
            finally:
                # what has read a new document leaves a thousand objects that lead to themselves:
                # they are freed when nothing holds them any more, while they are young
                asyncio.get_running_loop().call_soon(gc.collect, 1)
            # where it comes in parts it is none, and has no errors of its own
            if errors := getattr(result, "errors", None):
                result.errors = [_with_code(error, context_value) for error in errors]
            return result
        if context_value.__class__ is Context:
            context_value.notes.runs(operation.type.value, operation.name)
        try:
            asked = (operation_name, variable_values, context_value)
            operation = await self._admitted(known, operation, *asked)
            given = (variable_values, root_value, context_value, operation_extensions)
            answer = operation.start(self._schema, *given)
            if answer.__class__ is Started:
                if answer.run.waiting:
                    await answer.run.levels()
                answer = answer.ended()
            if answer.__class__ is not CoreResult:
                answer = await answer
            data, errors = answer.data, answer.errors
        except Exception as fault:  # noqa: BLE001  # no field raised it, so it is ours
            data, errors = None, [GraphQLError(str(fault), original_error=fault)]
        if errors:
            errors = [public(error, context_value, is_executing=True) for error in errors]
        return ExecutionResult(data, errors, extensions_of(context_value))

    async def _admitted(
        self,
        known: KnownDocument,
        operation: Prepared,
        name: str | None,
        variables: dict[str, Any] | None,
        context: object,
    ) -> Prepared:
        """Have an operation weighed and paid for; return it, or what is left of one that is dry.

        Raises:
            ApiError, GraphQLError: it is not to run.
        """
        account, note = account_of(context), note_of(self._schema, known)
        try:
            admit(note, account, name, variables)
        finally:
            note_cost(context)
        if account.is_metered:
            await account.pay()
        if not account.is_dry:
            return operation
        dried = operation_of(self._schema, dry(note, known.document, name), name)
        assert dried is not None  # noqa: S101  # the document has it
        return dried

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:  # noqa: FBT001, FBT002  # as Strawberry has it
        """Leave out the one that waits for what counts, where nothing can wait."""
        found = super().get_extensions(sync)
        return [each for each in found if not (sync and isinstance(each, Payment))]

    def _get_custom_context_kwargs(
        self, operation_extensions: dict[str, Any] | None = None, *, sync: bool = False
    ) -> dict[str, Any]:
        given = super()._get_custom_context_kwargs(operation_extensions, sync=sync)
        return {**given, "max_coercion_errors": MOST_MISTAKES}


def _with_code(error: GraphQLError, context: object) -> GraphQLError:
    """Mask what was raised around the operation, by a hook or by the executor itself."""
    if error.extensions and "code" in error.extensions:
        return error
    return public(error, context, is_executing=True)


def extensions_of(context: object) -> dict[str, Any]:
    """Write what was loaded for an answer and what it cost, where somebody wants to see it."""
    return report_of(context) | account_of(context).report()


def _is_in_parts(context: object) -> bool:
    return context.__class__ is Context and options_of(context).in_parts


def _may_run(kind: OperationType, allowed: Iterable[OperationType] | None) -> bool:
    return allowed is None or kind in allowed
