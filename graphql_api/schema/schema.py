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
from graphql_api.schema.masking import StableErrors, public, wrapped

EXTENSIONS = (StableErrors, DocumentCache, BatchReport)
"""Ours. What they do for a valid document `Schema.execute` can do without them."""


class Schema(strawberry.Schema):
    """Strawberry's, but silent: `StableErrors` logs what is our fault, and nobody's values."""

    def process_errors(
        self, errors: Sequence[GraphQLError], execution_context: object = None
    ) -> None:
        """Log nothing."""

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

        Where its document was found valid before, and nobody added an extension, what ours do is
        done without hooks, which take as long as a small operation does.
        """
        is_short = query is not None and self.extensions == EXTENSIONS
        document = documents_of(self).get(query) if is_short else None
        if document is None or not _may_run(document, operation_name, allowed_operation_types):
            return await super().execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
        try:
            result: Any = execute(
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
            if isawaitable(result):
                result = await result
            data, errors = result.data, result.errors
        except Exception as fault:  # noqa: BLE001  # no field raised it, so it is ours
            data, errors = None, [wrapped(fault)]
        if errors:
            errors = [public(error, is_executing=True) for error in errors]
        return ExecutionResult(data, errors, report_of(context_value))


def _may_run(
    document: DocumentNode, name: str | None, allowed: Iterable[OperationType] | None
) -> bool:
    """Tell whether the document's operation is known, and of a kind that may run."""
    operation = get_operation_ast(document, name)
    if operation is None:
        return False
    return allowed is None or OperationType(operation.operation.value) in allowed
