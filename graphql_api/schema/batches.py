"""``extensions.batches`` of an answer: what was loaded for it, for those who asked to see it."""

from collections.abc import Generator
from typing import Any

from strawberry.extensions import SchemaExtension

from graphql_api.schema.context import Context


class BatchReport(SchemaExtension):
    """Writes the report of the operation's loaders into its answer, where one was kept."""

    _has_run = False

    def on_execute(self) -> Generator[None]:
        """Note that the operation was not refused before it ran."""
        self._has_run = True
        yield

    def get_results(self) -> dict[str, Any]:
        """Return the report, or nothing; also for what was refused before it ran."""
        return report_of(self.execution_context.context) if self._has_run else {}


def report_of(context: object) -> dict[str, Any]:
    """Return what the operation of a context loaded so far, where a report was asked for."""
    report = context.loaders.operation.latest_report if isinstance(context, Context) else None
    return {} if report is None else {"batches": report.as_json()}
