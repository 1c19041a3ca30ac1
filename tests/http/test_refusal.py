"""Requests that are no GraphQL: a fitting status, and a reason as JSON."""

import httpx
import pytest

from tests.schema.client import LEAK

JSON = {"content-type": "application/json"}
POSTS = '"query": "{ posts { totalCount } }"'
BROKEN = {
    "nothing": b"",
    "half of it": b'{"query": "{ posts',
    "no JSON": b"{ posts { totalCount } }",
    "no UTF-8": b'{"query": "\xff"}',
    "UTF-16": f"{{{POSTS}}}".encode("utf-16"),
    "half a surrogate": f'{{{POSTS}, "variables": {{"a": "\\ud800"}}}}'.encode(),
    "null": b"null",
    "a number": b"5",
    "a text": b'"{ posts { totalCount } }"',
    "true": b"true",
    "an empty list": b"[]",
    "a batch": f"[{{{POSTS}}}]".encode(),
    "a constant of JavaScript": b"NaN",
    "50,000 levels": b"[" * 50_000,
    "5,000 digits": b'{"query": ' + b"9" * 5_000 + b"}",
    "no query": b"{}",
    "a null query": b'{"query": null}',
    "an empty query": b'{"query": ""}',
    "a number as query": b'{"query": 5}',
    "an object as query": b'{"query": {}}',
    "a list as variables": f'{{{POSTS}, "variables": []}}'.encode(),
    "a text as variables": f'{{{POSTS}, "variables": "{{}}"}}'.encode(),
    "a number as extensions": f'{{{POSTS}, "extensions": 5}}'.encode(),
    "a number as name": f'{{{POSTS}, "operationName": 5}}'.encode(),
    "an object as name": f'{{{POSTS}, "operationName": {{}}}}'.encode(),
    "a list as name": f'{{{POSTS}, "operationName": ["a"]}}'.encode(),
    "an unknown name": f'{{{POSTS}, "operationName": "Other"}}'.encode(),
    "fragments alone": b'{"query": "fragment A on Post { id }"}',
}


def reason(answer: httpx.Response, status: int) -> str:
    """Check that an answer is a refusal in the shape of GraphQL, and return its sentence."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    message: str = error["message"]
    assert not LEAK.search(message), message
    return message


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_a_bad_request(body: bytes, http: httpx.Client) -> None:
    assert reason(http.post("/graphql", content=body, headers=JSON), 400)


def test_the_reason_names_what_is_wrong(http: httpx.Client) -> None:
    def said(name: str) -> str:
        return reason(http.post("/graphql", content=BROKEN[name], headers=JSON), 400)

    assert said("no JSON") == "Unable to parse request body as JSON"
    assert said("a number") == "An object was expected as JSON"
    assert said("no query") == "No GraphQL query found in the request"
    assert said("a list as name") == "The `operationName` must be a string or null, if provided."
    assert said("an unknown name") == 'Unknown operation named "Other".'


@pytest.mark.parametrize("kind", [None, "text/plain", "application/graphql", "multipart/form-data"])
def test_a_body_that_is_not_said_to_be_json_is_a_bad_request(
    kind: str | None, http: httpx.Client
) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = http.post("/graphql", content=f"{{{POSTS}}}".encode(), headers=headers)
    assert reason(answer, 400) == "Unsupported content type"


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("value", ["{", "5", "%22a%22", "[1]", "%ed%a0%80"])
def test_a_broken_parameter_is_a_bad_request(name: str, value: str, http: httpx.Client) -> None:
    assert reason(http.get(f"/graphql?query={{categories{{id}}}}&{name}={value}"), 400)


def test_a_get_without_a_query_is_a_bad_request(http: httpx.Client) -> None:
    answer = http.get("/graphql", headers={"accept": "application/json"})
    assert reason(answer, 400) == "No GraphQL query found in the request"


def test_a_get_changes_nothing(http: httpx.Client) -> None:
    answer = http.get("/graphql", params={"query": "mutation { like }"})
    assert reason(answer, 400) == "mutations are not allowed when using GET"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_not_allowed(method: str, http: httpx.Client) -> None:
    answer = http.request(method, "/graphql")
    assert reason(answer, 405) == "GraphQL only supports GET and POST requests."
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/", "/nothing", "/graphql/deeper", "/graphiql/", "/healthz/x"])
def test_an_unknown_path_is_not_found(path: str, http: httpx.Client) -> None:
    answer = http.get(path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.text) == (404, "Not Found")
