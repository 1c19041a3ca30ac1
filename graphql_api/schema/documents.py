"""Documents looked at without running them, as a request's are before it runs."""

from typing import NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    validate,
)

from graphql_api.errors import ApiError
from graphql_api.schema.build import build_schema
from graphql_api.schema.limits.account import Account
from graphql_api.schema.limits.admission import (
    MOST_CHARACTERS,
    Note,
    admit,
    check,
    tell_of_length,
)
from graphql_api.schema.limits.bounds import Limits
from graphql_api.schema.limits.measure import measure
from graphql_api.schema.masking import public

MOST_PROBLEMS = 5
"""What one document is told at once; the rest often follows from these."""


class Checked(NamedTuple):
    """What is to know of a document."""

    name: str
    """The names of its operations; empty where none has one."""
    problems: list[str]
    """Why it cannot be run: a sentence each, with its line."""


def check_document(text: str, limits: Limits) -> Checked:
    """Tell whether a document fits the schema, and asks for no more than one request may."""
    try:
        document = parse(text, max_tokens=limits.tokens, max_source_length=MOST_CHARACTERS)
    except GraphQLError as error:
        tell_of_length(error, limits.tokens)
        return Checked("", [_sentence(error)])
    except RecursionError:
        return Checked("", ["it is nested too deeply"])
    name = names_of(document)
    try:
        _admit(document, limits)
    except (ApiError, GraphQLError) as error:
        return Checked(name, [error.message])
    problems = [_sentence(error) for error in validate(build_schema()._schema, document)]  # noqa: SLF001  # Strawberry has no public way
    if not any(isinstance(each, OperationDefinitionNode) for each in document.definitions):
        problems.append("it has no operation")
    return Checked(name, problems[:MOST_PROBLEMS])


def names_of(document: DocumentNode) -> str:
    """Name the operations of a document, for people."""
    return ", ".join(
        each.name.value
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode) and each.name
    )


def _admit(document: DocumentNode, limits: Limits) -> None:
    """Compare a document with its limits, and the costs that depend on no variable.

    Raises:
        ApiError, GraphQLError: no request could run it, or one of its operations.
    """
    note = Note(measure(build_schema()._schema, document))  # noqa: SLF001  # Strawberry has no public way
    check(note, limits)
    for operation in note.measure.operations.values():
        if not operation.formula.defaults:  # of its variables, each of which has one here
            admit(note, Account(limits), operation.name, None)


def _sentence(error: GraphQLError) -> str:
    said = public(error, is_executing=False).message
    places = error.locations or ()
    return f"line {places[0].line}: {said}" if places else said
