"""Strawberry's schema, with a short way for documents that are known to be valid."""

from collections.abc import Iterable, Sequence
from typing import Any

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
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
from graphql_api.schema.batches import BatchReport, report_of
from graphql_api.schema.context import Context
from graphql_api.schema.masking import StableErrors, public

EXTENSIONS = (StableErrors, DocumentCache, BatchReport)
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
        is_known = query and self._is_plain and not options_of(context_value).in_parts
        known = documents_of(self).get(query) if is_known else None
        operation = known and operation_of(self._schema, known, operation_name)
        if not operation or not _may_run(operation.type, allowed_operation_types):
            result: ExecutionResult = await super().execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
            # where it comes in parts it is none, and has no errors of its own
            if errors := getattr(result, "errors", None):
                result.errors = [_with_code(error, context_value) for error in errors]
            return result
        if context_value.__class__ is Context:
            context_value.notes.runs(operation.type.value, operation.name)
        try:
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
        return ExecutionResult(data, errors, report_of(context_value))


def _with_code(error: GraphQLError, context: object) -> GraphQLError:
    """Mask what was raised around the operation, by a hook or by the executor itself."""
    if error.extensions and "code" in error.extensions:
        return error
    return public(error, context, is_executing=True)


def _may_run(kind: OperationType, allowed: Iterable[OperationType] | None) -> bool:
    return allowed is None or kind in allowed
