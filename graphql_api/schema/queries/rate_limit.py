"""Asking what an operation costs."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import strawberry

from graphql_api.execution import PLAN, Batch, Level
from graphql_api.schema.arguments import argument, give_parameters
from graphql_api.schema.context import Context, Info
from graphql_api.schema.types.rate_limit import RateLimit

_LARGEST_INT = 2**31 - 1
_DRY_RUN = argument(
    "dry_run",
    bool | None,
    "When true, nothing else of the operation is done: its other fields are left out, and what they"
    " would cost is told, also where it is more than one request may.",
    default=False,
)


def _rate_limit(context: Context) -> Any:  # what the fields of `RateLimit` read
    account = context.account
    figures, window = account.figures, account.window
    if figures is None:  # whoever runs it did not ask what it costs
        return None
    limit = account.limits.cost if window is None else window.limit
    remaining = max(limit - figures.cost, 0) if window is None else window.remaining
    resets_at = datetime.now(UTC)
    if window is not None:
        resets_at = datetime.fromtimestamp(int(window.resets_at), UTC)
    return SimpleNamespace(
        limit=limit,
        cost=min(figures.cost, _LARGEST_INT),
        remaining=remaining,
        reset_at=resets_at,
        node_count=min(figures.nodes, _LARGEST_INT),
        predicted_sql=figures.statements,
    )


def _resolve(root: Any, info: Info, **arguments: Any) -> Any:  # noqa: ARG001  # by name
    return _rate_limit(info.context)


def _load(level: Level) -> Awaitable[list[Any]]:
    """Tell it without a statement: it was counted before the operation began."""
    found = asyncio.get_running_loop().create_future()
    found.set_result([_rate_limit(level.context)])
    return found


give_parameters(_resolve, [_DRY_RUN], 2)


@strawberry.type
class RateLimitQuery:
    """Fields of `Query` for what an operation costs."""

    rate_limit: RateLimit | None = strawberry.field(
        resolver=_resolve,
        description="What this operation costs, and what its client may still spend.",
        metadata={PLAN: Batch(load=_load)},
    )
