"""Answers in parts: events of a subscription, and the parts of a result that were deferred.

Server-sent events follow the mode "distinct connections" of GraphQL over SSE. Deferred parts come
as `multipart/mixed`, each with what readers of `incrementalSpec=v0.2` need, and those of the older
`deferSpec=20220824`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Protocol

from graphql import ExperimentalIncrementalExecutionResults, GraphQLError
from graphql.execution import (
    InitialIncrementalExecutionResult,
    PendingResult,
    SubsequentIncrementalExecutionResult,
)
from starlette.types import Message, Receive, Scope, Send
from strawberry.types.execution import PreExecutionError

from graphql_api.http.answer import LAST_EVENT, as_json, event, parts_of
from graphql_api.http.attending import left
from graphql_api.http.leaving import Leaving
from graphql_api.http.negotiation import EVENTS, MULTIPART
from graphql_api.schema.context import Context
from graphql_api.schema.masking import public

_BOUNDARY = "-"  # what clients of @defer look for where the header is lost
HEARTBEAT_S = 15.0
"""After so long a silence something is sent, so that nobody takes the connection for dead."""


class Kind(Protocol):
    """How parts are written one after the other."""

    content_type: str
    heartbeat: str
    """What is sent in a silence; nothing where there is an end in sight."""

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


class Stream:
    """An answer whose parts are sent as they come; the loaders end with it, or with its client."""

    def __init__(
        self,
        kind: Kind,
        results: AsyncIterable[Any],
        context: Context,
        seconds_left: float | None = None,
    ) -> None:
        self._kind = kind
        self._seconds_left = seconds_left
        self._results = results
        self._context = context
        self.status_code = HTTPStatus.OK
        self.raw_headers = [
            (b"content-type", kind.content_type.encode()),
            # a proxy would collect what is sent
            (b"cache-control", b"no-cache, no-transform"),
            (b"x-accel-buffering", b"no"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts; also where the client leaves, what makes them ends.

        When the server goes down, or in so many seconds the client's token, those that have no end
        stop without the last one: there would be more to come, so that the client asks again.
        """
        leaving: Leaving = scope["state"]["leaving"]
        parts = self._parts()
        coming = asyncio.ensure_future(anext(parts, None))
        leaves = asyncio.ensure_future(left(receive))
        with leaving.stream(self._seconds_left) as gone:
            ends = {leaves, gone} if self._kind.heartbeat else {leaves}
            try:
                await self._start(send, {coming, *ends})
                while coming in (done := await _first({coming, *ends}, HEARTBEAT_S)) or not done:
                    part = coming.result() if done else self._kind.heartbeat
                    if part is None:
                        break
                    await send(_body(part))
                    if done:
                        coming = asyncio.ensure_future(anext(parts, None))
            finally:
                leaves.cancel()
                coming.cancel()
                await asyncio.wait({leaves, coming})
                await parts.aclose()
        await send({"type": "http.response.body"})

    async def _start(self, send: Send, first: set[asyncio.Future[Any]]) -> None:
        """Send the headers, once it is known what the client has left."""
        account = self._context.account
        if account.paid is not None:
            await _first({account.paid, *first})
        for name, value in account.headers().items():
            self.raw_headers.append((name.lower().encode(), value.encode()))
        status, headers = self.status_code, self.raw_headers
        await send({"type": "http.response.start", "status": status, "headers": headers})

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


def _body(part: str) -> Message:
    return {"type": "http.response.body", "body": part.encode(), "more_body": True}


async def _first(
    futures: set[asyncio.Future[Any]], timeout_s: float | None = None
) -> set[asyncio.Future[Any]]:
    """Wait until one of several is done; return those that are."""
    first = asyncio.FIRST_COMPLETED
    done, _others = await asyncio.wait(futures, timeout=timeout_s, return_when=first)
    return done


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
            cost = self._context.account.report()
            return {**result.formatted, **({"extensions": cost} if cost else {})}
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
