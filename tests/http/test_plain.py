"""The short way of a plain operation: what it takes, and that it answers as the view does."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.http.app import create_app
from graphql_api.settings import Settings
from tests.http.test_refusal import BROKEN

PLAIN = "application/json"
OTHERS = ["application/json; charset=utf-8", "application/json;"]
GOOD = {
    "an operation": b'{"query": "{ categories { id } }"}',
    "one with variables": b'{"query": "query ($n: Int) { posts(first: $n) { totalCount } }",'
    b' "variables": {"n": 1}, "operationName": null, "extensions": {}}',
    "one with an error": b'{"query": "query ($n: Int!) { posts(first: $n) { totalCount } }"}',
    "one that is not valid": b'{"query": "{ nothing }"}',
}


def sent(http: httpx.Client, body: bytes, kind: str) -> tuple[object, ...]:
    """Post a body, and return all of the answer that matters."""
    given = {"content-type": kind, "x-request-id": "the-same"}
    answer = http.post("/graphql", content=body, headers=given)
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("name", [*GOOD, *BROKEN])
def test_both_ways_answer_alike(name: str, http: httpx.Client) -> None:
    body = (GOOD | BROKEN)[name]
    answer = sent(http, body, PLAIN)
    for kind in OTHERS:
        assert sent(http, body, kind) == answer


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_body_may_come_in_pieces(size: int, http: httpx.Client) -> None:
    def pieces(body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    for body, status in ((GOOD["an operation"], 200), (BROKEN["half of it"], 400)):
        answer = http.post("/graphql", content=pieces(body), headers={"content-type": PLAIN})
        assert answer.status_code == status


async def asked(
    app: Any, *messages: dict[str, Any], root_path: str = "", state: Any = None
) -> list[dict[str, Any]]:
    """Hand an application the messages of one request, and return what it sends."""
    given, answered = list(messages), []

    async def receive() -> dict[str, Any]:
        return given.pop(0)

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "root_path": root_path,
        "headers": [(b"content-type", b"application/json")],
        "state": state or {},
    }
    await app(scope, receive, send)
    return answered


async def test_whoever_hangs_up_within_a_body_gets_no_answer(settings: Settings) -> None:
    half = {"type": "http.request", "body": b'{"query": "{', "more_body": True}
    gone = {"type": "http.disconnect"}
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:
        assert await asked(app, half, gone, state=state) == []
        assert await asked(app, gone, state=state) == []


async def test_under_a_path_of_a_proxy_the_rest_of_the_path_counts(settings: Settings) -> None:
    request = {"type": "http.request", "body": GOOD["an operation"], "more_body": False}
    answer = await asked(create_app(settings), request, root_path="/graphql")
    assert answer[0]["status"] == 404


async def test_a_middleware_that_somebody_adds_sees_operations(settings: Settings) -> None:
    async def refuse(_request: Request, _next: RequestResponseEndpoint) -> Response:
        return Response(status_code=403)

    app = create_app(settings)
    app.add_middleware(BaseHTTPMiddleware, dispatch=refuse)
    request = {"type": "http.request", "body": GOOD["an operation"], "more_body": False}
    assert (await asked(app, request))[0]["status"] == 403
