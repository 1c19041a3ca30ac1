"""Compiled arguments are what graphql-core and Strawberry make of them, or are left to these."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any, Optional

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLScalarType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    parse,
)
from graphql.execution.collect_fields import FieldDetails
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry import relay
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.execution import PlanExecutor
from graphql_api.execution.info import Arguments
from graphql_api.execution.run import Run
from graphql_api.schema.build import build_schema

N_CASES = 300


@strawberry.enum
class Color(Enum):
    """An enum."""

    RED = "red"
    BLUE = "blue"


@strawberry.input
class Checked:
    """An input that refuses some values, and notes the others."""

    low: int
    high: int | None = None

    def __post_init__(self) -> None:
        """Compare."""
        if self.high is not None and self.high < self.low:
            raise ValueError(f"{self.high} is below {self.low}")


@strawberry.input(one_of=True)
class Choice:
    """Exactly one of these."""

    id: strawberry.ID | None = strawberry.UNSET
    number: int | None = strawberry.UNSET
    checked: Checked | None = strawberry.UNSET


@strawberry.input
class Deep:
    """An input with all kinds of fields."""

    text: str
    ratio: float = 0.5
    flag: bool | None
    name: str | None = strawberry.field(default=strawberry.UNSET, name="in")
    tags: list[str] = strawberry.field(default_factory=list)
    color: Color = Color.RED
    checked: Checked | None = None
    choice: Choice | None = strawberry.UNSET
    perhaps: strawberry.Maybe[int]
    deep: Optional["Deep"] = None


@strawberry.type
class Query:
    """Fields with arguments."""

    @strawberry.field
    def scalars(
        self,
        a_text: str,
        id: strawberry.ID | None = None,  # noqa: A002  # named as clients name it
        number: int = 5,
        ratio: float | None = strawberry.UNSET,
        flag: bool = False,  # noqa: FBT001, FBT002  # as resolvers take it
    ) -> int:
        """Take scalars."""
        return len([self, a_text, id, number, ratio, flag])

    @strawberry.field
    def others(
        self,
        color: Color = Color.BLUE,
        tags: list[str] | None = None,
        number: int | None = None,
        key: relay.GlobalID | None = None,
    ) -> int:
        """Take what is converted each time."""
        return len([self, color, tags, number, key])

    @strawberry.field
    def inputs(
        self,
        by: Choice,
        deep: Deep | None = strawberry.UNSET,
        checked: Checked | None = None,
        number: int | None = 3,
    ) -> int:
        """Take objects."""
        return len([self, by, deep, checked, number])


SCHEMAS = {
    "own": strawberry.Schema(Query, execution_context_class=PlanExecutor),
    "project": build_schema(),
}
LEAVES: dict[str, list[str]] = {
    "Int": ["1", "0", "-7", "2147483647"],
    "Float": ["0.5", "3", "-1.25"],
    "Boolean": ["true", "false"],
    "String": ['"a"', '""', '"longer"'],
    "ID": ['"UG9zdDox"', '"x"', "5"],
    "BigInt": ["1", "40"],
    "DateTime": ['"2024-01-01T00:00:00Z"'],
    "GlobalID": ['"UG9zdDox"', '"x"'],
    "URI": ['"https://example.org/a.png"', '""'],
}


def fields_of(schema: Any) -> list[tuple[str, GraphQLField]]:
    """List the fields with arguments of a schema's types."""
    return [
        (name, field)
        for kind in schema._schema.type_map.values()  # noqa: SLF001  # no public way
        for name, field in sorted(getattr(kind, "fields", {}).items())
        if getattr(field, "args", None) and not kind.name.startswith("__")
    ]


