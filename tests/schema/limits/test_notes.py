"""What is kept with a document is made once, and weighs what the cache counts for it."""

import gc
import tracemalloc
from typing import Any

import pytest
from graphql import parse
from strawberry.types import ExecutionResult

from graphql_api.execution.documents import (
    KnownDocument,
    bytes_of,
    bytes_of_prepared,
    documents_of,
)
from graphql_api.schema.build import build_schema
from graphql_api.schema.limits import admission
from graphql_api.schema.limits.admission import note_of
from graphql_api.schema.limits.measure import measure
from tests.schema.limits.hostile import repeated
from tests.schema.limits.test_measure import SCHEMA, doubling

N_KEPT = 10


@pytest.mark.parametrize(
    "text",
    [
        "{ posts { nodes { id } } }",
        f"query ($n: Int) {{ {repeated(150, lambda _: 'posts(first: $n) { totalCount }')} }}",
        repeated(20, lambda n: f"query Q{n}($n: Int) {{ posts(first: $n) {{ totalCount }} }}"),
        f"{{ {repeated(100, lambda n: f'a{n}: rateLimit {{ cost }}')} }}",
        doubling(80),
    ],
    ids=lambda text: text[:20],
)
def test_a_note_takes_no_more_than_is_counted_for_it(text: str) -> None:
    note_of(SCHEMA, KnownDocument(parse(text)))
    # whatever else goes on in the process is counted, too
    taken = min(_taken(text) for _ in range(3))
    document = parse(text)
    n_tokens = bytes_of(document) / 690
    assert taken <= 40 * n_tokens + bytes_of_prepared(document) / 3


def _taken(text: str) -> float:
    documents = [parse(text) for _ in range(N_KEPT)]
    gc.collect()
    tracemalloc.start()
    kept = [KnownDocument(document) for document in documents]
    for each in kept:
        note_of(SCHEMA, each)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] / N_KEPT
    tracemalloc.stop()
    return taken


async def test_a_document_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[object] = []

    def note(*given: Any) -> object:
        measured.append(given)
        return measure(*given)

    monkeypatch.setattr(admission, "measure", note)

    async def run() -> ExecutionResult:
        return await build_schema().execute("{ once: __typename }")

    for _ in range(3):
        assert (await run()).data == {"once": "Query"}
    assert len(measured) == 1
    known = documents_of(build_schema()).get("{ once: __typename }")
    assert known is not None
    assert known.note is not None
