"""How long a request may take, and how many are worked on at once.

Twice as many operations as the pool has connections run; others wait for their turn, and where too
many wait already a request is sent away at once: what cannot be answered in time should not be
begun. One deadline covers waiting and running. When it is over, or the client has left, the
operation's reads are stopped, on the server too; its executor is not: it ends by itself, with the
reason as the error of what was not loaded. A change that has begun is finished.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from starlette.types import Receive

from graphql_api.db.slots import Slots
from graphql_api.errors import ApiError, DeadlineError, UnavailableError
from graphql_api.loaders.operation import Operation

# most requests are over before: until then nobody watches whether the client is still there
_UNATTENDED_S = 1.0

_BUSY = "too many requests wait for their turn; please try again"
_LEFT = "whoever asked has left"

ResultT = TypeVar("ResultT")


class Attendant:
    """Lets operations of one process run, few at a time, and ends those that take too long."""

    def __init__(self, n_running: int, n_waiting: int, timeout_s: float) -> None:
        self._most_running = n_running
        self._slots = Slots(n_running)
        self._event_slots = Slots(max(n_running // 4, 1))
        self._most_waiting = n_waiting
        self._timeout_s = timeout_s
        self.n_shed = 0
        """How many were sent away because too many waited."""

    @property
    def n_running(self) -> int:
        """How many run at the moment."""
        return self._most_running - self._slots.free

    @property
    def n_waiting(self) -> int:
        """How many wait for their turn."""
        return self._slots.n_waiting

    async def run(
        self,
        operation: Operation,
        act: Callable[[], Awaitable[ResultT]],
        receive: Receive | None = None,
    ) -> ResultT:
        """Run an operation when it is its turn; ``receive`` tells when its client leaves.

        Raises:
            UnavailableError: too many wait already, or the client left before its turn.
            DeadlineError: its turn did not come in time.
        """
        slots = self._slots
        attended = _Attended(operation, receive, self._timeout_s)
        try:
            if slots.free:
                slots.free -= 1
            elif slots.n_waiting >= self._most_waiting:
                self.n_shed += 1
                raise UnavailableError(_BUSY)
            else:
                await attended.turn(slots)
            try:
                return await act()
            finally:
                slots.give_back()
        finally:
            attended.end()

    async def run_event(
        self, operation: Operation, act: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Run the operation of an event of a subscription, with a deadline of its own.

        Events take a quarter of the turns, and so half of the pool: thousands come at once where
        one thing has thousands of subscribers. The others wait uncounted, one for each stream.

        Raises:
            UnavailableError, DeadlineError: as for `run`.
        """
        slots = self._event_slots
        if slots.free:
            slots.free -= 1
        else:
            await slots.wait_for_one()
        try:
            return await self.run(operation, act)
        finally:
            slots.give_back()

    async def run_parts(
        self, operation: Operation, parts: AsyncGenerator[ResultT, None], used_s: float
    ) -> AsyncGenerator[ResultT, None]:
        """Give the parts of an answer, each made in a turn, all of them in the time of a request.

        ``used_s`` of it are over. At its end parts come without what was not loaded by then.
        """
        attended = _Attended(operation, None, self._timeout_s, used_s)
        try:
            async with aclosing(parts):
                while (part := await self._next(attended, parts)) is not None:
                    yield part
        finally:
            attended.end()

    async def _next(
        self, attended: "_Attended", parts: AsyncGenerator[ResultT, None]
    ) -> ResultT | None:
        slots = self._slots
        if slots.free:
            slots.free -= 1
        else:
            try:
                await attended.turn(slots)
            except DeadlineError:  # nothing is read any more, so it needs no turn
                return await anext(parts, None)
        try:
            return await anext(parts, None)
        finally:
            slots.give_back()


class _Attended:
    """One operation, its deadline, and its client."""

    __slots__ = (
        "_left_s",
        "_operation",
        "_reason",
        "_receive",
        "_timeout_s",
        "_timer",
        "_turn",
        "_watching",
    )

    def __init__(
        self, operation: Operation, receive: Receive | None, timeout_s: float, used_s: float = 0.0
    ) -> None:
        self._operation = operation
        self._receive = receive
        self._timeout_s = timeout_s
        self._left_s = max(timeout_s - used_s, 0.0)
        self._reason: ApiError | None = None
        self._turn: asyncio.Task[object] | None = None
        """Waits for its turn."""
        self._watching: asyncio.Task[None] | None = None
        self._timer = operation.loop.call_later(min(_UNATTENDED_S, self._left_s), self._watch)

    async def turn(self, slots: Slots) -> None:
        """Wait for a slot, as long as there is time and somebody waits for the answer."""
        # in no task of its own, which would begin later: many that come at once are counted
        self._turn = asyncio.current_task()
        try:
            await slots.wait_for_one()
        except asyncio.CancelledError:
            if self._reason is None or self._turn is None:
                raise  # it is the request that was cancelled
            self._turn.uncancel()
            raise self._reason from None
        finally:
            self._turn = None

    def end(self) -> None:
        """Watch no longer."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def _watch(self) -> None:
        self._watching = self._operation.loop.create_task(self._stopped())

    async def _stopped(self) -> None:
        try:
            async with asyncio.timeout(self._left_s - min(_UNATTENDED_S, self._left_s)):
                await self._left()
            self._reason = UnavailableError(_LEFT)
        except TimeoutError:
            self._reason = DeadlineError(f"the request took longer than {self._timeout_s:g} s")
        self._operation.stop(self._reason)
        if self._turn is not None:
            self._turn.cancel()

    async def _left(self) -> None:
        """Return when the client has left; where nobody can tell, never."""
        if self._receive is None:
            await asyncio.Event().wait()
            return
        await left(self._receive)


async def left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
