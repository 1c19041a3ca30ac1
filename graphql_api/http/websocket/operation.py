"""One operation of a socket; it alone ends if something is wrong with it."""

import asyncio
from contextlib import aclosing
from typing import Any, TypeAlias

from starlette.types import Message, Scope
from strawberry.types import ExecutionResult

from graphql_api.errors import ApiError, UnauthenticatedError
from graphql_api.http.answer import parts_of
from graphql_api.http.observing import Observer
from graphql_api.http.refusal import RefusedError
from graphql_api.http.request import Asked
from graphql_api.http.runner import refusal_of_fault
from graphql_api.http.status import is_request_error
from graphql_api.http.websocket.channel import Channel
from graphql_api.http.websocket.operations import Events, Operations
from graphql_api.schema.context import Context
from graphql_api.schema.notes import Notes

Errors: TypeAlias = list[Any]
"""As the protocol has them in a message `error`; none: the operation came to its end."""

_EXPIRED = "the access token has expired"


class Operation:
    """A query, a mutation or a subscription that was asked for."""

    __slots__ = ("_asked", "_channel", "_left", "_operations", "_scope", "_task", "id", "is_stream")

    def __init__(
        self, number: str, asked: Asked, operations: Operations, scope: Scope, channel: Channel
    ) -> None:
        self.id = number
        self.is_stream = False
        """Whether it goes on until somebody ends it."""
        self._asked = asked
        self._operations = operations
        self._scope = scope
        self._channel = channel
        self._left = asyncio.Event()
        self._task: asyncio.Task[Any] | None = None

    def leave(self) -> None:
        """Send nothing more: a stream ends at once, and all else as if an HTTP client had left."""
        self._left.set()
        if self.is_stream and self._task is not None:
            self._task.cancel()

    async def run(self) -> Errors:
        """Send what comes of it, and return what ended it."""
        self._task = asyncio.current_task()
        observer: Observer = self._scope["state"]["observer"]
        context, notes = None, Notes()
        try:
            context = self._operations.context_of(self._scope)
            notes = context.notes
            notes.begin()
            return await self._answer(context)
        except (RefusedError, ApiError) as error:
            notes.refused(error.code)
            return as_errors(error)
        except Exception:  # noqa: BLE001  # a fault of ours, which no client may see
            refused = refusal_of_fault(notes.request_id)
            notes.refused(refused.code)
            return as_errors(refused)
        finally:
            if context is not None:
                observer.ended(context)
            elif notes.codes:
                observer.refused(notes.request_id, notes.codes[0])

    async def _answer(self, context: Context) -> Errors:
        try:
            given = (self._asked, context, self._scope, self._disconnect)
            outcome = await self._operations.start(*given)
            if isinstance(outcome, ExecutionResult):
                return await self._say(outcome)
            if self._left.is_set():
                await outcome.aclose()
                return []
            self.is_stream = True
            return await self._tell(outcome, context.notes)
        finally:
            if context.loaders.operation.is_at_work:
                await asyncio.shield(context.loaders.close())

    async def _disconnect(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _tell(self, events: Events, notes: Notes) -> Errors:
        """Send one event after the other, for as long as the client's token can be used."""
        life = asyncio.timeout(self._operations.seconds_left(self._scope))
        try:
            async with life, aclosing(events):
                async for result in events:
                    notes.answered(result.data, result.errors)
                    if errors := await self._say(result):
                        return errors
                    await asyncio.sleep(0)  # neither the events nor the socket may have to wait
        except TimeoutError:
            if not life.expired():
                raise
            raise UnauthenticatedError(_EXPIRED) from None
        return []

    async def _say(self, result: ExecutionResult) -> Errors:
        """Send a result; return its errors where it is a refusal, which nothing can follow."""
        if self._left.is_set():
            return []
        parts = parts_of(result)
        if is_request_error(result):
            return list(parts["errors"])
        await self._channel.send({"id": self.id, "type": "next", "payload": parts})
        return []


def as_errors(error: RefusedError | ApiError) -> Errors:
    """Write the one error that ends an operation."""
    return [{"message": error.message, "extensions": error.extensions}]
