"""A run of a plan: level by level, until nothing is waited for."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphql_api.execution.shapes import After


class Run:
    """What one execution of a plan keeps track of."""

    __slots__ = ("executor", "has_errors", "types", "waiting")

    def __init__(self, executor: Any) -> None:
        self.executor = executor
        self.waiting: list[After] = []
        """What the objects opened so far wait for: the next level."""
        self.has_errors = False
        """Whether a marker stands somewhere in the answer."""
        self.types: dict[int, str] = {}
        """The types of objects behind interfaces and unions, by their ids."""

    async def levels(self) -> None:
        """Go down level by level: wait for all of one before the next begins."""
        while self.waiting:
            waiting, self.waiting = self.waiting, []
            outcomes = await _each([after.awaitable for after in waiting])
            for after, outcome in zip(waiting, outcomes, strict=True):
                after.resume(outcome)


async def _each(awaitables: list[Awaitable[Any]]) -> list[Any]:
    """Wait for one after the other: they have all been started; an exception is an outcome."""
    outcomes: list[Any] = []
    try:
        for awaitable in awaitables:
            try:
                outcomes.append(await awaitable)
            except Exception as error:  # noqa: BLE001  # the outcome of that one alone
                outcomes.append(error)
    finally:
        for left in awaitables[len(outcomes) :]:  # cancelled: nobody will wait for these
            _give_up(left)
    return outcomes


def _give_up(awaitable: Any) -> None:
    for end in ("close", "cancel"):
        if hasattr(awaitable, end):
            getattr(awaitable, end)()
            return