class Writing:
    """A field with arguments, as it is being written."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.declared: list[str] = []
        self.values: dict[str, Any] = {}

    def field(self, name: str, field: GraphQLField) -> str:
        """Write the field."""
        parts = [
            f"{argument}: {self._value(each.type, 3)}"
            for argument, each in field.args.items()
            if self._chance(9 if is_non_null_type(each.type) else 6)
        ]
        return f"{name}({', '.join(parts)})" if parts else name

    def _chance(self, of_ten: int) -> bool:
        return self._data.draw(st.integers(1, 10)) <= of_ten

    def _value(self, kind: Any, depth: int) -> str:
        if self._chance(5):
            return self._variable(kind)
        return self._literal(kind, depth)

    def _literal(self, kind: Any, depth: int) -> str:
        if is_non_null_type(kind):
            return self._literal(kind.of_type, depth)
        if self._chance(1) or depth == 0:
            return "null"
        if is_list_type(kind):
            entries = [self._value(kind.of_type, depth - 1) for _ in range(2) if self._chance(5)]
            return f"[{', '.join(entries)}]"
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, depth)
        return self._leaf(kind)

    def _object(self, kind: GraphQLInputObjectType, depth: int) -> str:
        names = list(kind.fields)
        if kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of and self._chance(9):
            names = [self._data.draw(st.sampled_from(names))]
        else:
            needed = [name for name in names if is_non_null_type(kind.fields[name].type)]
            names = [name for name in names if self._chance(8 if name in needed else 3)]
        parts = [f"{name}: {self._value(kind.fields[name].type, depth - 1)}" for name in names]
        return f"{{{', '.join(parts)}}}"

    def _leaf(self, kind: Any) -> str:
        if isinstance(kind, GraphQLEnumType):
            return str(self._data.draw(st.sampled_from(sorted(kind.values))))
        return str(self._data.draw(st.sampled_from(LEAVES[kind.name])))

    def _variable(self, kind: Any) -> str:
        name = f"v{len(self.declared)}"
        declared = str(kind)
        if self._chance(3):  # a null may then come where none may be
            declared = declared.rstrip("!")
        default = f" = {self._constant(kind)}" if self._chance(2) else ""
        self.declared.append(f"${name}: {declared}{default}")
        chosen = self._data.draw(st.sampled_from(["given", "given", "given", "null", "absent"]))
        if chosen == "null":
            self.values[name] = None
        elif chosen == "given":
            self.values[name] = self._given(kind)
        return f"${name}"

    def _constant(self, kind: Any) -> str:
        named = get_named_type(kind)
        return "null" if isinstance(named, GraphQLInputObjectType) else self._leaf(named)

    def _given(self, kind: Any) -> Any:
        if is_non_null_type(kind):
            return self._given(kind.of_type)
        if is_list_type(kind):
            return [self._given(kind.of_type)]
        if isinstance(kind, GraphQLInputObjectType):
            return {
                name: self._given(field.type)
                for name, field in kind.fields.items()
                if is_non_null_type(field.type)
            }
        text = self._leaf(kind)
        if isinstance(kind, GraphQLEnumType):
            return text
        return {"true": True, "false": False}[text] if kind.name == "Boolean" else _read(text)


def _read(text: str) -> Any:
    if text.startswith('"'):
        return text[1:-1]
    return float(text) if "." in text else int(text)


def outcome(give: Any, *given: Any) -> object:
    """Return what a function gives, or what it raises."""
    try:
        return _shown(give(*given))
    except Exception as error:  # noqa: BLE001  # it is what is compared
        return type(error), str(error)


def _shown(value: Any) -> Any:
    """Take objects apart, so that any difference is seen: between 1 and 1.0, too."""
    if isinstance(value, Mapping):
        return {name: _shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if dataclasses.is_dataclass(value):
        return type(value), {name: _shown(each) for name, each in vars(value).items()}
    return type(value), repr(value)


def run_of(executor: Any) -> Run:
    return Run(None, None, executor.variable_values.coerced, lambda: executor)


def both_of(schema: Any, name: str, field: GraphQLField, writing: Writing) -> tuple[Any, Any]:
    """Convert a field's arguments twice by what was compiled, and once slowly; say if it was."""
    written = writing.field(name, field)
    signature = f"({', '.join(writing.declared)})" if writing.declared else ""
    document = parse(f"query {signature} {{ {written} }}")
    core = schema._schema  # noqa: SLF001  # no public way
    executor: Any = PlanExecutor.build(core, document, raw_variable_values=writing.values)
    if isinstance(executor, list):
        return None, None  # a variable's value is wrong, and nothing is run
    node: Any = executor.operation.selection_set.selections[0]
    declared = (field.extensions or {})[GraphQLCoreConverter.DEFINITION_BACKREF]
    arguments = Arguments(field, FieldDetails(node, None), declared)
    if arguments.is_empty:
        return None, None
    run = run_of(executor)
    fast = outcome(arguments.converted, run)
    assert outcome(arguments.converted, run) == fast
    by_hand = Arguments(field, FieldDetails(node, None), declared)._converted_slowly  # noqa: SLF001  # what it is compared with
    slow = outcome(by_hand, declared, run)
    assert fast == slow, (written, writing.values)
    return fast, arguments._compiled is not None  # noqa: SLF001  # so that the test means something


