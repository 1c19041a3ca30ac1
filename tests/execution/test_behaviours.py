"""What users of Strawberry rely on holds whichever executor runs an operation."""

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
import strawberry
from graphql import ExecutionResult as GraphQLResult
from graphql import GraphQLError, execute, parse
from strawberry.extensions import MaskErrors, SchemaExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from graphql_api.execution import (
    PLAN,
    Batch,
    Computed,
    DocumentCache,
    Execution,
    Level,
    Mode,
    PlanExecutor,
)


def planned(says: Any, **given: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a field of a resolver, which says how a plan does it, if it does."""

    def decorate(function: Callable[..., Any]) -> Any:
        return strawberry.field(resolver=function, metadata={PLAN: says}, **given)

    return decorate


class Signed(BasePermission):
    """Lets those in who are signed in."""

    message = "sign in"

    async def has_permission(self, source: Any, info: Any, **_: Any) -> bool:  # noqa: ARG002  # Strawberry calls it so
        """Ask the context."""
        await asyncio.sleep(0)
        return bool(info.context.signed)


@dataclass
class Context:
    """What the resolvers of this file are told."""

    execution: Execution = field(default_factory=Execution)
    signed: bool = False


Info = strawberry.Info[Context, None]


async def _load(level: Level) -> list[Any]:
    return [Item(number=key + 1) for key in level.keys]


def _twice(number: int) -> int:
    return number * 2


@strawberry.type
class Item:
    """An object with a relation."""

    number: int

    @planned(Batch(load=_load, key=("number",)))
    async def next(self) -> "Item":
        """Give the next."""
        return Item(number=self.number + 1)

    @planned(Computed(_twice, ("number",)))
    def twice(self) -> int:
        """Give the double."""
        return _twice(self.number)

    @planned(None, permission_classes=[Signed])
    def secret(self) -> str | None:
        """Give what not everybody may have."""
        return "a secret"

    @strawberry.field
    def told(self, info: Info, word: str = "") -> str:
        """Give what a resolver is told."""
        selected = [getattr(each, "name", "") for each in info.selected_fields]
        return f"{info.path.as_list()} {selected} {info.variable_values} {info.field_name} {word}"

    @strawberry.field
    def boom(self) -> str | None:
        """Fail."""
        raise ValueError("boom")


@strawberry.type
class Query:
    """Items."""

    @strawberry.field
    def items(self, n: int = 2) -> list[Item]:
        """Give items at once."""
        return [Item(number=number) for number in range(n)]


@strawberry.type
class Subscription:
    """Items, one after the other."""

    @strawberry.subscription
    async def item(self) -> AsyncGenerator[Item]:
        """Give two."""
        for number in range(2):
            yield Item(number=number)


def make(*extensions: Any, planned: bool = True, **settings: Any) -> strawberry.Schema:
    return strawberry.Schema(
        Query,
        subscription=Subscription,
        extensions=extensions,
        execution_context_class=PlanExecutor if planned else None,
        **settings,
    )


@pytest.fixture
def fallen_back() -> Callable[[], dict[str, int]]:
    """Tell what was left to graphql-core since the test began."""
    before = PlanExecutor.counters.fallen_back.copy()
    return lambda: dict(PlanExecutor.counters.fallen_back - before)


ALL = "{ items { number next { number next { twice } } twice } }"
ANSWER = {
    "items": [
        {"number": 0, "next": {"number": 1, "next": {"twice": 4}}, "twice": 0},
        {"number": 1, "next": {"number": 2, "next": {"twice": 6}}, "twice": 2},
    ]
}


class Noting(SchemaExtension):
    """Notes which of its hooks are called."""

    calls: ClassVar[list[str]] = []

    def on_operation(self) -> Iterator[None]:
        """Note the operation."""
        yield from self._noted("operation")

    def on_parse(self) -> Iterator[None]:
        """Note the parsing."""
        yield from self._noted("parse")

    def on_validate(self) -> Iterator[None]:
        """Note the validation."""
        yield from self._noted("validate")

    def on_execute(self) -> Iterator[None]:
        """Note the execution."""
        yield from self._noted("execute")

    def get_results(self) -> dict[str, Any]:
        """Give what stands beside data and errors."""
        return {"calls": len(self.calls)}

    def _noted(self, name: str) -> Iterator[None]:
        self.calls.append(f"{name} begins")
        yield
        self.calls.append(f"{name} ends, {self.execution_context.result is not None}")


@pytest.mark.parametrize("text", [ALL, "{ items { boom } }", "{ nothing }", "{ items {"])
@pytest.mark.parametrize("extensions", [(DocumentCache, Noting), (Noting, DocumentCache)])
async def test_hooks_are_called_as_ever_for_documents_from_the_cache_too(
    text: str, extensions: tuple[type[SchemaExtension], ...]
) -> None:
    schemas = [make(Noting, planned=False), *[make(*extensions)] * 3]
    seen = []
    for schema in schemas:
        Noting.calls.clear()
        result = await schema.execute(text, context_value=Context())
        messages = [error.message for error in result.errors or ()]
        seen.append((list(Noting.calls), result.data, messages, result.extensions))

    assert seen[1:] == seen[:1] * 3


def test_the_document_cache_may_be_given_as_an_object() -> None:
    schema = make(lambda: DocumentCache())  # noqa: PLW0108  # a factory, as Strawberry calls it
    for _ in range(2):
        assert schema.execute_sync("{ items { number } }").errors is None
        assert schema.execute_sync("{ items { nothing } }").errors


async def test_errors_are_masked() -> None:
    schema = make(MaskErrors, DocumentCache)
    result = await schema.execute("{ items(n: 1) { boom } }", context_value=Context())

    assert [error.message for error in result.errors or ()] == ["Unexpected error."]
    assert (result.errors or [])[0].path == ["items", 0, "boom"]


async def test_errors_know_what_was_raised_and_where() -> None:
    results = [
        await make(planned=planned).execute("{ items(n: 1) { boom } }", context_value=Context())
        for planned in (True, False)
    ]
    (error,), (expected,) = (result.errors or [] for result in results)

    assert isinstance(error.original_error, ValueError)
    assert error.formatted == expected.formatted
    assert error.nodes == expected.nodes


async def test_resolvers_are_told_what_graphql_core_tells() -> None:
    text = """query Q($word: String = "w", $n: Int) {
        items(n: $n) { alias: told(word: $word) ...F } }
        fragment F on Item { next { told(word: "x") number @skip(if: true) } }"""
    results = [
        await make(planned=planned).execute(text, {"n": 3}, context_value=Context())
        for planned in (True, False)
    ]

    assert results[0].errors is None
    assert results[0].data == results[1].data


@pytest.mark.parametrize("signed", [True, False])
async def test_permissions_are_asked_for(signed: bool) -> None:  # noqa: FBT001  # a parameter
    context = Context(signed=signed)
    results = [
        await make(planned=planned).execute("{ items { secret } }", context_value=context)
        for planned in (True, False)
    ]

    assert results[0].data == results[1].data
    assert [str(error) for error in results[0].errors or ()] == [
        str(error) for error in results[1].errors or ()
    ]
    assert bool(results[0].errors) is not signed


class Resolving(SchemaExtension):
    """Stands around every resolver."""

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        """Change numbers."""
        value = _next(root, info, *args, **kwargs)
        return value + 100 if info.field_name == "number" else value


async def test_an_extension_around_resolvers_is_left_to_graphql_core(
    fallen_back: Callable[[], dict[str, int]],
) -> None:
    result = await make(Resolving, DocumentCache).execute("{ items { number } }")

    assert result.data == {"items": [{"number": 100}, {"number": 101}]}
    assert fallen_back() == {"an extension with `resolve`": 1}


async def test_introspection_is_left_to_graphql_core(
    fallen_back: Callable[[], dict[str, int]],
) -> None:
    text = '{ __schema { queryType { name } } __type(name: "Item") { kind } __typename }'
    result = await make().execute(text)

    assert result.data == {
        "__schema": {"queryType": {"name": "Query"}},
        "__type": {"kind": "OBJECT"},
        "__typename": "Query",
    }
    assert fallen_back() == {"introspection": 1}


@pytest.mark.parametrize("depth", [12, 200])
async def test_a_short_text_with_countless_fields_is_left_to_graphql_core(
    depth: int, fallen_back: Callable[[], dict[str, int]]
) -> None:
    fragments = " ".join(
        f"fragment F{n} on Item {{ x: next {{ ...F{n + 1} }} y: next {{ ...F{n + 1} }} }}"
        for n in range(depth)
    )
    text = f"{{ items(n: 0) {{ ...F0 }} }} {fragments} fragment F{depth} on Item {{ number }}"
    document = parse(text)
    result = execute(make()._schema, document, executor_class=PlanExecutor)  # noqa: SLF001  # validation would take long, too

    assert isinstance(result, GraphQLResult)
    assert result.data == {"items": []}
    assert fallen_back() == {"too large for a plan": 1}


async def test_an_operation_may_ask_for_graphql_core(
    fallen_back: Callable[[], dict[str, int]],
) -> None:
    context = Context(execution=Execution(mode=Mode.REFERENCE))
    result = await make().execute(ALL, context_value=context)

    assert result.data == ANSWER
    assert fallen_back() == {"asked for": 1}


async def test_a_plan_runs_where_nothing_is_asked_for(
    fallen_back: Callable[[], dict[str, int]],
) -> None:
    assert (await make().execute(ALL)).data == ANSWER
    assert (await make().execute(ALL, context_value={})).data == ANSWER
    assert fallen_back() == {}


async def test_subscriptions_give_every_item() -> None:
    subscribed = await make(DocumentCache).subscribe(
        "subscription { item { number next { number } } }", context_value=Context()
    )
    assert isinstance(subscribed, AsyncIterator)
    found = [result.data async for result in subscribed]

    assert found == [
        {"item": {"number": 0, "next": {"number": 1}}},
        {"item": {"number": 1, "next": {"number": 2}}},
    ]


async def test_deferred_fragments_come_as_with_graphql_core(
    fallen_back: Callable[[], dict[str, int]],
) -> None:
    text = "{ items(n: 1) { number ... @defer { next { twice } } } }"
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    seen = []
    for planned in (True, False):
        result: Any = await make(planned=planned, config=config).execute(text)
        rest = [part async for part in result.subsequent_results]
        seen.append((result.initial_result.data, repr(rest)))

    assert seen[0] == seen[1]
    assert seen[0][0] == {"items": [{"number": 0}]}
    assert sum(fallen_back().values()) == 1


def test_a_plain_query_runs_without_an_event_loop() -> None:
    result = make(DocumentCache).execute_sync("{ items { number twice } }")

    assert result.errors is None
    assert result.data == {"items": [{"number": 0, "twice": 0}, {"number": 1, "twice": 2}]}


def test_a_query_that_loads_refuses_to_run_without_an_event_loop() -> None:
    result = make().execute_sync(ALL)

    assert result.data is None
    assert "use `await schema.execute(…)`" in (result.errors or [GraphQLError("")])[0].message


# Strawberry leaves behind what it began and could not end
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_query_that_waits_fails_without_an_event_loop_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a record of the log would keep the coroutines for the tests to come
    monkeypatch.setattr(strawberry.Schema, "process_errors", lambda *_: None)
    messages = [_said_of_waiting(executor_class) for executor_class in (PlanExecutor, None)]
    gc.collect()

    assert messages[0] == messages[1]


def _said_of_waiting(executor_class: type[PlanExecutor] | None) -> str:
    @strawberry.type
    class Root:
        @strawberry.field
        async def late(self) -> int:
            return 1

    schema = strawberry.Schema(Root, execution_context_class=executor_class)
    try:
        return str(schema.execute_sync("{ late }").errors)
    except RuntimeError as error:
        return str(error)


async def test_one_document_has_a_plan_for_each_of_its_operations() -> None:
    schema = make(DocumentCache)
    text = "query A { items(n: 1) { number } } query B { items(n: 1) { twice } }"
    for _ in range(2):
        a = await schema.execute(text, operation_name="A")
        b = await schema.execute(text, operation_name="B")
        assert (a.data, b.data) == ({"items": [{"number": 0}]}, {"items": [{"twice": 0}]})


async def test_operations_run_side_by_side() -> None:
    schema = make(DocumentCache)
    text = "query Q($n: Int!) { items(n: $n) { number next { number } } }"
    results = await asyncio.gather(*(schema.execute(text, {"n": n}) for n in range(20)))

    for n, result in enumerate(results):
        assert result.data == {
            "items": [{"number": i, "next": {"number": i + 1}} for i in range(n)]
        }


async def test_a_cancelled_operation_leaves_nothing_behind() -> None:
    started = asyncio.Event()

    async def load(_level: Level) -> list[Any]:
        started.set()
        await asyncio.sleep(3600)
        raise AssertionError

    @strawberry.type
    class Root:
        @planned(Batch(load=load))
        async def slow(self) -> int:
            return 1

        @planned(Batch(load=load))
        async def slower(self) -> int:
            return 1

    schema = strawberry.Schema(Root, execution_context_class=PlanExecutor)
    running = asyncio.ensure_future(schema.execute("{ slow slower }"))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
