"""Strawberry's schema, with a short way for documents that are known to be valid."""

from collections.abc import Iterable, Sequence
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, execute, get_operation_ast
from strawberry.execution import optimized_is_awaitable
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.execution import DocumentCache, PlanExecutor, documents_of
from graphql_api.schema.batches import BatchReport, report_of
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
            and not self.config.enable_experimental_incremental_execution
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
        document = documents_of(self).get(query) if query and self._is_plain else None
        if document is None or not _may_run(document, operation_name, allowed_operation_types):
            result = await super().execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
            if result.errors:
                result.errors = [_with_code(error) for error in result.errors]
            return result
        try:
            answer: Any = execute(
                self._schema,
                document,
                root_value,
                context_value,
                variable_values,
                operation_name,
                executor_class=PlanExecutor,
                is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # Strawberry's
                operation_extensions=operation_extensions,
            )
            if isawaitable(answer):
                answer = await answer
            data, errors = answer.data, answer.errors
        except Exception as fault:  # noqa: BLE001  # no field raised it, so it is ours
            data, errors = None, [GraphQLError(str(fault), original_error=fault)]
        if errors:
            errors = [public(error, is_executing=True) for error in errors]
        return ExecutionResult(data, errors, report_of(context_value))


def _with_code(error: GraphQLError) -> GraphQLError:
    """Mask what was raised around the operation, by a hook or by the executor itself."""
    if error.extensions and "code" in error.extensions:
        return error
    return public(error, is_executing=True)


def _may_run(
    document: DocumentNode, name: str | None, allowed: Iterable[OperationType] | None
) -> bool:
    """Tell whether the document's operation is known, and of a kind that may run."""
    operation = get_operation_ast(document, name)
    if operation is None:
        return False
    return allowed is None or OperationType(operation.operation.value) in allowed
