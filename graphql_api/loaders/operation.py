"""What the loaders of one operation share: whose data, on which connections, and when to start.

Loads are collected and sent in *waves*. A wave starts when nothing more can be added to it: no
statement of the operation is under way, and whole turns of the event loop brought no new key. All
keys of a relation that can be known by then are in one batch, however the resolvers that asked are
written and in whatever order the database answered before; so the number of statements is a
property of the query. Statements of one wave run side by side.
"""

import asyncio
from collections.abc import Awaitable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

from graphql_api.db.database import Reader
from graphql_api.db.fault import UNAVAILABLE, UNDER_WAY
from graphql_api.db.figures import Read
from graphql_api.db.statement import Compiled
from graphql_api.errors import ApiError, UnavailableError
from graphql_api.loaders.report import Report
from graphql_api.models import Scope, Viewer

# A resolver that awaits one thing more before it loads (a gather, a task) is a turn or two late.
_QUIET_TURNS = 3

ResultT = TypeVar("ResultT")

_changing: set[asyncio.Future[Any]] = set()
"""What the event loop would forget."""


def _changed(task: asyncio.Future[Any]) -> None:
    _changing.discard(task)
    if not task.cancelled():
        task.exception()  # nobody may be there to hear it: asyncio would complain


class Batch(Protocol):
    """Keys of one loader on their way."""

    async def run(self) -> None:
        """Load them; whoever waits for one gets an answer, also where this is cancelled."""

    def give_up(self, reason: Exception) -> None:
        """Tell whoever still waits that nothing will come."""


