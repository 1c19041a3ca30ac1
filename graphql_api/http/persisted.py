"""Documents that a request names instead of holding them.

They are named by `documentId`, as GraphQL over HTTP has it, or by `extensions.persistedQuery`, as
Apollo's clients do; these send the text too when they hear that nobody knows the id, and from then
on it is known. An id stands for one text for ever, so a process keeps what it has found; now and
then it looks whether an operator has removed it.
"""

import asyncio
import logging
import sys
import time
from functools import partial
from typing import Any, Literal, NamedTuple

import strawberry
from starlette.types import Scope

from graphql_api.db.database import Database
from graphql_api.errors import (
    PersistedQueryError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
    PersistedQueryOnlyError,
    UnavailableError,
)
from graphql_api.execution import documents_of
from graphql_api.execution.cache import BoundedCache
from graphql_api.http.diagnostics import headers_of
from graphql_api.http.refusal import RefusedError
from graphql_api.http.request import Asked
from graphql_api.schema.documents import names_of
from graphql_api.services.persisted.document import Document, hash_of, is_storable, read_id
from graphql_api.services.persisted.store import Found, find, register

MOST_BYTES = 16 * 2**20
"""What the texts that a process keeps may take in memory."""

KEPT_S = 300.0
"""Seconds until a process looks again for a document: so long it may run one that was removed."""

_ASKED_FIRST = b"authorization", b"apollo-require-preflight", b"x-apollo-operation-name"
_BYTES_OF_ENTRY = 400  # its key, and its places in the cache
_MOST_LOOKING = 100  # documents at once: each needs a connection, and over a WebSocket no turn
_BUSY = "too many documents are being looked up; please try again"

_log = logging.getLogger(__name__)


class _Kept(NamedTuple):
    text: str
    until: float


