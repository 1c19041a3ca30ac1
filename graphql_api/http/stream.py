"""Answers in parts: events of a subscription, and the parts of a result that were deferred.

Server-sent events follow the mode "distinct connections" of GraphQL over SSE. Deferred parts come
as `multipart/mixed`, each with what readers of `incrementalSpec=v0.2` need, and those of the older
`deferSpec=20220824`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from graphql import ExperimentalIncrementalExecutionResults, GraphQLError
from graphql.execution import (
    InitialIncrementalExecutionResult,
    PendingResult,
    SubsequentIncrementalExecutionResult,
)
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.http.streaming import merge_stream_with_heartbeat
from strawberry.types.execution import PreExecutionError

from graphql_api.http.answer import LAST_EVENT, as_json, event, parts_of
from graphql_api.http.negotiation import EVENTS, MULTIPART
from graphql_api.schema.context import Context
from graphql_api.schema.masking import public

_BOUNDARY = "-"  # what clients of @defer look for where the header is lost
_HEARTBEAT_S = 15.0


class Kind(Protocol):
    """How parts are written one after the other."""

    content_type: str
    heartbeat: str

    def part(self, data: dict[str, Any]) -> str:
        """Write a part."""

    def end(self) -> str:
        """Write what follows the last part."""


class Events:
    """Server-sent events."""

    content_type = f"{EVENTS}; charset=utf-8"
    heartbeat = ":\n\n"

    def part(self, data: dict[str, Any]) -> str:
        """Write an event."""
        return event(data)

    def end(self) -> str:
        """Write the last event."""
        return LAST_EVENT


class Multipart:
    """Parts of a `multipart/mixed` message; each with the boundary after it, that ends it."""

    content_type = f'{MULTIPART}; boundary="{_BOUNDARY}"'
    heartbeat = ""

    def __init__(self) -> None:
        self._before = f"--{_BOUNDARY}"

    def part(self, data: dict[str, Any]) -> str:
        """Write a part."""
        before, self._before = self._before, ""
        body = as_json(data).decode()
        kind = "Content-Type: application/json; charset=utf-8"
        return f"{before}\r\n{kind}\r\n\r\n{body}\r\n--{_BOUNDARY}"

    def end(self) -> str:
        """Make the last boundary the end of the message."""
        return "--\r\n"


class Stream(StreamingResponse):
    """An answer whose parts are sent as they come; the loaders end with it, or with its client."""

    def __init__(self, kind: Kind, results: AsyncIterable[Any], context: Context) -> None:
        self._kind = kind
        self._results = results
        self._context = context
        # a proxy would collect what is sent
        headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
        self._source = self._beating() if kind.heartbeat else self._parts()
        super().__init__(self._source, media_type=kind.content_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts; also where the client leaves, what makes them ends."""
        async with aclosing(self._source):
            await super().__call__(scope, receive, send)

    def _beating(self) -> AsyncGenerator[str, None]:
        """Give the parts, and between them what tells that the connection lives."""
        beat = merge_stream_with_heartbeat(
            self._parts, lambda: self._kind.heartbeat, _HEARTBEAT_S, send_initial_heartbeat=False
        )
        return beat()

    async def _parts(self) -> AsyncGenerator[str, None]:
        incremental = Incremental(self._context)
        try:
            async for result in self._results:
                yield self._kind.part(incremental.parts_of(result))
            yield self._kind.end()
        finally:
            if hasattr(self._results, "aclose"):
                await self._results.aclose()
            self._context.notes.answered(None, None)  # it ends, whoever ends it
            if self._context.loaders.operation.is_at_work:
                await asyncio.shield(self._context.loaders.close())


async def parts_in_order(
    results: ExperimentalIncrementalExecutionResults,
) -> AsyncGenerator[Any, None]:
    """Give the first part of an answer, then the others."""
    yield results.initial_result
    async with aclosing(results.subsequent_results) as subsequent:
        async for result in subsequent:
            yield result


class Incremental:
    """Writes the results of one operation, also those that come in parts."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pending: dict[str, PendingResult] = {}

    def parts_of(self, result: Any) -> dict[str, Any]:
        """Give a result as its client reads it."""
        if isinstance(result, SubsequentIncrementalExecutionResult):
            return self._subsequent(result)
        if isinstance(result, InitialIncrementalExecutionResult):
            self._note(result.pending)
            self._context.notes.answered(result.data, result.errors)
            return dict(result.formatted)
        if result.errors:  # of an event: our extensions see the whole operation alone
            is_valid = not isinstance(result, PreExecutionError)
            result.errors = [self._public(each, is_executing=is_valid) for each in result.errors]
        self._context.notes.answered(result.data, result.errors)
        return parts_of(result)

    def _public(self, error: GraphQLError, *, is_executing: bool = True) -> GraphQLError:
        return public(error, self._context, is_executing=is_executing)

    def _subsequent(self, result: SubsequentIncrementalExecutionResult) -> dict[str, Any]:
        self._note(result.pending)
        for each in (*(result.incremental or ()), *(result.completed or ())):
            if each.errors:
                each.errors = [self._public(error) for error in each.errors]
            self._context.notes.answered(None, each.errors)
        shown: dict[str, Any] = dict(result.formatted)
        for each in shown.get("incremental", ()):
            pending = self._pending[each["id"]]
            # the older format has no ids
            each["path"] = [*pending.path, *each.get("subPath", ())]
            if pending.label is not None:
                each["label"] = pending.label
        for each in shown.get("completed", ()):
            self._pending.pop(each["id"], None)
        return shown

    def _note(self, pending: Sequence[PendingResult] | None) -> None:
        self._pending.update((each.id, each) for each in pending or ())
