"""Several operations in one body, where an operator allows it."""

from typing import Any

import httpx
import pytest

from graphql_api.settings import Settings
from tests.http.running import running
from tests.support.patience import PATIENCE_S

NAME = {"query": "{ __typename }"}
WRONG = {"query": "{ nothing }"}


@pytest.fixture
def batching(settings: Settings) -> Any:
    """Serve batches of three."""
    allowing = settings.model_copy(update={"max_batch_operations": 3})
    with running(allowing) as base, httpx.Client(base_url=base, timeout=PATIENCE_S) as client:
        yield client


def test_each_operation_is_answered_in_its_place(batching: httpx.Client) -> None:
    variables = {"query": "query ($a: Boolean!) { __typename @include(if: $a) }"}
    answer = batching.post("/graphql", json=[NAME, WRONG, variables | {"variables": {"a": False}}])
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert first == {"data": {"__typename": "Query"}}
    assert second["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert third == {"data": {}}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "a batch has 1 to 3 operations"),
        ([NAME] * 4, "a batch has 1 to 3 operations"),
        ([NAME, 5], "every entry of a batch must be a JSON object"),
        ([NAME, {}], "there is no 'query'"),
    ],
)
def test_a_wrong_batch_is_refused_as_a_whole(
    body: list[Any], says: str, batching: httpx.Client
) -> None:
    answer = batching.post("/graphql", json=body)
    assert answer.status_code == 400
    assert says in answer.json()["errors"][0]["message"]


def test_an_operation_that_cannot_run_is_no_matter_of_the_others(batching: httpx.Client) -> None:
    wrong = [{"query": "subscription { a }"}, {**NAME, "operationName": "Other"}]
    answer = batching.post("/graphql", json=[wrong[0], NAME, wrong[1]])
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert second == {"data": {"__typename": "Query"}}
    for each in (first, third):
        assert each["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed"])
def test_a_batch_is_not_answered_in_parts(accept: str, batching: httpx.Client) -> None:
    answer = batching.post("/graphql", json=[NAME], headers={"accept": accept})
    assert answer.status_code == 406
    [error] = answer.json()["errors"]
    assert error["message"] == "a batch is answered as application/json"
