"""Spans of OpenTelemetry: one for an operation, one for each of its levels, one for each batch.

They are written when the operation has ended, from the times that were noted anyway: nothing is
done for them while it runs. Where they go is OpenTelemetry's to know, from its own variables
(``OTEL_EXPORTER_OTLP_ENDPOINT`` and others); the values of statements are never in them.
"""

import time
from importlib.metadata import version
from itertools import groupby
from typing import Any

from graphql_api.db.figures import Read
from graphql_api.errors import OperatorError
from graphql_api.schema.notes import Notes

_MISSING = "tracing needs OpenTelemetry; run: pip install 'graphql-api[otel]'"


def check_installed() -> None:
    """Look whether there is what spans are made with.

    Raises:
        OperatorError: the extra is not installed.
    """
    try:
        import opentelemetry.exporter.otlp.proto.http  # noqa: PLC0415  # an extra
        import opentelemetry.sdk.trace  # noqa: F401, PLC0415  # the same
    except ImportError:
        raise OperatorError(_MISSING) from None


class Tracing:
    """Writes spans to the tracer of the process."""

    def __init__(self) -> None:
        check_installed()
        from opentelemetry import trace  # noqa: PLC0415  # an extra: it may not be there
        from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415  # the same

        self._trace = trace
        self._parents = tracecontext.TraceContextTextMapPropagator()
        self._own: Any = None
        provider: Any = trace.get_tracer_provider()
        if isinstance(provider, trace.ProxyTracerProvider):  # nobody set one up
            provider = self._own = _exporting()
        self._tracer = provider.get_tracer("graphql_api", version("graphql-api"))

    def close(self) -> None:
        """Send what is still to be sent."""
        if self._own is not None:
            self._own.shutdown()

    def tell(self, notes: Notes, reads: list[Read]) -> None:
        """Write the spans of an operation that has ended."""
        since = time.time_ns() - time.perf_counter_ns()
        ended = [read for read in reads if read.answered]
        root = self._tracer.start_span(
            f"{notes.kind or 'invalid'} {notes.name or ''}".strip(),
            self._parents.extract({"traceparent": notes.traceparent or ""}),
            attributes=_of_operation(notes),
            start_time=_ns(notes.began, since),
            kind=self._trace.SpanKind.SERVER,
        )
        if notes.codes:
            root.set_status(self._trace.StatusCode.ERROR)
        if root.is_recording():
            within = self._trace.set_span_in_context(root)
            for wave, batches in groupby(ended, lambda read: read.wave):
                self._level(wave, list(batches), within, since)
        root.end(_ns(max(notes.ended, notes.began), since))

    def _level(self, wave: int, batches: list[Read], within: Any, since: int) -> None:
        level = self._tracer.start_span(
            f"level {wave}",
            within,
            attributes={"graphql.level": wave, "graphql.batches": len(batches)},
            start_time=_ns(min(read.asked for read in batches), since),
        )
        below = self._trace.set_span_in_context(level)
        for read in batches:
            batch = self._tracer.start_span(
                read.loader,
                below,
                attributes=_of_batch(read),
                start_time=_ns(read.asked, since),
                kind=self._trace.SpanKind.CLIENT,
            )
            batch.end(_ns(read.answered, since))
        level.end(_ns(max(read.answered for read in batches), since))


def _exporting() -> Any:
    """Make a provider that sends to where OpenTelemetry's variables say."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # an extra
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # the same
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # the same
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # the same

    names = {"service.name": "graphql-api", "service.version": version("graphql-api")}
    provider = TracerProvider(resource=Resource.create(names))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _of_operation(notes: Notes) -> dict[str, Any]:
    found = {
        "graphql.operation.type": notes.kind,
        "graphql.operation.name": notes.name,
        "graphql.cost": notes.cost,
        "graphql.errors": len(notes.codes),
        "request.id": notes.request_id,
    }
    return {name: value for name, value in found.items() if value is not None}


def _of_batch(read: Read) -> dict[str, Any]:
    return {
        "db.system.name": "postgresql",
        "db.query.text": read.sql,
        "graphql.loader": read.loader,
        "graphql.keys": read.n_keys,
        "graphql.rows": read.n_rows,
        "graphql.wait_ms": round(((read.connected or read.answered) - read.asked) * 1000, 3),
    }


def _ns(moment: float, since: int) -> int:
    """Turn a moment of ``time.perf_counter`` into nanoseconds since 1970."""
    return int(moment * 1e9) + since
