"""Whatever is sent over HTTP is answered with an error that we mean, and others are served."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.hostile import oracle
from tests.hostile.corpus import BODIES, IDS, JSON, QUERIES, QUESTIONS, VALUES, question
from tests.support.patience import PATIENCE_S

ACCEPTS = ["application/json", "application/graphql-response+json"]
CANARY = {"query": "{ __typename }"}


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[httpx.Client]:
    """Give a client for all cases, which leave nothing behind, with a canary beside them."""
    is_over = threading.Event()
    failed: list[object] = []

    def sing() -> None:
        with httpx.Client(base_url=base_url, timeout=PATIENCE_S) as own:
            while not is_over.wait(0.01):
                answer = own.post("/graphql", json=CANARY)
                if answer.json() != {"data": {"__typename": "Query"}}:
                    failed.append(answer.text)

    canary = threading.Thread(target=sing)
    canary.start()
    with httpx.Client(base_url=base_url, timeout=PATIENCE_S) as client:
        yield client
    is_over.set()
    canary.join()
    assert not failed


def post(client: httpx.Client, body: bytes, accept: str) -> None:
    answer = client.post("/graphql", content=body, headers={**JSON, "accept": accept})
    oracle.check(answer)


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_answered_with_an_error_that_we_mean(
    name: str, accept: str, client: httpx.Client
) -> None:
    post(client, BODIES[name], accept)


@pytest.mark.parametrize("accept", [*ACCEPTS, "multipart/mixed, application/json;q=0.5"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_hostile_document_is_answered_with_an_error_that_we_mean(
    name: str, accept: str, client: httpx.Client
) -> None:
    post(client, json.dumps({"query": QUERIES[name]}).encode(), accept)


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_value_of_a_variable_is_a_fault_of_ours(name: str, client: httpx.Client) -> None:
    values: list[Any] = [*VALUES, *IDS]
    values += [{"id": each} for each in IDS] + [{"slug": each} for each in VALUES]
    for value in values:
        body = {"query": question(name), "variables": {"v": value}}
        post(client, json.dumps(body).encode(), ACCEPTS[1])


@pytest.mark.parametrize("text", IDS)
def test_an_id_in_a_document_is_checked_as_in_a_variable(text: str, client: httpx.Client) -> None:
    query = f"{{ node(id: {json.dumps(text, ensure_ascii=False)}) {{ id }} }}"
    post(client, json.dumps({"query": query}).encode(), ACCEPTS[0])


HEADERS = [
    {"authorization": "Bearer " + "a." * 5000},
    {"authorization": ""},
    {"accept": "*/*;q=" + "9" * 1000},
    {"accept": ", ".join(["a/b;q=0.1"] * 300)},
    {"content-type": "application/json; charset=utf-7"},
    {"content-type": 'application/json; charset="utf-8'},
    {"content-encoding": "br"},
    {"x-request-id": "a b;c=" + "d" * 500},
    {"x-forwarded-for": "1.2.3.4, nonsense, ::1"},
    {"cookie": "a=" + "b" * 5000},
    {"expect": "100-continue"},
    {"x-graphql-execution": "neither"},
    {"range": "bytes=0-1"},
    {"if-none-match": "*"},
    {"host": "elsewhere.example"},
    {"origin": "https://elsewhere.example"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: next(iter(headers)))
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
def test_a_hostile_header_is_answered_with_an_error_that_we_mean(
    method: str, headers: dict[str, str], client: httpx.Client
) -> None:
    content = json.dumps(CANARY).encode() if method == "POST" else None
    answer = client.request(method, "/graphql", content=content, headers={**JSON, **headers})
    if method == "HEAD":
        assert answer.status_code in oracle.STATUSES
    else:
        oracle.check(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/graphql?query=" + "%7B" * 2000,
        "/graphql?query=%00",
        "/graphql?query={__typename}&variables=%5B" + "%5B" * 1000,
        "/graphql/",
        "/graphql//",
        "/GraphQL",
        "/graphql;a=b",
        "/graphiql/../graphql",
        "/graphiql/%2e%2e/%2e%2e/settings.py",
        "/graphiql/" + "a" * 3000,
        "/graphiql/%00",
        "/metrics?x=1",
        "/healthz?%ff",
    ],
)
def test_a_hostile_address_is_answered_with_an_error_that_we_mean(
    path: str, client: httpx.Client
) -> None:
    oracle.check(client.get(path, headers={"accept": ACCEPTS[0]}))
