"""``/metrics``: what the process did so far, as Prometheus reads it."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.execution import PlanExecutor


class _Executions(Collector):
    """Reads the executor's counters whenever somebody asks."""

    def collect(self) -> Iterator[Metric]:
        counters = PlanExecutor.counters
        operations = CounterMetricFamily(
            "graphql_operations",
            "Operations by what ran them; what graphql-core ran after a plan is counted for both.",
            labels=["executor", "reason"],
        )
        operations.add_metric(["plan", ""], counters.planned)
        for executor, reasons in (
            ("reference", counters.fallen_back),
            ("reference after plan", counters.rerun),
        ):
            for reason, count in reasons.items():
                operations.add_metric([executor, reason], count)
        yield operations
        yield CounterMetricFamily(
            "graphql_plans_compiled", "Plans compiled.", value=counters.compiled
        )


_registry = CollectorRegistry()
_registry.register(_Executions())


async def metrics(_request: Request) -> Response:
    """Write the counters of this process."""
    return Response(generate_latest(_registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