class PersistedDocuments:
    """Knows the documents of one process's clients."""

    def __init__(
        self,
        database: Database,
        schema: strawberry.Schema,
        mode: Literal["off", "automatic", "trusted"],
    ) -> None:
        self._database = database
        self._schema = schema
        self._mode = mode
        self._only_trusted = mode == "trusted"
        self.kept: BoundedCache[_Kept] = BoundedCache(MOST_BYTES)
        """The texts that were found."""
        self._looking: dict[tuple[int, str], asyncio.Task[Found | None]] = {}

    def concern(self, asked: Asked) -> bool:
        """Tell whether `fill_in` has something to do; most requests just hold their document."""
        return self._only_trusted or bool(asked.document_id or asked.extensions)

    async def fill_in(self, asked: Asked, tenant_id: int) -> None:
        """Put the document into a request that names it, or say in it why not.

        Raises:
            RefusedError: the request does not name it as it should, or names another.
            UnavailableError: the database does not answer.
        """
        try:
            asked.query = await self._text_of(asked, tenant_id)
        except PersistedQueryError as error:
            asked.refused = error

    async def _text_of(self, asked: Asked, tenant_id: int) -> str | None:
        text = asked.query or None
        if text is not None and self._mode == "off":
            return text
        document_id = _named(asked)
        if document_id is None:
            if self._only_trusted:
                raise PersistedQueryOnlyError
            return text
        if self._mode == "off":
            raise PersistedQueryNotSupportedError
        if text is not None:
            await self._compare(asked, text, document_id, tenant_id)
            return text
        found = await self._find(document_id, tenant_id)
        if found is None:
            raise PersistedQueryNotFoundError
        return found

    async def _compare(self, asked: Asked, text: str, document_id: str, tenant_id: int) -> None:
        """Check that a text and the id that comes with it are of one document."""
        is_answered = True
        try:
            found = await self._find(document_id, tenant_id)
        except UnavailableError:
            if self._only_trusted:
                raise
            found, is_answered = None, False
        if found is None and self._only_trusted:
            raise PersistedQueryOnlyError
        if text != found and (found is not None or hash_of(text) != document_id):
            raise RefusedError("the document that is sent is not the one that is named")
        if found is None and is_answered:
            asked.keep = partial(self._keep, text, document_id, tenant_id)

    async def _keep(self, text: str, document_id: str, tenant_id: int) -> None:
        """Have a document that was run known by its hash, if it is valid.

        Where the database does not answer, the document will come again.
        """
        known = documents_of(self._schema)
        valid = known.get(text) or known.get((text,))
        if valid is None or not is_storable(text):
            return
        document = Document(document_id, text, names_of(valid.document))
        try:
            await register(self._database, tenant_id, document)
        except UnavailableError:
            _log.warning("a persisted document could not be stored")
        else:
            self._remember(text, document_id, tenant_id)

    async def _find(self, document_id: str, tenant_id: int) -> str | None:
        kept = self.kept.get((tenant_id, document_id))
        if kept is not None and kept.until > time.monotonic():
            return kept.text
        try:
            found = await self._looked_up(document_id, tenant_id)
        except UnavailableError:
            if kept is None:
                raise
            return kept.text  # it is more probable that the document is still there
        if found is None or (self._only_trusted and not found.trusted):
            self.kept.drop((tenant_id, document_id))
            return None
        self._remember(found.text, document_id, tenant_id)
        return found.text

    async def _looked_up(self, document_id: str, tenant_id: int) -> Found | None:
        """Look a document up in the database, once for all who ask for it meanwhile."""
        key = tenant_id, document_id
        looking = self._looking.get(key)
        if looking is None:
            if len(self._looking) >= _MOST_LOOKING:
                raise UnavailableError(_BUSY)
            looking = asyncio.create_task(find(self._database, tenant_id, document_id))
            self._looking[key] = looking
            looking.add_done_callback(partial(self._looked, key))
        return await asyncio.shield(looking)

    def _looked(self, key: tuple[int, str], task: "asyncio.Task[Found | None]") -> None:
        del self._looking[key]
        if not task.cancelled():
            task.exception()  # whoever asked may have left: asyncio would complain

    def _remember(self, text: str, document_id: str, tenant_id: int) -> None:
        kept = _Kept(text, time.monotonic() + KEPT_S)
        n_bytes = sys.getsizeof(text) + _BYTES_OF_ENTRY
        self.kept.put((tenant_id, document_id), kept, n_bytes)


def may_be_foreign(scope: Scope) -> bool:
    """Tell whether a page of another origin can have had its browser send a GET unasked.

    Such a request may read, but have nothing stored. With one of these headers a browser asks the
    server first; and what it says of the origin itself no page can write.
    """
    if scope.get("method", "POST") == "POST":  # a socket's page was checked
        return False
    headers = headers_of(scope)
    if headers.get(b"sec-fetch-site") == b"same-origin":
        return False
    return headers.keys().isdisjoint(_ASKED_FIRST)


def _named(asked: Asked) -> str | None:
    """Read which document a request names; None where it names none.

    Raises:
        RefusedError: it does not name one as it should.
    """
    given = asked.document_id
    persisted = (asked.extensions or {}).get("persistedQuery")
    if persisted is not None:
        by_hash = _hash_in(persisted)
        if given is not None and read_id(given) != read_id(by_hash):
            raise RefusedError("'documentId' and 'persistedQuery' name different documents")
        given = by_hash
    if given is None:
        return None
    document_id = read_id(given)
    if document_id is None:
        raise RefusedError(
            "the id of a document is 'sha256:' and its hash in hexadecimal, or up to 200 letters,"
            " digits and - . _ ~"
        )
    return document_id


def _hash_in(persisted: Any) -> str:
    if not isinstance(persisted, dict):
        raise RefusedError("'extensions.persistedQuery' must be an object")
    version = persisted.get("version")
    if version.__class__ is not int or version != 1:
        raise RefusedError("'extensions.persistedQuery' must have the version 1")
    given = persisted.get("sha256Hash")
    if given.__class__ is not str:
        raise RefusedError("'extensions.persistedQuery.sha256Hash' must be a string")
    return str(given)
