"""Finding oneself."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import strawberry

from graphql_api.execution import PLAN, Batch, Level
from graphql_api.models import NOBODY
from graphql_api.schema.context import Context, Info
from graphql_api.schema.types.lazy import LazyViewer


def _viewer(context: Context) -> Any:
    return None if context.viewer.user_id == NOBODY else context.viewer


def _resolve(root: Any, info: Info) -> Any:  # noqa: ARG001  # by name
    return _viewer(info.context)


def _load(level: Level) -> Awaitable[list[Any]]:
    """Give the viewer without a statement: the token says who it is."""
    found = asyncio.get_running_loop().create_future()
    found.set_result([_viewer(level.context)])
    return found


@strawberry.type
class ViewerQuery:
    """Fields of `Query` for who asks."""

    viewer: LazyViewer | None = strawberry.field(
        resolver=_resolve,
        description="Who asks, by the access token; null without one.",
        metadata={PLAN: Batch(load=_load)},
    )
