"""``extensions.batches`` of an answer: what was loaded for it, for those who asked to see it."""

from typing import Any

from strawberry.extensions import SchemaExtension

from graphql_api.schema.context import Context


class BatchReport(SchemaExtension):
    """Writes the report of the operation's loaders into its answer, where one was kept."""

    def get_results(self) -> dict[str, Any]:
        """Return the report, or nothing; also for what was refused before it ran."""
        context = self.execution_context.context
        report = context.loaders.operation.report if isinstance(context, Context) else None
        if report is None or self.execution_context.result is None:
            return {}
        return {"batches": report.as_json()}
