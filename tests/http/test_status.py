"""The status of an answer whose fields had errors."""

from typing import Any

import pytest
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from graphql_api.http.status import status_of


def failed(*paths: list[str], code: str = "UNAVAILABLE") -> list[GraphQLError]:
    return [GraphQLError("no", path=path, extensions={"code": code}) for path in paths]


@pytest.mark.parametrize("is_response", [True, False])
@pytest.mark.parametrize(
    ("data", "errors", "status"),
    [
        (None, failed(["a"]), 503),
        (None, failed(["a"], code="TIMEOUT"), 504),
        (None, failed(["a"], code="INTERNAL"), 200),
        ({"a": None, "b": None}, failed(["a"], ["b", "c"]), 503),
        ({"a": {"b": None, "c": None}}, failed(["a", "b"], ["a", "c"]), 503),
        ({"a": None}, failed(["a"], code="INTERNAL"), 200),
        ({"a": None, "b": None}, failed(["a"]), 200),
        ({"a": None, "b": None}, [*failed(["a"]), *failed(["b"], code="FORBIDDEN")], 200),
        ({"a": None, "b": 0}, failed(["a"]), 200),
        ({"a": {"b": None, "c": "text"}}, failed(["a", "b"]), 200),
        ({"a": None, "b": []}, failed(["a"]), 200),
    ],
)
def test_it_is_an_errors_where_each_field_failed_by_what_will_pass(
    data: Any, errors: list[GraphQLError], status: int, *, is_response: bool
) -> None:
    assert status_of(ExecutionResult(data, errors), is_response=is_response) == status
