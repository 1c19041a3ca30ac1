"""The walk through a document finds what expanding it would, however its fragments are spread."""

from typing import Any

import pytest
from graphql import GraphQLSchema, Visitor, get_introspection_query, parse, visit
from hypothesis import given, settings

from graphql_api.errors import LimitExceededError
from graphql_api.schema.build import build_schema
from graphql_api.schema.limits.bounds import Limits
from graphql_api.schema.limits.measure import MOST_NESTED, Measure, measure
from tests.schema.limits.documents import Written, documents
from tests.schema.limits.naive import Counter

SCHEMA: GraphQLSchema = build_schema()._schema  # noqa: SLF001  # no public way


def measured(text: str) -> Measure:
    return measure(SCHEMA, parse(text))


def counted(text: str, **variables: Any) -> dict[str, int]:
    """Measure the only operation of a document."""
    operation = measured(text).operations[None]
    cost, nodes = operation.formula.of(variables)
    size = operation.size
    return {
        "width": size.width,
        "depth": size.depth,
        "fields": size.fields,
        "aliases": size.aliases,
        "cost": cost,
        "nodes": nodes,
        "statements": operation.n_statements,
    }


@settings(max_examples=100, deadline=None)
@given(documents)
def test_the_walk_counts_as_expanding_every_fragment_does(written: Written) -> None:
    naive = Counter(parse(written.text), written.variables).run()
    expected = {name: getattr(naive, name) for name in counted("{ __typename }")}
    assert counted(written.text, **written.variables) == expected


class _Selections(Visitor):
    n = 0

    def enter(self, node: Any, *_: Any) -> None:
        self.n += node.kind in {"field", "fragment_spread", "inline_fragment"}


@settings(max_examples=50, deadline=None)
@given(documents)
def test_each_selection_is_looked_at_once_at_most(written: Written) -> None:
    document = parse(written.text)
    seen = _Selections()
    visit(document, seen)
    assert measure(SCHEMA, document).n_visited <= seen.n


def doubling(levels: int) -> str:
    chain = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return "\n".join(
        ["{ ...F0 }", *chain, f"fragment F{levels} on Query {{ posts {{ __typename }} }}"]
    )


def test_doubled_fragments_cost_a_visit_each_and_count_as_often_as_they_are_expanded() -> None:
    found = measured(doubling(60))
    assert found.n_visited == 1 + 2 * 60 + 2
    assert found.operations[None].size.fields == 2 * 2**60
    assert found.operations[None].formula.of({}) == (20 * 2**60, 20 * 2**60)


def test_doubled_mutations_are_counted_and_not_listed() -> None:
    text = (
        doubling(60).replace("on Query", "on Mutation").replace("{ ...F0 }", "mutation { ...F0 }")
    )
    bookmark = "bookmark(input: {subjectId: 1}) { post { author { id } } }"
    found = measured(text.replace("posts { __typename }", bookmark))
    assert found.n_visited == 1 + 2 * 60 + 4
    assert found.operations[None].n_statements == 2 * 2**60


def test_a_variable_in_doubled_fragments_is_multiplied_once_for_each() -> None:
    text = doubling(60).replace("{ ...F0 }", "query ($n: Int) { ...F0 }")
    operation = measured(text.replace("posts {", "posts(first: $n) {")).operations[None]
    assert operation.formula.of({"n": 3}) == (3 * 2**60, 3 * 2**60)
    assert len(operation.formula.steps) <= 61


@pytest.mark.parametrize(
    "text",
    [
        "{ ...A } fragment A on Query { posts { nodes { id } } ...A }",
        "{ ...A } fragment A on Query { ...B posts { nodes { id } } } fragment B on Query { ...A }",
        "{ posts { nodes { ...A } } } fragment A on Post { author { posts { nodes { ...A } } } }",
        "{ ...Missing posts { nodes { id } } }",
        "subscription { anything { at { all } } }",
        "type Post @a { id: ID @b }",
    ],
)
def test_what_is_not_valid_is_measured_too(text: str) -> None:
    assert measured(text).n_visited <= text.count("{") + text.count("...") + 2


def test_what_is_nested_too_deeply_is_not_walked_into() -> None:
    with pytest.raises(LimitExceededError):
        measured("{" + "a {" * MOST_NESTED + "b" + "}" * MOST_NESTED + "}")
    chain = "".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(MOST_NESTED))
    with pytest.raises(LimitExceededError):
        measured(f"{{ ...F0 }} {chain} fragment F{MOST_NESTED} on Query {{ a }}")


def test_directives_are_counted_wherever_they_stand() -> None:
    text = """query Q($a: Int @a) @b { x @c ... @d { y @e @f } ...F @g }
        fragment F on Query @h { z @i } fragment Unused on Query @j { x }"""
    assert measured(text).n_directives == 10


def test_questions_about_the_schema_are_measured_apart() -> None:
    found = measured(get_introspection_query(specified_by_url=True, input_value_deprecation=True))
    asked = found.introspection
    assert (asked.roots, asked.depth, asked.lists) == (1, 15, 2)
    size = found.operations[None].size
    assert (size.depth, size.fields) == (1, 1)
    Limits().check(found)


def test_a_list_of_the_schema_in_its_list_is_seen_through_fragments() -> None:
    text = """{ __schema { types { ...T } } } fragment T on __Type { fields { type { ...N } } }
        fragment N on __Type { fields { name } }"""
    assert measured(text).introspection.lists == 3
