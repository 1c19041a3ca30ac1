"""Errors as clients see them: each with a stable code, none with anything internal."""

import logging
import re
import uuid
from collections.abc import Generator
from typing import Any

from graphql import (
    ExperimentalIncrementalExecutionResults,
    GraphQLError,
    GraphQLSyntaxError,
    ValueNode,
    VariableNode,
)
from strawberry.extensions import SchemaExtension

from graphql_api.errors import ApiError, BadUserInputError

# how graphql-core ends a message about a value; a name would stand in quotes
_PYTHONS_WORD = re.compile(r"\b(None|True|False)(?=\.?$)")
_WORDS = {"None": "null", "True": "true", "False": "false"}
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
            result.errors = [
                public(error, is_executing=self._is_executing) for error in result.errors
            ]

    def on_stream_result(self, result: Any) -> Generator[None]:
        """Replace the errors of one result of several; those of deferred parts lie deeper."""
        if getattr(result, "errors", None):
            result.errors = [
                public(error, is_executing=self._is_executing) for error in result.errors
            ]
        yield

    def on_execute(self) -> Generator[None]:
        """Note that the document is valid: what is wrong from now on are values."""
        self._is_executing = True
        yield


def public(error: GraphQLError, *, is_executing: bool) -> GraphQLError:
    """Return the error as clients see it.

    When ``is_executing`` the document was valid, so that what is wrong are values.
    """
    original = error.original_error
    while isinstance(original, GraphQLError):  # graphql-core wraps its own errors at times
        original = original.original_error
    if isinstance(original, ApiError):
        return error
    if original is not None and (error.path is not None or not error.nodes):
        return _masked(error, original)
    if original is not None:  # Python could not read a value, such as a number too long for it
        said = error.message.partition(", but encountered error")[0]
        error = GraphQLError(said, error.nodes)
    said = _PYTHONS_WORD.sub(lambda word: _WORDS[word[0]], error.message)
    error.message = shortened(said)
    code = _code(error, is_executing=is_executing)
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def shortened(message: str) -> str:
    """Cut a message that repeats too much of what a client sent."""
    return message if len(message) <= MOST_CHARACTERS else message[: MOST_CHARACTERS - 1] + "…"


def _code(error: GraphQLError, *, is_executing: bool) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    if is_executing or _names_a_value(error):
        return BadUserInputError.code
    return "GRAPHQL_VALIDATION_FAILED"


def _names_a_value(error: GraphQLError) -> bool:
    """Tell whether a value in the document is at fault; the same as a variable has its code."""
    node = error.nodes[0] if error.nodes else None
    return isinstance(node, ValueNode) and not isinstance(node, VariableNode)


def _masked(error: GraphQLError, original: BaseException) -> GraphQLError:
    number = uuid.uuid4().hex[:12]
    _log.error("error %s at %s", number, error.path, exc_info=original)
    return GraphQLError(
        f"something went wrong on our side; if you report it, give the number {number}",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "errorId": number},
    )
