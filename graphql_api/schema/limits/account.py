"""The account of one operation: what it may ask for, what it costs, and who pays."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql_api.errors import LimitExceededError, RateLimitedError
from graphql_api.schema.limits.bounds import Limits
from graphql_api.schema.limits.exceeded import EXCEEDED, LimitName, exceeded
from graphql_api.schema.limits.measure import Operation
from graphql_api.schema.limits.meter import Meter, Window

DEFAULT = Limits()

LEAST = 1
"""Whatever it asks for, an operation takes some time."""


class Figures(NamedTuple):
    """What one operation costs, with the variables that came with it."""

    cost: int
    nodes: int
    """The most things that can be in its answer."""
    statements: int
    is_dry: bool
    """Whether it asks for these figures alone."""


class Account:
    """Made with the context of an operation, and settled before it runs."""

    __slots__ = ("_client", "_meter", "figures", "is_shown", "limits", "paid", "window")

    def __init__(
        self,
        limits: Limits = DEFAULT,
        meter: Meter | None = None,
        client: str = "",
        *,
        is_shown: bool = False,
    ) -> None:
        self.limits = limits
        self.is_shown = is_shown
        """Whether the answer is to say what it cost."""
        self.figures: Figures | None = None
        self.window: Window | None = None
        """What its client has left; None where that is not counted."""
        self.paid: asyncio.Future[None] | None = None
        """Done once the client has paid, where somebody waits for that."""
        self._meter = meter
        self._client = client

    @property
    def is_metered(self) -> bool:
        """Whether somebody has to `pay`."""
        return self._meter is not None

    @property
    def is_dry(self) -> bool:
        """Whether the operation asks for its cost alone."""
        return self.figures is not None and self.figures.is_dry

    def weigh(
        self, operation: Operation, variables: Mapping[str, Any] | None, *, is_dry: bool
    ) -> None:
        """Work out what an operation costs.

        Raises:
            LimitExceededError: it is more than one request may; never where only that is asked.
        """
        cost, nodes = operation.formula.of(variables)
        self.figures = Figures(max(cost, LEAST), nodes, operation.n_statements, is_dry)
        if is_dry:
            return
        if cost > self.limits.cost:
            raise _over("cost", "costs", cost, self.limits.cost)
        if nodes > self.limits.nodes:
            raise _over("nodes", "asks for as many things as", nodes, self.limits.nodes)

    async def pay(self) -> None:
        """Have the client spend what the operation costs, before it runs.

        Raises:
            RateLimitedError: it has less than that left.
        """
        figures = self.figures
        cost = LEAST if figures is None or figures.is_dry else figures.cost
        window = await self.spend(cost)
        if self.paid is not None and not self.paid.done():
            self.paid.set_result(None)
        if window is not None and not window.accepted:
            EXCEEDED["rate"] += 1
            said = f"this costs {cost}, and {window.remaining} of {window.limit} are left for now"
            raise RateLimitedError(said, max(window.seconds_left, 1))

    async def spend(self, cost: int) -> Window | None:
        """Have the client spend so much, and tell whether it could; None where nobody counts."""
        if self._meter is not None:
            self.window = await self._meter.spend(self._client, cost)
        return self.window

    def report(self) -> dict[str, Any]:
        """Write what the operation costs, for `extensions`, where somebody wants to see it."""
        figures = self.figures
        if figures is None or not self.is_shown:
            return {}
        return {
            "cost": {
                "requested": figures.cost,
                "budget": self.limits.cost,
                "nodes": figures.nodes,
                "predictedStatements": figures.statements,
            }
        }

    def headers(self) -> dict[str, str]:
        """Write what the client has left, as the drafts for these headers have it."""
        window = self.window
        if window is None:
            return {}
        return {
            "RateLimit-Limit": str(window.limit),
            "RateLimit-Remaining": str(window.remaining),
            "RateLimit-Reset": str(window.seconds_left),
        }


def _over(limit: LimitName, what: str, counted: int, allowed: int) -> LimitExceededError:
    said = f"the operation {what} {counted}, but one request may ask for {allowed}"
    return exceeded(limit, said, counted, allowed)