@pytest.mark.parametrize("which", SCHEMAS)
def test_a_value_of_every_scalar_that_arguments_take_can_be_written(which: str) -> None:
    inputs = [
        kind
        for kind in SCHEMAS[which]._schema.type_map.values()  # noqa: SLF001  # no public way
        if isinstance(kind, GraphQLInputObjectType)
    ]
    taken = [each for _, field in fields_of(SCHEMAS[which]) for each in field.args.values()]
    taken += [each for kind in inputs for each in kind.fields.values()]
    kinds = [get_named_type(each.type) for each in taken]
    assert {kind.name for kind in kinds if isinstance(kind, GraphQLScalarType)} <= LEAVES.keys()


@pytest.mark.parametrize("which", SCHEMAS)
def test_compiled_arguments_are_those_of_the_slow_way(which: str) -> None:
    schema = SCHEMAS[which]
    fields = fields_of(schema)
    n_compiled = 0

    @settings(max_examples=N_CASES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        nonlocal n_compiled
        name, field = data.draw(st.sampled_from(fields))
        result, is_compiled = both_of(schema, name, field, Writing(data))
        n_compiled += bool(is_compiled) and isinstance(result, dict)

    check()
    assert n_compiled > N_CASES // 20


def converted(text: str, **variables: Any) -> tuple[Any, bool]:
    """Convert the arguments of one field of our own schema, and say whether the fast way did."""
    schema: Any = SCHEMAS["own"]
    executor: Any = PlanExecutor.build(
        schema._schema,  # noqa: SLF001  # no public way
        parse(text),
        raw_variable_values=variables,
    )
    node = executor.operation.selection_set.selections[0]
    field = executor.schema.query_type.fields[node.name.value]
    declared = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    arguments = Arguments(field, FieldDetails(node, None), declared)
    run = run_of(executor)
    given = arguments.converted(run)
    compiled = arguments._compiled  # noqa: SLF001  # what the tests are about
    is_fast = compiled is not None and compiled(run.variables) is not None
    return given, is_fast


def test_the_usual_forms_are_compiled() -> None:
    given, is_fast = converted(
        'query ($t: String!, $n: Int) { scalars(aText: $t, number: $n, id: "7") }', t="x", n=2
    )
    assert is_fast
    assert given == {"a_text": "x", "number": 2, "id": "7", "flag": False}
    given, is_fast = converted(
        "query ($n: Int!, $l: Int!, $t: String)"
        ' { inputs(by: {number: $n}, deep: {text: "a", in: $t, checked: {low: $l}}) }',
        n=1,
        l=2,
        t=None,
    )
    assert is_fast
    assert given["by"] == Choice(number=1)
    assert given["deep"].name is None
    assert given["deep"].checked == Checked(low=2)
    assert given["number"] == 3


def test_what_is_absent_or_null_is_left_to_graphql_core() -> None:
    given, is_fast = converted('query ($n: Int) { scalars(aText: "a", number: $n) }')
    assert (given["number"], is_fast) == (5, False)
    given, is_fast = converted("query ($c: Color) { others(color: $c) }", c="RED")
    assert (given["color"], is_fast) == (Color.RED, False)


def test_each_run_gets_its_own_objects_around_variables() -> None:
    text = "query ($n: Int!) { inputs(by: {number: $n}) }"
    (first, _), (second, _) = converted(text, n=1), converted(text, n=2)
    assert (first["by"].number, second["by"].number) == (1, 2)
