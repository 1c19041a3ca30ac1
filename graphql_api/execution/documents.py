"""Documents, parsed and validated once per text."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from graphql import DocumentNode, Node, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.base import BaseSchema

from graphql_api.execution.cache import BoundedCache

MOST_BYTES = 32 * 2**20
"""What the documents of one schema may take in memory."""

# what a parsed document takes for each of its tokens, measured with tracemalloc on documents of
# short fields, the worst kind (tests/execution/test_documents.py holds it)
BYTES_PER_TOKEN = 650
BYTES_PER_CHARACTER = 9  # a comment holds its text a second time, and a character may be four

# what `prepared.py` keeps of each operation, and of each of its variables
BYTES_PER_OPERATION = 2000
BYTES_PER_VARIABLE = 300


class KnownDocument:
    """A valid document, and its operations as far as they were prepared."""

    __slots__ = ("document", "note", "prepared")

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.prepared: dict[str | None, Any] = {}
        """By the name that was asked for."""
        self.note: Any = None
        """Whatever those who run documents keep with one; it is counted by the token, too."""


# what is valid for one schema may not be for another
_documents: WeakKeyDictionary[BaseSchema, BoundedCache[KnownDocument]] = WeakKeyDictionary()


class DocumentCache(SchemaExtension):
    """Hands Strawberry a document that was found valid before, with nothing left to validate.

    Documents with a mistake are not kept.
    """

    def on_operation(self) -> Iterator[None]:
        """Look the text up before it is parsed, and keep it once it was valid."""
        self._is_valid = False  # an extension may be given as an object, for many operations
        context = self.execution_context
        kept = documents_of(context.schema)
        found = None if context.query is None else kept.get(context.query)
        if found is not None:
            context.graphql_document = found.document
            context.validation_rules = ()
        yield
        document = context.graphql_document
        if found is None and self._is_valid and context.query and document is not None:
            n_bytes = bytes_of(document) + bytes_of_prepared(document)
            kept.put(context.query, KnownDocument(document), n_bytes)

    def on_execute(self) -> Iterator[None]:
        """Note that the document is valid: Strawberry executes no other."""
        self._is_valid = True
        yield


def documents_of(schema: BaseSchema) -> BoundedCache[KnownDocument]:
    """Return the cache of a schema's documents."""
    kept = _documents.get(schema)
    if kept is None:
        kept = _documents[schema] = BoundedCache(MOST_BYTES)
    return kept


def bytes_of_prepared(document: DocumentNode) -> int:
    """Return what the operations of a document take in memory once each is prepared."""
    n_bytes = BYTES_PER_OPERATION  # a single one can be prepared twice: by its name, and without
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            n_variables = len(each.variable_definitions or ())
            n_bytes += BYTES_PER_OPERATION + 2 * BYTES_PER_VARIABLE * n_variables
    return n_bytes


def bytes_of(node: Node) -> int:
    """Return what the document that a node is part of takes in memory; 0 where nobody knows.

    A node keeps all of it: each token knows the next and the one before, and the source.
    """
    if node.loc is None:
        return 0
    n_tokens = 1
    token = node.loc.start_token
    while token.prev is not None:
        token = token.prev
    while token.next is not None:
        token = token.next
        n_tokens += 1
    return BYTES_PER_TOKEN * n_tokens + BYTES_PER_CHARACTER * len(node.loc.source.body)
