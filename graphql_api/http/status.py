"""The HTTP status of an answer, from the codes of its errors."""

from http import HTTPStatus
from typing import Any

from strawberry.types import ExecutionResult

# what is refused for the client's or the server's sake, whatever the client takes
_ALWAYS = {
    "UNAUTHENTICATED": HTTPStatus.UNAUTHORIZED,
    "RATE_LIMITED": HTTPStatus.TOO_MANY_REQUESTS,
    "UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
}
# what an answer of the type application/json says with 200: its status is about HTTP alone
_BY_CODE = _ALWAYS | {
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "INTERNAL": HTTPStatus.INTERNAL_SERVER_ERROR,
    "TIMEOUT": HTTPStatus.GATEWAY_TIMEOUT,
}
_RETRY_AFTER = "retryAfterSeconds"


def is_request_error(result: ExecutionResult) -> bool:
    """Tell whether an operation was refused before any of its fields ran.

    Such an answer has no `data`, as the specification has it.
    """
    errors = result.errors or []
    return result.data is None and bool(errors) and all(error.path is None for error in errors)


def status_of(result: ExecutionResult, *, is_response: bool) -> HTTPStatus:
    """Return the status of an answer; ``is_response`` where it is `graphql-response+json`."""
    if not result.errors or not is_request_error(result):
        return HTTPStatus.OK
    code = str(_extensions(result).get("code"))
    if is_response:
        return _BY_CODE.get(code, HTTPStatus.BAD_REQUEST)
    return _ALWAYS.get(code, HTTPStatus.OK)


def retry_after(result: ExecutionResult) -> str | None:
    """Return what the header `Retry-After` has to say, in seconds."""
    if not result.errors:
        return None
    seconds = _extensions(result).get(_RETRY_AFTER)
    return None if seconds is None else str(seconds)


def _extensions(result: ExecutionResult) -> dict[str, Any]:
    errors = result.errors or []
    return errors[0].extensions or {} if errors else {}
