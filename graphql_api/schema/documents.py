"""Documents looked at without running them, as a request's are before it runs."""

from typing import NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    validate,
)

from graphql_api.schema.build import build_schema

MOST_PROBLEMS = 5
"""What one document is told at once; the rest often follows from these."""


class Checked(NamedTuple):
    """What is to know of a document."""

    name: str
    """The names of its operations; empty where none has one."""
    problems: list[str]
    """Why it cannot be run: a sentence each, with its line."""


def check_document(text: str) -> Checked:
    """Tell whether a document fits the schema."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return Checked("", [_sentence(error)])
    except RecursionError:
        return Checked("", ["it is nested too deeply"])
    problems = [_sentence(error) for error in validate(build_schema()._schema, document)]  # noqa: SLF001  # Strawberry has no public way
    if not any(isinstance(each, OperationDefinitionNode) for each in document.definitions):
        problems.append("it has no operation")
    return Checked(names_of(document), problems[:MOST_PROBLEMS])


def names_of(document: DocumentNode) -> str:
    """Name the operations of a document, for people."""
    return ", ".join(
        each.name.value
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode) and each.name
    )


def _sentence(error: GraphQLError) -> str:
    places = error.locations or ()
    return f"line {places[0].line}: {error.message}" if places else error.message
