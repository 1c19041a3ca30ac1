"""Manifests: the files in which compilers of clients list the documents of a release.

Relay's compiler (`persistConfig.file`) and the client preset of GraphQL Code Generator
(`persisted-documents.json`) write an object of texts by their ids; Apollo's tools a list of
operations, in an object that says what it is.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from graphql_api.errors import OperatorError
from graphql_api.services.persisted.document import (
    LONGEST,
    LONGEST_ID,
    Document,
    hash_of,
    is_storable,
    read_id,
)

_APOLLO = "apollo-persisted-query-manifest"
_KNOWN = "a manifest of Relay, Apollo or GraphQL Code Generator"


class Manifest:
    """The documents of a file, and which tools write such."""

    def __init__(self, tool: str, documents: list[Document]) -> None:
        self.tool = tool
        self.documents = documents


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest of any of the tools.

    Raises:
        OperatorError: it is none, or has an entry that cannot be one.
    """
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise OperatorError("it is not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise OperatorError(f"it is not {_KNOWN}: these are JSON objects")
    if "format" in found or "operations" in found:
        tool, pairs = "Apollo", list(_of_apollo(found))
    else:
        tool, pairs = "Relay or GraphQL Code Generator", list(found.items())
    if not pairs:
        raise OperatorError("it lists no documents")
    texts: dict[str, Document] = {}
    for given, text in pairs:
        document = _checked(given, text)
        if texts.setdefault(document.id, document).text != document.text:
            raise OperatorError(f"it has two documents of the id {document.id}")
    return Manifest(tool, list(texts.values()))


def _of_apollo(found: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    version, operations = found.get("version"), found.get("operations")
    if found.get("format") != _APOLLO or version != 1:
        raise OperatorError(f"it is not {_KNOWN}: Apollo's has the format {_APOLLO}, version 1")
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise OperatorError("its 'operations' must be a list of objects")
    for each in operations:
        yield each.get("id"), each.get("body")


def _checked(given: Any, text: Any) -> Document:
    document_id = read_id(given) if isinstance(given, str) else None
    if document_id is None:
        said = f"an id has up to {LONGEST_ID} letters, digits and - . _ ~"
        raise OperatorError(f"{str(given)[:LONGEST_ID]!r} cannot be the id of a document: {said}")
    if not isinstance(text, str):
        raise OperatorError(f"it is not {_KNOWN}: the document {document_id} is not a text")
    if not is_storable(text):
        said = f"is longer than {LONGEST:,} bytes, or holds a character that no document has"
        raise OperatorError(f"the document {document_id} {said}")
    if given != document_id and hash_of(text) != document_id:
        raise OperatorError(f"{given} is not the hash of its document")
    return Document(document_id, text)
