"""Documents, parsed and validated once per text."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    Location,
    Node,
    OperationDefinitionNode,
    Token,
    Visitor,
    VisitorAction,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.base import BaseSchema

from graphql_api.execution.cache import BoundedCache
from graphql_api.execution.options import options_of

MOST_BYTES = 32 * 2**20
"""What the documents of one schema may take in memory."""

# what a parsed document takes for each of its tokens, measured with tracemalloc on documents of
# short fields, the worst kind (tests/execution/test_documents.py holds it)
BYTES_PER_TOKEN = 650 + 40  # and what is noted of it
BYTES_PER_CHARACTER = 9  # a comment holds its text a second time, and a character may be four

# what `prepared.py` keeps of each operation, and of each of its variables
BYTES_PER_OPERATION = 2000 + 1000  # and what is noted of each
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

    def __del__(self) -> None:
        """Cut the ways by which tokens lead to themselves, for the garbage collector's sake."""
        if self.document.loc is not None:
            for token in list(_tokens(self.document.loc)):
                token.prev = token.next = None


# what is valid for one schema may not be for another
_documents: WeakKeyDictionary[BaseSchema, BoundedCache[KnownDocument]] = WeakKeyDictionary()

Key = str | tuple[str]
"""The text of a document; in a tuple where it is answered in parts, and so is another."""


class DocumentCache(SchemaExtension):
    """Hands Strawberry a document that was found valid before, with nothing left to validate.

    Documents with a mistake are not kept. An operation whose answer does not come in parts gets its
    document without what asks for these.
    """

    def on_operation(self) -> Iterator[None]:
        """Look the text up before it is parsed, and keep it once it was valid."""
        self._is_valid = False  # an extension may be given as an object, for many operations
        context = self.execution_context
        kept = documents_of(context.schema)
        key = None if context.query is None else self._key(context.query)
        found = None if key is None else kept.get(key)
        if found is not None:
            context.graphql_document = found.document
            context.validation_rules = ()
        yield
        document = context.graphql_document
        if found is None and self._is_valid and key and document is not None:
            n_bytes = bytes_of(document) + bytes_of_prepared(document)
            kept.put(key, KnownDocument(document), n_bytes)

    def on_execute(self) -> Iterator[None]:
        """Note that the document is valid: Strawberry executes no other."""
        self._is_valid = True
        context = self.execution_context
        document = context.graphql_document
        if document is not None and may_have_parts(context.query) and not self._in_parts:
            context.graphql_document = at_once(document)
        yield

    @property
    def _in_parts(self) -> bool:
        return options_of(self.execution_context.context).in_parts

    def _key(self, text: str) -> Key:
        return (text,) if self._in_parts else text


def may_have_parts(text: str | None) -> bool:
    """Tell whether a document may ask for an answer in parts: then it has to be looked at."""
    return text is not None and ("@defer" in text or "@stream" in text)


class _WithoutParts(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value in {"defer", "stream"} else None


def at_once(document: DocumentNode) -> DocumentNode:
    """Return a document without @defer and @stream: its answer comes as a whole."""
    without: DocumentNode = visit(document, _WithoutParts())
    return without


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
    n_tokens = sum(1 for _ in _tokens(node.loc))
    return BYTES_PER_TOKEN * n_tokens + BYTES_PER_CHARACTER * len(node.loc.source.body)


def _tokens(location: Location) -> Iterator[Token]:
    """Yield all tokens of the document that a location is in."""
    token: Token | None = location.start_token
    while token is not None and token.prev is not None:
        token = token.prev
    while token is not None:
        yield token
        token = token.next
