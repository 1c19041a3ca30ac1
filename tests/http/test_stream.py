"""Answers in parts over HTTP: which clients get them, how they are written, and how they end."""

import json
from typing import Any

import httpx
import pytest

from tests.support.factories import Factory

DEFERRED = "{ posts { nodes { slug ... @defer { title } } } }"
APOLLO = (
    "multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9"
)
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json,"
    " text/event-stream, multipart/mixed"
)
EVENTS = {"accept": "text/event-stream"}


def parts_of(answer: httpx.Response) -> list[Any]:
    """Take a multipart message apart as clients do: at its boundary."""
    assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"'
    start, *parts, end = ("\r\n" + answer.text).split("\r\n---")
    assert (start, end) == ("", "--\r\n")
    for part in parts:
        head, _, _ = part.partition("\r\n\r\n")
        assert head == "\r\nContent-Type: application/json; charset=utf-8"
    return [json.loads(part.partition("\r\n\r\n")[2]) for part in parts]


def events_of(answer: httpx.Response) -> list[Any]:
    """Read server-sent events as a browser does, but strictly."""
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    *events, rest = answer.text.split("\n\n")
    assert rest == ""
    assert events.pop() == "event: complete\ndata:"
    lines = [event.split("\n") for event in events]
    assert {line[0] for line in lines} == {"event: next"}
    return [json.loads(data.removeprefix("data: ")) for _, data in lines]


def ask(http: httpx.Client, query: str, accept: str) -> httpx.Response:
    return http.post("/graphql", json={"query": query}, headers={"accept": accept})


async def test_who_takes_parts_gets_what_is_deferred_later(
    http: httpx.Client, make: Factory
) -> None:
    await make.post(slug="one", title="One")
    first, last = parts_of(ask(http, DEFERRED, APOLLO))
    path = ["posts", "nodes", 0]
    assert first == {
        "data": {"posts": {"nodes": [{"slug": "one"}]}},
        "pending": [{"id": "0", "path": path}],
        "hasNext": True,
    }
    assert last == {
        "incremental": [{"id": "0", "path": path, "data": {"title": "One"}}],
        "completed": [{"id": "0"}],
        "hasNext": False,
    }


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "*/*"])
async def test_who_takes_no_parts_gets_all_at_once(
    accept: str, http: httpx.Client, make: Factory
) -> None:
    await make.post(slug="one", title="One")
    for _ in range(2):  # the second time the document is known
        answer = ask(http, DEFERRED, accept)
        assert answer.headers["content-type"].startswith("application/")
        assert answer.json() == {"data": {"posts": {"nodes": [{"slug": "one", "title": "One"}]}}}


@pytest.mark.parametrize("accept", [APOLLO, URQL])
def test_what_has_no_parts_is_answered_as_json(accept: str, http: httpx.Client) -> None:
    for query in ("{ __typename }", "{ ... @defer(if: false) { __typename } }"):
        answer = ask(http, query, accept)
        assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
        assert answer.json() == {"data": {"__typename": "Query"}}
    answer = ask(http, "{ ... @defer { nothing } }", accept)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


def test_who_takes_only_events_gets_each_result_as_one(http: httpx.Client) -> None:
    assert events_of(ask(http, "{ __typename }", "text/event-stream")) == [
        {"data": {"__typename": "Query"}}
    ]
    answer = http.get("/graphql?query={__typename}", headers=EVENTS)
    assert events_of(answer) == [{"data": {"__typename": "Query"}}]
    [said] = events_of(ask(http, "{ nothing }", "text/event-stream"))
    assert said.keys() == {"errors"}
    assert said["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


def test_a_mutation_does_not_run_for_events_asked_for_by_get(http: httpx.Client) -> None:
    query = 'mutation { logout(input: {refreshToken: "a"}) { errors { code } } }'
    answer = http.get("/graphql", params={"query": query}, headers=EVENTS)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_what_is_no_request_is_refused_before_there_are_events(http: httpx.Client) -> None:
    answer = http.post(
        "/graphql", content=b"[", headers={**EVENTS, "content-type": "application/json"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")


async def test_events_of_a_query_with_deferred_parts_are_whole(
    http: httpx.Client, make: Factory
) -> None:
    await make.post(slug="one", title="One")
    assert events_of(ask(http, DEFERRED, "text/event-stream")) == [
        {"data": {"posts": {"nodes": [{"slug": "one", "title": "One"}]}}}
    ]
