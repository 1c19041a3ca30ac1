"""What a request asks for, taken from a body or from the parameters of an address.

The names are those of GraphQL over HTTP: `query`, `variables`, `operationName`, `extensions`; and
`documentId`, for a document that the server knows, which Relay's own documentation calls `doc_id`.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import orjson

from graphql_api.errors import PersistedQueryError
from graphql_api.http.refusal import LIMIT_EXCEEDED, RefusedError
from graphql_api.schema.limits.exceeded import EXCEEDED

MOST_LEVELS = 40
"""How deep variables and extensions may be nested; what walks them later calls itself."""

MOST_OBJECTS, MOST_VALUES = 1_500, 10_000
"""How many objects and lists, and how many values in them: some 25 and 1 microseconds each, as they
are compared with the schema at one go."""

_MOST_PARAMETERS = 10  # five have a meaning
_AS_JSON = ("variables", "extensions")


class Asked:
    """One operation as a client sent it."""

    __slots__ = (
        "document_id",
        "extensions",
        "keep",
        "name",
        "query",
        "refused",
        "variables",
    )

    def __init__(
        self,
        query: str | None,
        variables: dict[str, Any] | None = None,
        name: str | None = None,
        extensions: dict[str, Any] | None = None,
        document_id: str | None = None,
    ) -> None:
        self.query = query
        self.variables = variables
        self.name = name
        """Which of the document's operations is meant."""
        self.extensions = extensions
        self.document_id = document_id
        """Names a document in the place of its text."""
        self.refused: PersistedQueryError | None = None
        """Why the document that is named is not run."""
        self.keep: Callable[[], Awaitable[None]] | None = None
        """Has the document known by its id from now on; to be called once it was run."""


def from_body(body: bytes, most_operations: int = 0) -> Asked | list[Asked]:
    """Read the body of a POST: one operation, or a batch of at most ``most_operations``.

    Raises:
        RefusedError: it is something else.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RefusedError("the body is not valid JSON in UTF-8") from None
    if data.__class__ is dict:
        return from_object(data)
    if data.__class__ is not list:
        raise RefusedError("the body must be a JSON object")
    if not most_operations:
        raise RefusedError("the body must be a JSON object: batches are not enabled here")
    if not 0 < len(data) <= most_operations:
        raise RefusedError(f"a batch has 1 to {most_operations} operations, and this {len(data)}")
    if not all(each.__class__ is dict for each in data):
        raise RefusedError("every entry of a batch must be a JSON object")
    return [from_object(each) for each in data]


def from_parameters(text: bytes) -> Asked:
    """Read the query string of a GET.

    Raises:
        RefusedError: it is no operation.
    """
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:  # not UTF-8, or too many
        raise RefusedError("the parameters of the address cannot be read") from None
    data: dict[str, Any] = dict(pairs)
    if len(data) != len(pairs):
        raise RefusedError("a parameter of the address is there twice")
    for name in _AS_JSON:
        if data.get(name):
            try:
                data[name] = orjson.loads(data[name])
            except orjson.JSONDecodeError:
                raise RefusedError(f"'{name}' is not valid JSON") from None
        else:
            data.pop(name, None)
    return from_object(data)


def from_object(data: Mapping[str, Any]) -> Asked:
    """Read one operation from its parts.

    Raises:
        RefusedError: it is none.
    """
    get = data.get
    query, variables, name = get("query"), get("variables"), get("operationName")
    extensions, document_id = get("extensions"), get("documentId") or get("doc_id")
    if variables is not None:
        check_object("variables", variables)
    if extensions is not None:
        check_object("extensions", extensions)
    for field, value in (("query", query), ("operationName", name), ("documentId", document_id)):
        if value is not None and value.__class__ is not str:
            raise RefusedError(f"'{field}' must be a string")
    if not (query or document_id or extensions):
        raise RefusedError("there is no 'query'")
    return Asked(query, variables, name, extensions, document_id)


def check_object(name: str, value: Any) -> None:
    """Make sure that a value is an object of bounded size.

    Raises:
        RefusedError: it is not.
    """
    if value.__class__ is not dict:
        raise RefusedError(f"'{name}' must be an object")
    level: list[Any] = [value]
    n_objects = n_values = 0
    for _ in range(MOST_LEVELS):
        n_objects += len(level)
        n_values += sum(map(len, level))
        if n_objects > MOST_OBJECTS:
            raise _too_much(f"'{name}' has more than {MOST_OBJECTS} objects and lists")
        if n_values > MOST_VALUES:
            raise _too_much(f"'{name}' has more than {MOST_VALUES} values")
        level = [
            child
            for each in level
            for child in (each.values() if each.__class__ is dict else each)
            if child.__class__ is dict or child.__class__ is list
        ]
        if not level:
            return
    raise _too_much(f"'{name}' is nested more than {MOST_LEVELS} levels deep")


def _too_much(said: str) -> RefusedError:
    EXCEEDED["variables"] += 1
    return RefusedError(said, HTTPStatus.BAD_REQUEST, code=LIMIT_EXCEEDED)
