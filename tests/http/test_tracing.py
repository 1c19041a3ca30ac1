"""Spans: one for an operation, for each of its levels, and for each batch."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import URL

from graphql_api.errors import OperatorError
from graphql_api.http.observing import Observer
from graphql_api.http.tracing import Tracing
from graphql_api.settings import Settings
from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking
from tests.support.factories import Factory

QUERY = """query Newest($slug: String!) { post(by: {slug: $slug}) { author { displayName }
    comments { nodes { author { displayName } } } } }"""
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """Collect the spans of this process, which can be told once where they go."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture(scope="module")
def traced(
    migrated_database: tuple[URL, Callable[[], None]],
    exporter: InMemorySpanExporter,  # noqa: ARG001  # before the application
) -> Iterator[str]:
    """Run the application with spans; give the base of its addresses."""
    tracing = settings_for(migrated_database[0]).model_copy(update={"tracing": True})
    with running(tracing) as base:
        yield base


def spans_of(
    base: str, exporter: InMemorySpanExporter, query: str, slug: str = "p", **headers: str
) -> list[ReadableSpan]:
    """Ask, and return the spans of it in the order of their beginnings."""
    exporter.clear()
    body = {"query": query, "variables": {"slug": slug}}
    asking.post(f"{base}/graphql", json=body, headers=headers)
    asking.get(f"{base}/healthz")  # the answer comes before the spans
    return sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)


def tree(spans: list[ReadableSpan], parent: int | None = None) -> dict[str, Any]:
    """Nest the names of spans as the spans are."""
    return {
        span.name: tree(spans, span.context.span_id)
        for span in sorted(spans, key=lambda each: each.name)
        if span.context and (span.parent.span_id if span.parent else None) == parent
    }


async def test_an_operation_has_spans_for_its_levels_and_batches(
    traced: str, exporter: InMemorySpanExporter, make: Factory
) -> None:
    post = await make.post(slug="p")
    for _ in range(3):
        await make.comment(post=post)
    spans = spans_of(traced, exporter, QUERY)
    assert tree(spans) == {
        "query Newest": {
            "level 1": {"PostBySlug": {}},
            "level 2": {"CommentsByPost": {}, "UserById": {}},
            "level 3": {"UserById": {}},
        }
    }
    sizes = {
        (span.name, span.attributes["graphql.keys"], span.attributes["graphql.rows"])
        for span in spans
        if span.attributes and "graphql.keys" in span.attributes
    }
    assert sizes == {
        ("PostBySlug", 1, 1),
        ("CommentsByPost", 1, 3),
        ("UserById", 1, 1),
        ("UserById", 3, 3),
    }
    by_id = {span.context.span_id: span for span in spans if span.context}
    for span in spans:
        assert span.start_time is not None
        assert span.end_time is not None
        above = by_id[span.parent.span_id] if span.parent else span
        assert (above.start_time or 0) <= span.start_time <= span.end_time <= (above.end_time or 0)


async def test_a_span_has_the_statement_and_none_of_its_values(
    traced: str, exporter: InMemorySpanExporter, make: Factory
) -> None:
    await make.post(slug="correct-horse")
    spans = spans_of(traced, exporter, QUERY, "correct-horse")
    [batch] = [span for span in spans if span.name == "PostBySlug"]
    assert batch.attributes is not None
    assert str(batch.attributes["db.query.text"]).startswith("SELECT")
    assert not any("correct-horse" in span.to_json() for span in spans)


@pytest.mark.usefixtures("settings")
def test_the_spans_belong_to_the_callers(traced: str, exporter: InMemorySpanExporter) -> None:
    [span] = spans_of(traced, exporter, "{ __typename }", traceparent=PARENT)
    assert span.context is not None
    assert span.parent is not None
    assert f"{span.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{span.parent.span_id:016x}" == PARENT.split("-")[2]
    [span] = spans_of(traced, exporter, "{ __typename }", traceparent="nonsense")
    assert span.parent is None


@pytest.mark.usefixtures("settings")
def test_an_operation_with_errors_has_the_status_of_one(
    traced: str, exporter: InMemorySpanExporter
) -> None:
    [span] = spans_of(traced, exporter, 'query Wrong { node(id: "x") { id } }')
    assert (span.name, span.status.status_code) == ("query Wrong", trace.StatusCode.ERROR)
    [span] = spans_of(traced, exporter, "{ nothing }")
    assert span.name == "invalid"


@pytest.mark.usefixtures("settings")
def test_without_the_setting_there_are_none(base_url: str, exporter: InMemorySpanExporter) -> None:
    assert spans_of(base_url, exporter, "{ __typename }") == []


def test_without_the_setting_it_is_not_even_imported() -> None:
    program = (
        "import sys; from graphql_api.http.app import create_served;"
        " print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert found.stdout == b"[]\n"


def test_without_the_extra_the_setting_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(OperatorError, match=r"graphql-api\[otel\]"):
        Observer(settings.model_copy(update={"tracing": True}))


def test_without_a_provider_it_makes_one_that_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "get_tracer_provider", trace.ProxyTracerProvider)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    Tracing().close()
