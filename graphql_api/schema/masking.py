"""Errors as clients see them: each with a stable code, none with anything internal."""

import logging
import uuid
from collections.abc import Generator

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.extensions import SchemaExtension

from graphql_api.errors import ApiError

_log = logging.getLogger("graphql_api.errors")


class StableErrors(SchemaExtension):
    """Codes for what clients did wrong; a mask, and a line in the log, for what we did."""

    def on_operation(self) -> Generator[None]:
        """Replace the errors of the answer once it is complete."""
        yield
        result = self.execution_context.result
        if result is not None and result.errors:
            result.errors = [_public(error) for error in result.errors]


def _public(error: GraphQLError) -> GraphQLError:
    original = error.original_error
    while isinstance(original, GraphQLError):  # graphql-core wraps its own errors at times
        original = original.original_error
    if isinstance(original, ApiError):
        return error
    if original is not None:
        return _masked(error, original)
    error.extensions = {"code": _code(error), **(error.extensions or {})}
    return error


def _code(error: GraphQLError) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    # graphql-core's own complaints: about the document, or with a path about a value in it
    return "GRAPHQL_VALIDATION_FAILED" if error.path is None else "BAD_USER_INPUT"


def _masked(error: GraphQLError, original: BaseException) -> GraphQLError:
    number = uuid.uuid4().hex[:12]
    _log.error("error %s at %s", number, error.path, exc_info=original)
    return GraphQLError(
        f"something went wrong on our side; if you report it, give the number {number}",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "errorId": number},
    )
