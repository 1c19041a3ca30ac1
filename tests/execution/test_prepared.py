"""Prepared operations: variables as graphql-core coerces them, and an executor only when asked."""

from typing import Any

import pytest
import strawberry
from graphql import OperationDefinitionNode, get_variable_values, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.execution import Execution, Mode, PlanExecutor, Started, operation_of
from graphql_api.execution.documents import KnownDocument


@strawberry.type
class Item:
    """An attribute, and one that takes its time."""

    number: int = 1
    promised: int = 2


async def later() -> int:
    """Give a number to whoever waits."""
    return 3


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def item(self) -> Item:
        """Give an item whose attribute has to be awaited."""
        return Item(promised=later())  # type: ignore[arg-type]  # that is the test

    @strawberry.field
    def known(self, id: strawberry.ID, text: str, ratio: float) -> int:  # noqa: A002  # so that the schema has the types
        """Take scalars."""
        return len([self, id, text, ratio])

    @strawberry.field
    def failing(self, n: int) -> int | None:
        """Fail."""
        raise ValueError(str(n))


SCHEMA: Any = strawberry.Schema(Query, execution_context_class=PlanExecutor)._schema  # noqa: SLF001  # no public way


async def answer(text: str, context: Any = None, **variables: Any) -> Any:
    """Run a document as one that is known."""
    operation = operation_of(SCHEMA, KnownDocument(parse(text)), None)
    assert operation is not None
    started = operation.start(SCHEMA, variables, Query(), context, None)
    if isinstance(started, Started):
        started = started.answer()
    return await started if hasattr(started, "__await__") else started


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note each executor that is built."""
    executors: list[object] = []
    original = PlanExecutor.build

    def build(*given: Any, **options: Any) -> Any:
        executors.append(original(*given, **options))
        return executors[-1]

    monkeypatch.setattr(PlanExecutor, "build", build)
    return executors


async def test_a_plan_that_is_known_needs_no_executor(built: list[object]) -> None:
    known = KnownDocument(parse("query ($b: Boolean!) { __typename @include(if: $b) }"))
    operation = operation_of(SCHEMA, known, None)
    assert operation is not None
    for n_built in (1, 1, 1):
        started = operation.start(SCHEMA, {"b": True}, None, None, None)
        assert started.ended().data == {"__typename": "Query"}
        assert len(built) == n_built  # the first time, to compile the plan
    assert operation_of(SCHEMA, known, None) is operation


async def test_an_error_and_a_resolver_have_one_executor(built: list[object]) -> None:
    result = await answer("query ($n: Int!) { failing(n: $n) }", n=5)
    assert [error.message for error in result.errors] == ["5"]
    assert len(built) == 1


async def test_a_plan_that_gives_up_is_run_again_and_counted() -> None:
    before = PlanExecutor.counters.rerun.total()
    result = await answer("{ item { number promised } }")
    assert result.data == {"item": {"number": 1, "promised": 3}}
    assert PlanExecutor.counters.rerun.total() == before + 1


class Asking:
    """A context that asks for graphql-core."""

    execution = Execution(mode=Mode.REFERENCE)


@pytest.mark.parametrize(
    ("text", "context", "reason"),
    [
        ("{ __typename }", Asking(), "asked for"),
        ("{ __schema { __typename } }", None, "introspection"),
    ],
)
async def test_what_no_plan_can_run_is_counted(text: str, context: Any, reason: str) -> None:
    counters = PlanExecutor.counters
    before = counters.fallen_back[reason], counters.planned
    assert (await answer(text, context)).errors is None
    assert (counters.fallen_back[reason], counters.planned) == (before[0] + 1, before[1])


def test_an_unknown_name_has_no_operation() -> None:
    known = KnownDocument(parse("query A { __typename } query B { __typename }"))
    assert operation_of(SCHEMA, known, "C") is None
    assert operation_of(SCHEMA, known, None) is None
    assert operation_of(SCHEMA, known, "A") is not operation_of(SCHEMA, known, "B")
    assert list(known.prepared) == ["A", "B"]


class Text(str):
    """No text as JSON has it."""

    __slots__ = ()


KINDS = ("String", "ID", "Int", "Float", "Boolean", "[Int!]")
DEFAULTS = {"String": '"d"', "ID": '"d"', "Int": "7", "Float": "0.5", "Boolean": "true"}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31) - 1, 2**31),
    st.sampled_from([-(2**31), 2**31 - 1, 2**31, 2**70, float("inf"), float("nan"), 1.0, 1.5]),
    st.text(max_size=2),
    st.builds(Text, st.text(max_size=2)),
    st.lists(st.integers(0, 2), max_size=1),
)


@st.composite
def signatures(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Declare variables, and give values for some of them."""
    declared, values = [], {}
    for number in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(KINDS))
        default = f" = {DEFAULTS[kind]}" if kind in DEFAULTS and draw(st.booleans()) else ""
        declared.append(f"$v{number}: {kind}{draw(st.sampled_from(['', '!']))}{default}")
        if draw(st.integers(0, 3)):
            values[f"v{number}"] = draw(VALUES)
    return ", ".join(declared), values


@settings(max_examples=600, deadline=None)
@given(signatures())
def test_variables_are_taken_as_graphql_core_coerces_them(
    signature: tuple[str, dict[str, Any]],
) -> None:
    declared, values = signature
    document = parse(f"query ({declared}) {{ __typename }}")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found = operation_of(SCHEMA, KnownDocument(document), None)
    assert found is not None
    taken = found._coerced(values)  # noqa: SLF001  # what the test is about
    expected = get_variable_values(SCHEMA, operation.variable_definitions or (), values)
    if taken is not None:
        assert not isinstance(expected, list)
        assert list(taken.items()) == list(expected.coerced.items())
        assert list(map(type, taken.values())) == list(map(type, expected.coerced.values()))
        return
    result = found.start(SCHEMA, values, None, None, None)
    errors = [each.message for each in result.errors or ()]
    said = expected if isinstance(expected, list) else []
    assert errors == [each.message for each in said]


def test_usual_values_are_taken_at_once() -> None:
    text = "query ($a: ID!, $b: Int, $c: String, $d: Boolean = true) { __typename }"
    operation = operation_of(SCHEMA, KnownDocument(parse(text)), None)
    assert operation is not None
    taken = operation._coerced({"a": "x", "b": None, "d": False})  # noqa: SLF001  # as above
    assert taken == {"a": "x", "b": None, "d": False}
