"""What is sent back: results and refusals as JSON, with the headers they need."""

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult

from graphql_api.http.diagnostics import headers_of
from graphql_api.http.negotiation import EVENTS, JSON, RESPONSE, Accepted, type_of_refusal
from graphql_api.http.refusal import RefusedError
from graphql_api.http.status import is_request_error, retry_after, status_of

Headers = list[tuple[bytes, bytes]]

# JSON is UTF-8 by its own definition, which the other type leaves to the header
_CONTENT_TYPES = {
    JSON: JSON.encode(),
    RESPONSE: f"{RESPONSE}; charset=utf-8".encode(),
    EVENTS: f"{EVENTS}; charset=utf-8".encode(),
}


class Answer:
    """A whole answer, as an ASGI application; Starlette's takes as long as a small query does."""

    __slots__ = ("body", "raw_headers", "status_code")

    def __init__(self, body: bytes, kind: str, status: int = HTTPStatus.OK) -> None:
        self.body = body
        self.status_code = status
        self.raw_headers: Headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", _CONTENT_TYPES[kind]),
        ]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await send(start)
        await send({"type": "http.response.body", "body": self.body})

    def add(self, name: str, value: str) -> None:
        """Add a header."""
        self.raw_headers.append((name.lower().encode(), value.encode("latin-1")))


class _Refusal(Answer):
    """Why a request is refused; its type is chosen last, as the request may be no good at all."""

    __slots__ = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it under the name that the client takes."""
        kind = type_of_refusal(headers_of(scope).get(b"accept"))
        self.raw_headers[1] = (b"content-type", _CONTENT_TYPES[kind])
        await super().__call__(scope, receive, send)


def of_result(
    result: ExecutionResult, accepted: Accepted, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with what came of an operation."""
    parts = parts_of(result)
    if accepted.json is None and accepted.events:
        return _with(headers, Answer((event(parts) + LAST_EVENT).encode(), EVENTS))
    status = status_of(result, is_response=accepted.is_response)
    if status >= HTTPStatus.BAD_REQUEST:
        # where it is there it holds nothing, and the specification asks for 2xx with it
        parts.pop("data", None)
    answer = Answer(as_json(parts), accepted.json or JSON, status)
    if "data" not in parts or result.data is None:
        answer.add("Cache-Control", "no-store")  # an id that is unknown now may be known next
        if seconds := retry_after(result):
            answer.add("Retry-After", seconds)
    return _with(headers, answer)


def of_batch(
    results: list[ExecutionResult], accepted: Accepted, headers: Mapping[str, str]
) -> Answer:
    """Answer with what came of several operations, in the order they were sent."""
    body = as_json([parts_of(each) for each in results])
    return _with(headers, Answer(body, accepted.json or JSON))


def _with(headers: Mapping[str, str] | None, answer: Answer) -> Answer:
    for name, value in (headers or {}).items():
        answer.add(name, value)
    return answer


def of_refusal(error: RefusedError) -> Answer:
    """Answer with why a request is refused."""
    said = {"errors": [{"message": error.message, "extensions": error.extensions}]}
    answer = _Refusal(orjson.dumps(said), JSON, error.status)
    for name, value in error.headers.items():
        answer.add(name, value)
    return answer


def parts_of(result: ExecutionResult) -> dict[str, Any]:
    """Give a result as the specification has it: no `data` where no field ever ran."""
    parts: dict[str, Any] = {} if is_request_error(result) else {"data": result.data}
    if result.errors:
        parts["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        parts["extensions"] = result.extensions
    return parts


def event(data: dict[str, Any]) -> str:
    """Write an event; its lines end in LF, which every client of them reads."""
    return f"event: next\ndata: {as_json(data).decode()}\n\n"


# without a field of data a browser would not hear of it
LAST_EVENT = "event: complete\ndata:\n\n"


def as_json(data: object) -> bytes:
    """Write JSON; the times of an answer are still objects."""
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:  # it gives up at a depth that a query can reach
        return json.dumps(data, default=datetime.isoformat).encode()
