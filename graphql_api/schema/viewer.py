"""Fields that say what the viewer may do to a thing: by the very rule that the mutation enforces.

    viewer_can_update: bool = can(CHANGE, "Whether …")

Nothing is loaded for them: who asks is known, and whose it is stands in the row.
"""

from asyncio import Future
from collections.abc import Callable
from enum import Enum
from typing import Any

import strawberry

from graphql_api.execution import PLAN, Batch, Level
from graphql_api.models import Viewer
from graphql_api.schema.context import Context, Info
from graphql_api.schema.permission import RULE
from graphql_api.services.permission import Reason, Rule

OF_VIEWER = ("author_id", "deleted_at")
"""What these fields read of a row: whose it is, and since when it is no more."""


@strawberry.enum
class CannotReason(Enum):
    """Why the viewer cannot change a thing."""

    LOGIN_REQUIRED = strawberry.enum_value(
        Reason.LOGIN_REQUIRED.value, description="Nobody is logged in."
    )
    NOT_OWNER = strawberry.enum_value(Reason.NOT_OWNER.value, description="It is somebody else's.")
    INSUFFICIENT_SCOPE = strawberry.enum_value(
        Reason.INSUFFICIENT_SCOPE.value, description="The viewer's role does not allow it."
    )
    LOCKED = strawberry.enum_value(
        Reason.LOCKED.value, description="Nobody may change it at the moment."
    )
    DELETED = strawberry.enum_value(Reason.DELETED.value, description="It was deleted.")
    RATE_LIMITED = strawberry.enum_value(
        Reason.RATE_LIMITED.value, description="The viewer changed too much in a short time."
    )


def can(rule: Rule, description: str) -> Any:  # stands for the annotated type
    """Declare a field that tells whether the viewer may do what the rule is for."""

    def of(viewer: Viewer, *read: Any) -> bool:
        return not _reasons(rule, viewer, *read)

    return _field(rule, of, description)


def cannot(rule: Rule, description: str) -> Any:  # stands for the annotated type
    """Declare a field that lists why the viewer may not do it."""

    def of(viewer: Viewer, *read: Any) -> list[Reason]:
        return _reasons(rule, viewer, *read)

    return _field(rule, of, description)


def _reasons(rule: Rule, viewer: Viewer, owner_id: int | None, deleted_at: Any) -> list[Reason]:
    reasons = rule.reasons(viewer, owner_id)
    if deleted_at is None or Reason.LOGIN_REQUIRED in reasons:
        return reasons
    return [Reason.DELETED]  # and whose it was is nobody's business


def _field(rule: Rule, of: Callable[..., Any], description: str) -> Any:
    """Declare a field that is a function of the viewer and of `OF_VIEWER`."""

    def resolve(root: Any, info: Info) -> Any:
        return of(info.context.viewer, *(getattr(root, name) for name in OF_VIEWER))

    def load_level(level: Level) -> "Future[list[Any]]":
        context: Context = level.context
        ready: Future[list[Any]] = context.loaders.operation.loop.create_future()
        ready.set_result([of(context.viewer, *read) for read in level.keys])
        return ready

    batch = Batch(load=load_level, key=OF_VIEWER)
    metadata = {RULE: rule, PLAN: batch}
    return strawberry.field(resolver=resolve, description=description, metadata=metadata)
