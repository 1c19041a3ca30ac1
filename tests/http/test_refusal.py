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

    assert said("no JSON") == "the body is not valid JSON in UTF-8"
    assert said("a number") == "the body must be a JSON object"
    assert said("a batch") == "the body must be a JSON object: batches are not enabled here"
    assert said("no query") == "there is no 'query'"
    assert said("a list as name") == "'operationName' must be a string"


@pytest.mark.parametrize("kind", [None, "text/plain", "application/graphql", "multipart/form-data"])
def test_a_body_that_is_not_said_to_be_json_is_not_taken(
    kind: str | None, http: httpx.Client
) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = http.post("/graphql", content=f"{{{POSTS}}}".encode(), headers=headers)
    assert "Content-Type" in reason(answer, 415)


def test_a_compressed_body_is_not_taken(http: httpx.Client) -> None:
    headers = {**JSON, "content-encoding": "gzip"}
    assert reason(http.post("/graphql", content=b"{}", headers=headers), 415)


def test_a_body_of_two_types_is_a_bad_request(http: httpx.Client) -> None:
    twice = [("content-type", "application/json"), ("content-type", "text/plain")]
    for headers in (twice, twice[::-1]):
        answer = http.post("/graphql", content=f"{{{POSTS}}}".encode(), headers=headers)
        assert reason(answer, 400) == "the header 'Content-Type' must name one type"


@pytest.mark.parametrize("coding", ["", "IDENTITY", "Identity,"])
def test_a_body_that_is_said_to_be_as_it_is_is_taken(coding: str, http: httpx.Client) -> None:
    headers = {**JSON, "content-encoding": coding}
    body = b'{"query": "{ __typename }"}'
    assert http.post("/graphql", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize("body", [b"x" * 300_000, b'{"query": "' + b" " * 262_144 + b'"}'])
@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_body_above_256_kb_is_refused(
    body: bytes,
    in_pieces: bool,  # noqa: FBT001  # pytest gives it
    http: httpx.Client,
) -> None:
    content = (body[start : start + 9_999] for start in range(0, len(body), 9_999))
    answer = http.post("/graphql", content=content if in_pieces else body, headers=JSON)
    assert answer.status_code == 413
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}


def test_variables_may_be_nested_40_levels_deep_and_no_more(http: httpx.Client) -> None:
    def answered(n_levels: int) -> httpx.Response:
        value: object = 1
        for _ in range(n_levels - 1):
            value = [value]
        return http.post("/graphql", json={"query": "{__typename}", "variables": {"a": value}})

    assert answered(40).json() == {"data": {"__typename": "Query"}}
    assert answered(41).status_code == 400
    assert answered(41).json()["errors"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize(
    ("value", "allowed", "told"),
    [([1], 9_997, "10000 values"), ([{}], 1_497, "1500 objects and lists")],
    ids=["values", "objects"],
)
def test_variables_hold_so_many_values_and_no_more(
    name: str, value: list[object], allowed: int, told: str, http: httpx.Client
) -> None:
    def answered(n_values: int) -> httpx.Response:
        sent = {"query": "{__typename}", name: {"a": value * n_values, "b": 1}}
        return http.post("/graphql", json=sent)

    assert answered(allowed).json() == {"data": {"__typename": "Query"}}
    [error] = answered(allowed + 2).json()["errors"]
    assert error == {
        "message": f"'{name}' has more than {told}",
        "extensions": {"code": "LIMIT_EXCEEDED"},
    }


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("value", ["{", "5", "%22a%22", "[1]", "%ed%a0%80"])
def test_a_broken_parameter_is_a_bad_request(name: str, value: str, http: httpx.Client) -> None:
    assert reason(http.get(f"/graphql?query={{categories{{id}}}}&{name}={value}"), 400)


def test_a_get_without_a_query_is_a_bad_request(http: httpx.Client) -> None:
    answer = http.get("/graphql", headers={"accept": "application/json"})
    assert reason(answer, 400) == "there is no 'query'"


@pytest.mark.parametrize(
    "parameters", ["query={a}&query={b}", "query=%ff", "&".join("abcdefghijk")]
)
def test_parameters_that_can_be_read_in_two_ways_are_a_bad_request(
    parameters: str, http: httpx.Client
) -> None:
    assert reason(http.get(f"/graphql?{parameters}"), 400)


@pytest.mark.parametrize("accept", ["text/plain", "image/*", "application/json;q=0", "nonsense"])
def test_a_client_that_takes_nothing_we_make_is_told_so(accept: str, http: httpx.Client) -> None:
    answer = http.post("/graphql", content=f"{{{POSTS}}}".encode(), headers={"accept": accept})
    assert "accept one of them" in reason(answer, 406)


@pytest.mark.parametrize(
    "accept",
    [
        [""],
        [","],
        ["text/plain", "application/json"],
        ["a/b," * 300 + "application/json"],
        ["a/b," * 248 + "application/json;q=0.9"],
    ],
    ids=["empty", "empty list", "two lines", "too long", "cut within"],
)
def test_a_client_that_takes_json_or_does_not_say_is_answered(
    accept: list[str], http: httpx.Client
) -> None:
    headers = [*JSON.items(), *(("accept", each) for each in accept)]
    answer = http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert answer.headers["content-type"] == "application/json"


def test_lines_of_accept_are_one_list(http: httpx.Client) -> None:
    kinds = ("application/json;q=0.5", "application/graphql-response+json")
    headers = [*JSON.items(), *(("accept", each) for each in kinds)]
    answer = http.post("/graphql", content=b'{"query": "{ nothing }"}', headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith(kinds[1])


@pytest.mark.parametrize("headers", [{"authorization": "Bearer forged"}, {"content-type": "a/b"}])
def test_a_refusal_has_the_type_whose_errors_its_client_reads(
    headers: dict[str, str], http: httpx.Client
) -> None:
    def kind(accept: str) -> str:
        answer = http.post("/graphql", content=b"{}", headers={**JSON, **headers, "accept": accept})
        assert answer.status_code in {401, 415}
        return answer.headers["content-type"]

    said = "application/graphql-response+json; charset=utf-8"
    assert kind("application/graphql-response+json,application/json;q=0.9") == said
    for accept in ("application/json", "*/*", "text/event-stream"):
        assert kind(accept) == "application/json"


def test_a_subscription_is_not_answered_as_json(http: httpx.Client) -> None:
    answer = http.post("/graphql", json={"query": "subscription { posts }"})
    assert "text/event-stream" in reason(answer, 406)


def test_a_get_changes_nothing(http: httpx.Client) -> None:
    answer = http.get("/graphql", params={"query": "mutation { like }"})
    assert reason(answer, 405) == "a mutation cannot be sent by GET"
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_not_allowed(method: str, http: httpx.Client) -> None:
    answer = http.request(method, "/graphql")
    assert reason(answer, 405) == "operations are sent by POST, and queries by GET too"
    assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["/", "/nothing", "/graphql/deeper", "/graphiql/", "/healthz/x"])
def test_an_unknown_path_is_not_found(path: str, http: httpx.Client) -> None:
    answer = http.get(path, headers={"accept": "text/html"})
    assert reason(answer, 404) == "Not Found: operations are sent to /graphql"


@pytest.mark.parametrize("path", ["/nothing", "/healthz", "/metrics", "/graphql"])
def test_every_answer_says_the_id_of_its_request_once(path: str, http: httpx.Client) -> None:
    given = http.get(path, headers={"x-request-id": "from-a-proxy"})
    assert given.headers.get_list("x-request-id") == ["from-a-proxy"]
    assert http.get(path).headers["x-request-id"]
