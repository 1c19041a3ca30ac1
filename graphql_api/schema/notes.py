"""What is known of one operation, for whoever watches: the log, the metrics, the traces."""

import secrets
import time
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from graphql_api.db.figures import Statements, counting


class Notes:
    """Notes of an operation, taken down while it runs and read when it has ended."""

    __slots__ = (
        "began",
        "changes",
        "codes",
        "cost",
        "document",
        "ended",
        "has_data",
        "kind",
        "name",
        "request_id",
        "traceparent",
    )

    def __init__(self, request_id: str | None = None) -> None:
        self.request_id = request_id or secrets.token_hex(8)
        """The request that the operation came with; masked errors name it."""
        self.traceparent: str | None = None
        """The span that the request belongs to, as its header of this name says."""
        self.document: str | None = None
        self.name: str | None = None
        """As a valid document has it: what a client only says is never repeated."""
        self.kind: str | None = None
        """`query`, `mutation` or `subscription`; None where no valid document was found."""
        self.cost: int | None = None
        """What the operation costs, where that was reckoned."""
        self.codes: list[str] = []
        """The code of each error of its answer."""
        self.has_data = False
        self.changes = Statements()
        """The statements that no loader sent."""
        self.began = self.ended = 0.0

    def begin(self) -> None:
        """Note that the operation's time runs."""
        self.began = time.perf_counter()

    def enter(self, document: str | None) -> None:
        """Have what this task and those it makes send to the database for a document counted."""
        self.document = document
        counting.set(self.changes)

    def runs(self, kind: str, name: str | None) -> None:
        """Note what a valid document says of the operation."""
        self.kind, self.name = kind, name

    def refused(self, code: str) -> None:
        """Note that nothing ran, or nothing of it is told."""
        self.ended = time.perf_counter()
        self.codes = [code]

    def answered(self, data: Any, errors: Sequence[GraphQLError] | None) -> None:
        """Note what a client is told; of an answer in parts, each."""
        self.ended = time.perf_counter()
        if data is not None:
            self.has_data = True
        if errors:
            self.codes += [str((error.extensions or {}).get("code")) for error in errors]
