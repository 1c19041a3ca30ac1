"""What any answer to a hostile request must be."""

import json
from typing import Any

import httpx

from tests.schema.client import LEAK

CODES = {
    "BAD_REQUEST",
    "BAD_USER_INPUT",
    "FORBIDDEN",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "LIMIT_EXCEEDED",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    "PERSISTED_QUERY_ONLY",
    "RATE_LIMITED",
    "UNAUTHENTICATED",
}
"""What a client may have done wrong; a fault of ours or of the database is none of these."""

STATUSES = {200, 400, 401, 403, 404, 405, 406, 408, 413, 414, 415, 429, 431}

_MOST_BYTES = 2_000_000  # an error that repeats what was sent is a way to make us send more


def check(answer: httpx.Response) -> None:
    """Check an answer: a status that we mean, JSON of the one shape, nothing of our inside."""
    assert answer.status_code in STATUSES, answer.text[:500]
    assert len(answer.content) < _MOST_BYTES
    if answer.headers["content-type"].startswith("application/"):
        check_body(answer.json(), is_ok=answer.status_code == 200)
    else:  # a page, or the text of /metrics
        assert answer.status_code == 200


def check_body(said: Any, *, is_ok: bool) -> None:
    """Check the JSON of an answer."""
    assert isinstance(said, dict)
    if "status" in said:  # of /healthz
        return
    assert said.keys() <= {"data", "errors", "extensions"}
    assert is_ok or "data" not in said
    assert said.get("errors") or "data" in said
    for error in said.get("errors", ()):
        check_error(error)


def check_error(error: Any) -> None:
    """Check an error: a message that one can read, and a code that is documented."""
    assert error.keys() <= {"message", "locations", "path", "extensions"}
    assert error["extensions"]["code"] in CODES, error
    message = error["message"]
    assert message
    assert len(message) < 2000, message[:300]
    assert not LEAK.search(message), message
    assert json.dumps(message).isascii() or message.encode()  # no half surrogates
