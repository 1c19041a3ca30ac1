"""The scalars of the schema."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
URI = NewType("URI", str)
JSON = NewType("JSON", object)

_LARGEST = 2**63 - 1


def _read_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError('a DateTime is a string such as "2026-01-31T12:00:00Z"')
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        shown = ascii(value[:50])
        raise GraphQLError(f'{shown} is not a DateTime such as "2026-01-31T12:00:00Z"') from None


def _read_big_int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        raise GraphQLError("a BigInt is a whole number of at most 64 bits")
    return value


def _in_document(read: Callable[[object], Any]) -> Callable[..., Any]:
    """Read a value that stands in a document; what is said against it points at it."""

    def read_node(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        try:
            return read(value_from_ast_untyped(node, variables))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return read_node


def _same(value: object) -> object:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment, in ISO 8601 with its offset; without one it is read as UTC.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=datetime.isoformat,
        parse_value=_read_time,
        parse_literal=_in_document(_read_time),
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of up to 64 bits, as a JSON number.",
        serialize=int,
        parse_value=_read_big_int,
        parse_literal=_in_document(_read_big_int),
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any value that JSON has.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_same,
        parse_value=_same,
    ),
    URI: strawberry.scalar(
        name="URI", description="An address, as RFC 3986 has it.", serialize=str, parse_value=str
    ),
}