class Startable(Protocol):
    """A loader with keys that wait."""

    n_keys: int
    """How many keys its last batch has."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def take_batch(self) -> Batch:
        """Take what waits."""


@lru_cache(1024)
def _bound_of(viewer: Viewer) -> dict[str, Any]:
    """Give what every statement can bind of who asks, by the names in `loaders.base`."""
    return {
        "tenant_id": viewer.tenant_id,
        "viewer_id": viewer.user_id,
        "moderates": viewer.has(Scope.MODERATE),
        "audits": viewer.has(Scope.AUDIT_READ),
    }


class Loaded(NamedTuple):
    """How much was loaded."""

    batches: int = 0
    keys: int = 0
    rows: int = 0

    def plus(self, other: "Loaded") -> "Loaded":
        """Return both together."""
        return Loaded(*map(sum, zip(self, other, strict=True)))


class Operation:
    """One query, or a subscription, with an operation for each of its events."""

    def __init__(self, reader: Reader, viewer: Viewer) -> None:
        self.viewer = viewer
        """Who asks: every statement of a loader is told."""
        self.report: Report | None = None
        """Takes down what is loaded, for whoever asked to see it."""
        self.loop = asyncio.get_running_loop()
        self.reads: list[Read] = []
        """The statements of its loaders, in the order they were sent."""
        self._n_waves = 0
        self._reader = reader
        self._bound = _bound_of(viewer)
        self._waiting: dict[Startable, None] = {}  # a set that keeps the order
        self._tasks: dict[asyncio.Task[None], Batch] = {}
        self._quiet_turns_left = 0
        self._closed = False
        self._stopping: asyncio.Future[None] | None = None
        """Tells a change that nobody waits for it any more."""
        self._event: Operation | None = None
        self._loaded_before = Loaded()
        self._why_nothing: ApiError = UnavailableError(UNAVAILABLE)

    def for_event(self) -> "Operation":
        """Begin an event of a subscription, and end the one before: what it loaded is old now."""
        before, self._event = self._event, Operation(self._reader, self.viewer)
        if before is not None:
            before.stop(self._why_nothing)
            self._loaded_before = self._loaded_before.plus(before.loaded)
        if self._closed:
            self._event.stop(self._why_nothing)
        if self.report is not None:
            self._event.report = Report()
        return self._event

    @property
    def latest_report(self) -> Report | None:
        """What was taken down for the operation, or for its latest event."""
        return self.report if self._event is None else self._event.report

    @property
    def loaded(self) -> "Loaded":
        """How much was loaded, for all of its events too."""
        reads = self.reads
        own = Loaded(
            len(reads), sum([read.n_keys for read in reads]), sum([read.n_rows for read in reads])
        )
        if self._event is None:
            return own
        return own.plus(self._loaded_before).plus(self._event.loaded)

    def become(self, viewer: Viewer) -> None:
        """Ask for another viewer from now on: somebody logged in."""
        self.viewer, self._bound = viewer, _bound_of(viewer)

    def rows(
        self, statement: Compiled, parameters: dict[str, Any], *, loader: "Startable"
    ) -> Awaitable[list[Any]]:
        """Run the one statement of a batch, with the tenant and the viewer bound in it."""
        parameters.update(self._bound)
        read = Read(loader.name, statement.sql, loader.n_keys, self._n_waves)
        self.reads.append(read)
        if self.report is not None:
            self.report.sent(loader, read)
        return self._reader.rows(statement, parameters, loader=read.loader, read=read)

    def join_next_wave(self, loader: Startable) -> None:
        """Have ``loader`` start with the next wave; called for every key that it queues."""
        self._waiting[loader] = None
        if self.report is not None:
            self.report.queued(loader)
        if not self._tasks:
            self._wait_for_quiet()

    @property
    def is_at_work(self) -> bool:
        """Whether statements are under way, or keys wait: then it has to be closed."""
        if self._event is not None and self._event.is_at_work:
            return True
        return bool(self._waiting) or not all(task.done() for task in self._tasks)

    def stop(self, reason: ApiError) -> None:
        """Load nothing any more: whoever waits for something gets the reason, now and later."""
        self._closed, self._why_nothing = True, reason
        for task in self._tasks:
            task.cancel()
        if self._event is not None:
            self._event.stop(reason)
        if self._stopping is not None and not self._stopping.done():
            self._stopping.set_result(None)

    async def unless_stopped(self, work: Awaitable[ResultT]) -> ResultT:
        """Wait for a change; it is not stopped, and goes on by itself where this is.

        Raises:
            ApiError: the reason of `stop`; nobody knows yet what becomes of the change.
        """
        task = asyncio.ensure_future(work)
        _changing.add(task)
        task.add_done_callback(_changed)
        self._stopping = self.loop.create_future()
        await asyncio.wait((task, self._stopping), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise type(self._why_nothing)(f"{self._why_nothing}; {UNDER_WAY}")

    @property
    def why_stopped(self) -> ApiError | None:
        """The reason of `stop`, if it was called: begin nothing new."""
        return self._why_nothing if self._closed else None

    async def close(self) -> None:
        """Stop what nobody waits for any more; connections are given back before this returns."""
        self.stop(self._why_nothing)
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._event is not None:
            await self._event.close()

    def _wait_for_quiet(self) -> None:
        if not self._quiet_turns_left:
            self.loop.call_soon(self._turn)
        self._quiet_turns_left = _QUIET_TURNS

    def _turn(self) -> None:
        self._quiet_turns_left -= 1
        if self._quiet_turns_left:
            self.loop.call_soon(self._turn)
        else:
            self._start_wave()

    def _start_wave(self) -> None:
        loaders, self._waiting = self._waiting, {}
        self._n_waves += 1
        if self.report is not None:
            self.report.start_wave()
        for loader in loaders:
            self._start(loader.take_batch())

    def _start(self, batch: Batch) -> None:
        """Load a batch in a task that no caller can cancel."""
        task = self.loop.create_task(batch.run())
        self._tasks[task] = batch
        task.add_done_callback(self._ended)
        if self._closed:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        # it may have been cancelled, even before it ran at all
        self._tasks.pop(task).give_up(self._why_nothing)
        if not self._tasks and self._waiting:
            self._wait_for_quiet()
