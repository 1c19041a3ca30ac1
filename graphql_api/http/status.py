"""The HTTP status of an answer, from the codes of its errors."""

from http import HTTPStatus

from graphql import GraphQLError
from strawberry.types import ExecutionResult

from graphql_api.errors import ApiError
from graphql_api.http.refusal import RefusedError

# what a request can be refused for, whatever type its client takes
_ALWAYS = {
    "UNAUTHENTICATED": HTTPStatus.UNAUTHORIZED,
    "RATE_LIMITED": HTTPStatus.TOO_MANY_REQUESTS,
    "UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
    "TIMEOUT": HTTPStatus.GATEWAY_TIMEOUT,
}
# where the status tells what became of the operation; an answer of the type application/json says
# 200 then, as its status is about HTTP alone
_BY_CODE = _ALWAYS | {
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "INTERNAL": HTTPStatus.INTERNAL_SERVER_ERROR,
}
# what leaves nothing of the data for a while: a proxy may send the next request elsewhere
_FOR_A_WHILE = {"UNAVAILABLE", "TIMEOUT"}
_RETRY_AFTER = "retryAfterSeconds"

_Path = tuple[str | int, ...]


def is_request_error(result: ExecutionResult) -> bool:
    """Tell whether an operation was refused before any of its fields ran.

    Such an answer has no `data`, as the specification has it.
    """
    errors = result.errors or []
    return result.data is None and bool(errors) and all(error.path is None for error in errors)


def status_of(result: ExecutionResult, *, is_response: bool) -> HTTPStatus:
    """Return the status of an answer; ``is_response`` where it is `graphql-response+json`."""
    if not result.errors:
        return HTTPStatus.OK
    code = code_of(result)
    if code in _FOR_A_WHILE and _has_nothing(result):
        return _ALWAYS[code]
    if not is_request_error(result):
        return HTTPStatus.OK
    if is_response:
        return _BY_CODE.get(code, HTTPStatus.BAD_REQUEST)
    return _ALWAYS.get(code, HTTPStatus.OK)


def _has_nothing(result: ExecutionResult) -> bool:
    """Tell whether there is not one value in the data, for errors that will pass."""
    if result.data is None:
        return True
    failed = {
        tuple(error.path[:length])
        for error in result.errors or []
        if error.path and (error.extensions or {}).get("code") in _FOR_A_WHILE
        for length in range(1, len(error.path) + 1)
    }
    return _has_failed(result.data, (), failed)


def _has_failed(value: object, path: _Path, failed: set[_Path]) -> bool:
    """Tell whether a value is null for an error, or an object of such values."""
    if isinstance(value, dict):
        return all(_has_failed(each, (*path, name), failed) for name, each in value.items())
    return value is None and path in failed


def retry_after(result: ExecutionResult) -> str | None:
    """Return what the header `Retry-After` has to say of an answer without data, in seconds."""
    if not result.errors:
        return None
    seconds = (result.errors[0].extensions or {}).get(_RETRY_AFTER)
    return None if seconds is None else str(seconds)


def code_of(result: ExecutionResult) -> str:
    """Return the code of the first error."""
    errors = result.errors or []
    return str((errors[0].extensions or {}).get("code")) if errors else ""


def refusing(error: ApiError) -> ExecutionResult:
    """Give the result of an operation that is refused before it ran, though the request is fine."""
    return ExecutionResult(None, [GraphQLError(error.message, extensions=error.extensions)])


def refused_by(error: ApiError) -> RefusedError:
    """Refuse a request for an error that came before its operation ran."""
    status = _BY_CODE.get(error.code, HTTPStatus.BAD_REQUEST)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if _RETRY_AFTER in error.extensions:
        headers["Retry-After"] = str(error.extensions[_RETRY_AFTER])
    return RefusedError(
        error.message, status, code=error.code, headers=headers, extensions=error.extensions
    )
