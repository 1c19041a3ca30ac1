"""What an operation costs, for the variables that come with it."""

from pathlib import Path
from typing import Any

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.schema.arguments import LARGEST_SIZE
from graphql_api.schema.limits.formula import count_of
from graphql_api.schema.limits.measure import measure
from tests.schema.limits.test_measure import SCHEMA, counted

CONTENT = "nodes { id author { id } comments(first: 5) { nodes { id author { id } } } }"

# the rig's workloads (README.md, Benchmarks) in this schema, each with its cost and nodes
WORKLOADS = {
    "nested": (
        """query($n: Int) { posts(first: $n) { nodes { id title body createdAt author { id
        displayName } tags { nodes { id name } } comments(first: 10) { nodes { id body author { id
        displayName } } } } } }""",
        20,
        (620, 840),
    ),
    "deep": (
        """query($n: Int) { posts(first: $n) { nodes { id title author { id displayName
        posts(first: 5) { nodes { id title tags(first: 10) { nodes { id name } }
        comments(first: 5) { nodes { id body author { id displayName } } } } } } } } }""",
        10,
        (810, 1070),
    ),
    "flat": (
        "query($n: Int) { posts(first: $n) { nodes { id title author { displayName } } } }",
        100,
        (100, 200),
    ),
    "large, as two pages": (
        """query($n: Int) { a: posts(first: $n) { ...P } b: posts(first: $n) { ...P } }
        fragment P on PostConnection { nodes { id title body createdAt author { id displayName }
        comments(first: 20) { nodes { id body author { id displayName } } } } }""",
        100,
        (4200, 8400),
    ),
}


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_the_benchmarks_ask_fits_into_one_request(name: str) -> None:
    text, size, expected = WORKLOADS[name]
    found = counted(text, n=size)
    assert (found["cost"], found["nodes"]) == expected
    assert found["cost"] <= 5_000
    assert found["nodes"] <= 10_000


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ("", 20),
        ("(first: 3)", 3),
        ("(last: 4)", 4),
        ("(first: null)", 20),
        ("(first: 0)", 0),
        ("(first: -5)", 0),
        ("(first: 101)", 100),
        (f"(first: {'9' * 50})", 100),
        (f"(first: -{'9' * 50})", 0),
        ("(first: $five)", 5),
        ("(first: $seven)", 7),
        ("(first: $nothing)", 20),
        ("(first: null, last: $five)", 5),
        ('(first: "3")', 20),
    ],
)
def test_the_size_of_a_page_is_what_its_arguments_say(arguments: str, size: int) -> None:
    text = "query ($five: Int, $seven: Int = 7, $nothing: Int)"
    found = counted(f"{text} {{ posts{arguments} {{ {CONTENT} }} }}", five=5)
    assert (found["cost"], found["nodes"]) == (size * 6, size * 12)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (5, 5),
        (5.0, 5),
        (5.5, None),
        (True, None),
        ("5", None),
        (None, None),
        ({}, None),
        ([1, 2, 3], 3),
        (101, 100),
        (1e300, 100),
        (-1e300, 0),
        (float("inf"), None),
    ],
)
def test_a_variable_counts_as_graphql_takes_it(value: Any, count: int | None) -> None:
    assert count_of(value) == count


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists))
def test_no_variable_makes_a_size_out_of_bounds(value: Any) -> None:
    count = count_of(value)
    assert count is None or 0 <= count <= LARGEST_SIZE


@pytest.mark.parametrize(
    ("text", "cost", "nodes", "statements"),
    [
        ("{ __typename }", 0, 0, 0),
        ("{ viewer { scopes } rateLimit { cost } }", 0, 0, 0),
        ('{ post(by: {slug: "a"}) { author { id } viewerHasLiked } }', 0, 2, 3),
        ("{ categories { children { name } } }", 10 + 10 * 10, 10 + 100, 2),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3, 3, 1),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", 4, 4, 1),
        # the list of comments is known to the post, the list of posts to nobody
        ("{ posts(first: 1) { totalCount nodes { comments { totalCount } } } }", 21, 21, 3),
        ("{ posts(first: 1) { nodes { comments(where: {}) { totalCount } } } }", 21, 21, 3),
        ("{ posts(first: 1) { pageInfo { endCursor } edges { node { id } } } }", 1, 1, 1),
        ("mutation { logout(input: {}) { errors { message } } }", 10, 0, 0),
        ("mutation { a: renameTag { tag { id } } b: renameTag { tag { id } } }", 20, 2, 2),
        # a level's statements go out together, whatever asks for them
        ("{ a: posts { nodes { author { id } } } posts { nodes { author { id } } } }", 40, 80, 2),
    ],
)
def test_costs_by_hand(text: str, cost: int, nodes: int, statements: int) -> None:
    found = counted(text, ids=["a"] * 4)
    assert (found["cost"], found["nodes"], found["statements"]) == (cost, nodes, statements)


def test_an_operation_without_variables_in_its_sizes_is_one_number() -> None:
    operation = measure(SCHEMA, parse(f"{{ posts {{ {CONTENT} }} }}")).operations[None]
    assert operation.formula.steps == []


def test_each_operation_has_its_own_defaults() -> None:
    text = """query A($n: Int = 2) { posts(first: $n) { ...F } }
        query B($n: Int = 3) { posts(first: $n) { ...F } }
        fragment F on PostConnection { nodes { comments(first: $n) { nodes { id } } } }"""
    operations = measure(SCHEMA, parse(text)).operations
    assert operations["A"].formula.of(None) == (2 + 2 * 2, 2 + 2 * 2)
    assert operations["B"].formula.of(None) == (3 + 3 * 3, 3 + 3 * 3)
    assert operations["B"].formula.of({"n": 5}) == (5 + 5 * 5, 5 + 5 * 5)
    assert None not in operations


def test_the_example_of_the_page_is_right() -> None:
    page = (Path(__file__).parents[3] / "docs/limits.md").read_text(encoding="utf-8")
    text = page.partition("### An example\n")[2].partition("With `")[0]
    found = counted(text, n=20)
    figures = f"| **{found['cost']}** | **{found['nodes']}** | **{found['statements']}** |"
    assert figures in page
    assert f'"requested": {found["cost"]}, "budget": 5000, "nodes": {found["nodes"]}' in page
    assert f"The formula, {counted(text, n=1)['cost']} \N{MULTIPLICATION SIGN} `n`" in page
