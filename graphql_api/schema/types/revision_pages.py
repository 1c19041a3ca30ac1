"""How lists of what was done are paged, and filtered in the audit log."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from graphql_api import models
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.revision import ActionFilter, RevisionFilter, SubjectFilter
from graphql_api.schema import global_id
from graphql_api.schema.arguments import argument
from graphql_api.schema.inputs import DateRange, optional
from graphql_api.schema.ordering import Ordering
from graphql_api.schema.pagination import Pages


@strawberry.enum
class AuditAction(Enum):
    """What was done to a thing."""

    CREATE = strawberry.enum_value(models.Action.CREATE.value, description="It was made.")
    UPDATE = strawberry.enum_value(models.Action.UPDATE.value, description="It was changed.")
    SOFT_DELETE = strawberry.enum_value(
        models.Action.SOFT_DELETE.value, description="It was deleted, and can be restored."
    )
    RESTORE = strawberry.enum_value(models.Action.RESTORE.value, description="It was restored.")
    PURGE = strawberry.enum_value(
        models.Action.PURGE.value, description="It was removed for good, with its history."
    )
    LIKE = strawberry.enum_value(models.Action.LIKE.value, description="Somebody likes it.")
    UNLIKE = strawberry.enum_value(
        models.Action.UNLIKE.value, description="Somebody likes it no longer."
    )
    FOLLOW = strawberry.enum_value(models.Action.FOLLOW.value, description="Somebody follows it.")
    UNFOLLOW = strawberry.enum_value(
        models.Action.UNFOLLOW.value, description="Somebody follows it no longer."
    )


def _subject(text: str) -> SubjectFilter:
    found = global_id.decode(text)
    number = min(found.number, global_id.LARGEST_ID)
    return SubjectFilter(type_name=found.type_name, number=number)


def _user(text: str) -> int:
    return global_id.number_of(text, "User")


def _actions(given: list[AuditAction]) -> tuple[ActionFilter, ...]:
    names = dict.fromkeys(str(action.value) for action in given)
    return tuple(ActionFilter(name=name) for name in names)


def _filter(given: Mapping[str, Any]) -> RevisionFilter | None:
    read = RevisionFilter(
        subject=optional(_subject, given["subject_id"]),
        actor_id=optional(_user, given["actor_id"]),
        actions=optional(_actions, given["action"]),
        created_at=optional(DateRange.read, given["range"]),
    )
    return None if read == RevisionFilter() else read


REVISION_PAGES = Pages(
    ordering=Ordering(
        default=(Order("created_at", descending=True), Order("id", descending=True)), columns={}
    )
)
AUDIT_PAGES = dataclasses.replace(
    REVISION_PAGES,
    backward=False,
    filters=(
        argument("subject_id", strawberry.ID | None, "Done to what: the id of a thing."),
        argument("actor_id", strawberry.ID | None, "Done by whom: the id of a user."),
        argument("action", list[AuditAction] | None, "What was done: any of these."),
        argument("range", DateRange | None, "When it was done."),
    ),
    read_where=_filter,
)
