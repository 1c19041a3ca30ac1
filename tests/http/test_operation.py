"""Operations over HTTP."""

import json
from typing import Any

import httpx
import pytest

from graphql_api.http.answer import as_json
from tests.support.factories import Factory

TITLES = "query Titles($n: Int) { posts(first: $n) { nodes { title } } }"


def posted(http: httpx.Client, query: str, **more: object) -> Any:  # JSON
    """Send an operation by POST and return the answer's body."""
    answer = http.post("/graphql", json={"query": query} | more)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def fetched(http: httpx.Client, **parameters: str) -> Any:  # JSON
    """Send an operation by GET and return the answer's body."""
    answer = http.get("/graphql", params=parameters)
    assert answer.status_code == 200
    return answer.json()


async def test_a_query_is_answered_by_post_and_get(http: httpx.Client, make: Factory) -> None:
    for title in ("Älter", "新しい \N{SEEDLING}"):
        await make.post(title=title)
    expected = {"data": {"posts": {"nodes": [{"title": "新しい \N{SEEDLING}"}]}}}
    given: dict[str, Any] = {"variables": {"n": 1}, "operationName": "Titles"}
    assert posted(http, TITLES, **given) == expected
    got = {"query": TITLES, "variables": '{"n": 1}', "operationName": "Titles"}
    assert fetched(http, **got) == expected


def test_null_parts_are_absent_parts(http: httpx.Client) -> None:
    nothing = {"variables": None, "operationName": None, "extensions": None}
    assert posted(http, TITLES, **nothing) == {"data": {"posts": {"nodes": []}}}
    assert fetched(http, query=TITLES, variables="null") == {"data": {"posts": {"nodes": []}}}


def test_the_named_operation_runs(http: httpx.Client) -> None:
    both = "query A { a: categories { id } } query B { b: categories { id } }"
    assert posted(http, both, operationName="B") == {"data": {"b": []}}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"query": "{ __typename }", "operationName": "B"}, 'no operation named "B"'),
        ({"query": "{ __typename }", "operationName": ""}, 'no operation named ""'),
        ({"query": "query A { __typename }", "operationName": "a"}, 'no operation named "a"'),
        ({"query": "fragment A on Post { id }"}, "no operation"),
        ({"query": "query A { a: __typename } query B { __typename }"}, "has several operations"),
    ],
)
@pytest.mark.parametrize(("kind", "status"), [("", 200), ("graphql-response+", 400)])
def test_a_document_of_which_no_operation_can_be_run_is_answered_one_way(
    kind: str, status: int, asked: dict[str, str], said: str, http: httpx.Client
) -> None:
    answer = http.post("/graphql", json=asked, headers={"accept": f"application/{kind}json"})
    assert answer.status_code == status
    [error] = answer.json()["errors"]
    assert answer.json().keys() == {"errors"}
    assert said in error["message"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}


def test_errors_are_part_of_the_answer(http: httpx.Client) -> None:
    assert posted(http, '{ node(id: "x") { id } categories { id } }') == {
        "data": {"node": None, "categories": []},
        "errors": [
            {
                "message": "'x' is not an id of this API; ids come from its `id` fields",
                "locations": [{"line": 1, "column": 3}],
                "path": ["node"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { like }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ posts(first: "1") { totalCount } }', "BAD_USER_INPUT"),
    ],
)
def test_a_wrong_document_is_answered_without_data(
    query: str, code: str, http: httpx.Client
) -> None:
    answer = posted(http, query)
    assert answer.keys() == {"errors"}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}


def test_a_deeply_nested_answer_is_written_whole() -> None:
    levels = 300  # orjson gives up at 254
    deep: Any = "leaf"
    for _ in range(levels):
        deep = {"below": deep}
    found = json.loads(as_json(deep))
    for _ in range(levels):
        found = found["below"]
    assert found == "leaf"


def test_a_document_that_nests_deeper_is_refused(http: httpx.Client) -> None:
    answer = posted(http, "{ posts { nodes " * 1000)
    assert answer["errors"][0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}


async def test_large_numbers_and_characters_survive(http: httpx.Client, make: Factory) -> None:
    title = '\u2028\u2029\x7f\\"</script> \U0010fffd'
    await make.post(title=title, view_count=2**63 - 1)
    data = posted(http, "{ posts { nodes { title viewCount } } }")["data"]
    assert data["posts"]["nodes"] == [{"title": title, "viewCount": 2**63 - 1}]


async def test_requests_share_nothing(http: httpx.Client, make: Factory) -> None:
    post = await make.post(title="before")
    query = "{ posts { nodes { title commentCount } } }"
    assert posted(http, query)["data"]["posts"]["nodes"] == [{"title": "before", "commentCount": 0}]
    await make.comment(post=post)
    assert posted(http, query)["data"]["posts"]["nodes"] == [{"title": "before", "commentCount": 1}]


def test_introspection_answers_what_tools_ask(http: httpx.Client) -> None:
    query = "{ __schema { queryType { name } types { name description } } }"
    schema = posted(http, query)["data"]["__schema"]
    assert schema["queryType"] == {"name": "Query"}
    assert all(kind["description"] for kind in schema["types"]), "GraphiQL shows them"
    assert json.dumps(schema)
