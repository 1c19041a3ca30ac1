"""Errors as clients see them: each with a stable code, none with anything internal."""

import logging
import re
from collections.abc import Generator
from typing import Any

from graphql import (
    ExperimentalIncrementalExecutionResults,
    GraphQLError,
    GraphQLSyntaxError,
    ValueNode,
    VariableNode,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension

from graphql_api.errors import ApiError, BadUserInputError, LimitExceededError
from graphql_api.schema.context import Context, account_of
from graphql_api.schema.notes import Notes

# how graphql-core ends a message about a value; a name would stand in quotes
_PYTHONS_WORD = re.compile(r"\b(None|True|False)(?=\.?$)")
_WORDS = {"None": "null", "True": "true", "False": "false"}
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")  # as graphql-core says it
_ABORTED = "Validation aborted."  # as graphql-core says it, and no more
_GAVE_UP = "the document has too many fields and fragments that overlap to be validated"
_log = logging.getLogger("graphql_api.errors")

MOST_CHARACTERS = 500
"""Of a message; whoever sends a name of 200 kB knows it already."""


class StableErrors(SchemaExtension):
    """Codes for what clients did wrong; a mask, and a line in the log, for what we did."""

    _is_executing = False

    def on_operation(self) -> Generator[None]:
        """Replace the errors of the answer once it is complete."""
        yield
        result = self.execution_context.result
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            result = result.initial_result  # the parts that follow are not made yet
        if result is not None and result.errors:
            context = self.execution_context.context
            result.errors = [
                public(error, context, is_executing=self._is_executing) for error in result.errors
            ]

    def on_stream_result(self, result: Any) -> Generator[None]:
        """Replace the errors of one result of several; those of deferred parts lie deeper."""
        if getattr(result, "errors", None):
            context = self.execution_context.context
            result.errors = [
                public(error, context, is_executing=self._is_executing) for error in result.errors
            ]
        yield

    def on_execute(self) -> Generator[None]:
        """Note that the document is valid: what is wrong from now on are values."""
        self._is_executing = True
        running = self.execution_context
        if isinstance(running.context, Context):
            running.context.notes.runs(running.operation_type.value, running.operation_name)
        yield


def public(error: GraphQLError, context: object = None, *, is_executing: bool) -> GraphQLError:
    """Return the error as clients see it; what is masked gets the id of the context's request.

    When ``is_executing`` the document was valid, so that what is wrong are values.
    """
    original = error.original_error
    while isinstance(original, GraphQLError):  # graphql-core wraps its own errors at times
        original = original.original_error
    if isinstance(original, ApiError):
        return error
    if original is not None and (error.path is not None or not error.nodes):
        return _masked(error, original, context)
    if original is not None:  # Python could not read a value, such as a number too long for it
        said = error.message.partition(", but encountered error")[0]
        error = GraphQLError(said, error.nodes)
    said = _PYTHONS_WORD.sub(lambda word: _WORDS[word[0]], error.message)
    if not account_of(context).limits.suggestions:
        said = _SUGGESTION.sub("", said)
    error.message = _GAVE_UP if said == _ABORTED else shortened(said)
    code = _code(error, is_executing=is_executing)
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def shortened(message: str) -> str:
    """Cut a message that repeats too much of what a client sent."""
    return message if len(message) <= MOST_CHARACTERS else message[: MOST_CHARACTERS - 1] + "…"


def _code(error: GraphQLError, *, is_executing: bool) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    if isinstance(error, ValidationAbortedError):
        return LimitExceededError.code
    if is_executing or _names_a_value(error):
        return BadUserInputError.code
    return "GRAPHQL_VALIDATION_FAILED"


def _names_a_value(error: GraphQLError) -> bool:
    """Tell whether a value in the document is at fault; the same as a variable has its code."""
    node = error.nodes[0] if error.nodes else None
    return isinstance(node, ValueNode) and not isinstance(node, VariableNode)


def fault(request_id: str) -> str:
    """Say that something is our fault."""
    return f"something went wrong on our side; if you report it, give the id {request_id}"


def _masked(error: GraphQLError, original: BaseException, context: object) -> GraphQLError:
    # somebody may run a schema without a context of ours
    request_id = (context.notes if isinstance(context, Context) else Notes()).request_id
    given = {"request_id": request_id}
    _log.error("error %s at %s", request_id, error.path, exc_info=original, extra=given)
    return GraphQLError(
        fault(request_id),
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "requestId": request_id},
    )
