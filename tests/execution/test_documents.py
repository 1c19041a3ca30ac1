"""The caches stay within their bounds, whatever documents come."""

import gc
import os
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from graphql import Token, parse

from graphql_api.execution import (
    DocumentCache,
    PlanExecutor,
    documents,
    executor,
    operation_of,
)
from graphql_api.execution.cache import BoundedCache
from graphql_api.execution.documents import (
    KnownDocument,
    bytes_of,
    bytes_of_prepared,
    documents_of,
)
from graphql_api.execution.plan import Field, Scope

N_DOCUMENTS = 1_250
N_DOCUMENTS_IN_ALL = int(os.environ.get("EXECUTION_DOCUMENTS", str(N_DOCUMENTS)))


@strawberry.type
class Item:
    """An object that holds others."""

    a: int = 1

    @strawberry.field
    def item(self, n: int = 1) -> "Item":
        """Give another."""
        return Item(a=n)


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def item(self, n: int = 1, text: str = "") -> Item:
        """Give an item."""
        return Item(a=n + len(text))


def make() -> strawberry.Schema:
    return strawberry.Schema(
        Query, extensions=[DocumentCache], execution_context_class=PlanExecutor
    )


def plans_of(schema: strawberry.Schema) -> BoundedCache[Any]:
    return executor.plans_of(schema._schema)  # noqa: SLF001  # graphql-core's is in it


def traced(make_one: Callable[[int], Any], count: int) -> float:
    """Return the bytes that one of several things takes."""
    kept = [make_one(0)]  # what is made once for all does not count
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept += [make_one(number) for number in range(1, count + 1)]
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(kept) == count + 1
    return (after - before) / count


@pytest.mark.parametrize(
    "text",
    [
        "{" + "\na" * 2000 + "}",
        "{a(b:[" + "[]" * 2000 + "])}",
        "{a(b:[" + "$a " * 2000 + "])}",
        "{a" + "@a" * 2000 + "}",
        "query(" + "$a:A " * 2000 + "){a}",
        "{" + "...{a}" * 2000 + "}",
        "{" + "item{" * 40 + "a" + "}" * 41,
        "{a(b:" + '"\U0001f600"' * 1 + ")}" + "#" * 10_000 + "\U0001f600",
        "{a}",
    ],
    ids=lambda text: text[:12],
)
def test_a_document_takes_no_more_than_is_counted_for_it(text: str) -> None:
    assert traced(lambda _: parse(text[:1] + text[1:]), 5) <= bytes_of(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "{item{a}}",
        "query A" + str(tuple(f"$v{n}: Int" for n in range(100))).replace("'", "") + "{item{a}}",
        " ".join(f"query Q{n} {{item{{a}}}}" for n in range(100)),
        "query A($b: Boolean!) {" + " ".join("item{a @skip(if: $b)}" for _ in range(50)) + "}",
    ],
    ids=lambda text: text[:12],
)
def test_prepared_operations_take_no_more_than_is_counted_for_them(text: str) -> None:
    schema: Any = make()._schema  # noqa: SLF001  # graphql-core's is in it
    names = [None, "A", *(f"Q{number}" for number in range(100))]
    every = [KnownDocument(parse(text)) for _ in range(6)]

    def prepare(number: int) -> KnownDocument:
        for name in names:
            operation_of(schema, every[number], name)
        return every[number]

    assert traced(prepare, 5) <= bytes_of_prepared(every[0].document)


@pytest.mark.parametrize(
    "text",
    [
        "{item{a}}",
        "{item{" + " ".join(f"a{number}:a" for number in range(200)) + "}}",
        "{item{" + " ".join(f"a{number}:item(n:{number}){{a}}" for number in range(100)) + "}}",
        "{" + "item{" * 40 + "a" + "}" * 41,
        '{item(text:"' + "x" * 100_000 + '"){a}}',
        "{item{a}}" + "#" * 100_000,
    ],
)
def test_a_plan_and_its_document_take_no_more_than_is_counted_for_them(text: str) -> None:
    schema = make()
    schema.execute_sync("{item{a}}")
    plans = plans_of(schema)
    kept = documents_of(schema)
    counted: list[int] = []

    def run(number: int) -> None:
        before = plans.n_bytes + kept.n_bytes
        result = schema.execute_sync(f"query Q{number} {text}")
        assert result.errors is None
        counted.append(plans.n_bytes + kept.n_bytes - before)

    taken = traced(run, 5)

    assert taken <= max(counted)


def test_many_documents_keep_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 2**19
    monkeypatch.setattr(documents, "MOST_BYTES", most)
    monkeypatch.setattr(executor, "MOST_BYTES", most)
    schema = make()
    warmed = N_DOCUMENTS // 10
    _run_many(schema, 0, warmed)
    gc.collect()
    before = len(gc.get_objects())
    _run_many(schema, warmed, N_DOCUMENTS_IN_ALL)
    gc.collect()

    # the caches were full before, and nothing else grows
    assert len(gc.get_objects()) < before * 1.025
    assert 0 < documents_of(schema).n_bytes <= most
    assert 0 < plans_of(schema).n_bytes <= most
    assert len(plans_of(schema)) < warmed


def test_what_leaves_the_caches_needs_no_garbage_collector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 2**19)
    monkeypatch.setattr(executor, "MOST_BYTES", 2**19)
    schema = make()
    _run_many(schema, 0, 100)
    gc.collect()
    gc.disable()
    try:
        n_kept = _count_of(KnownDocument, Field, Scope, Token)
        _run_many(schema, 100, 200)
    finally:
        gc.enable()

    assert plans_of(schema).evictions > 100
    assert documents_of(schema).evictions > 100
    assert _count_of(KnownDocument, Field, Scope, Token) == n_kept


def _count_of(*kinds: type) -> int:
    return sum(isinstance(each, kinds) for each in gc.get_objects())


def test_long_documents_that_are_not_kept_do_not_fill_the_cache_of_plans() -> None:
    schema = make()
    for number in range(20):
        result = schema.execute_sync(f"{{item(n:{number}){{a}}}}" + "#" * 2_000_000)
        assert result.errors is None

    assert len(documents_of(schema)) == 0
    assert len(plans_of(schema)) == 0


def _run_many(schema: strawberry.Schema, first: int, end: int) -> None:
    for number in range(first, end):
        result = schema.execute_sync(f"{{item(n:{number}){{a}}}}")
        assert result.data == {"item": {"a": number}}


def test_a_document_found_invalid_is_not_kept() -> None:
    schema = make()
    for _ in range(2):
        assert schema.execute_sync("{nothing}").errors
    assert len(documents_of(schema)) == 0


def test_a_document_is_parsed_and_planned_once() -> None:
    schema = make()
    schema.execute_sync("{item{a}}")
    compiled = PlanExecutor.counters.compiled
    for _ in range(5):
        schema.execute_sync("{item{a}}")

    assert len(documents_of(schema)) == 1
    assert PlanExecutor.counters.compiled == compiled


def test_the_caches_end_with_their_schema() -> None:
    schema = make()
    schema.execute_sync("{item{a}}")
    kept = [weakref.ref(documents_of(schema)), weakref.ref(plans_of(schema))]
    del schema
    gc.collect()

    assert [each() for each in kept] == [None, None]
