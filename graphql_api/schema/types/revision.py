"""Revisions: entries of the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.loaders.revision import RevisionRow
from graphql_api.loaders.user import UserById
from graphql_api.schema.columns import computed, plain
from graphql_api.schema.relations import one
from graphql_api.schema.scalars import JSON
from graphql_api.schema.types.connection import ConnectionOf, EdgeOf
from graphql_api.schema.types.field_change import FieldChange, public_changes, public_content
from graphql_api.schema.types.interface import Node
from graphql_api.schema.types.lazy import LazyUser
from graphql_api.schema.types.revision_pages import AuditAction
from graphql_api.services.problem import Difference


def _changes(type_name: str, changes: Mapping[str, Sequence[Any]]) -> list[Difference]:
    found = (Difference(field, *values) for field, values in sorted(changes.items()))
    return public_changes(type_name, found)


def _at(moment: datetime) -> datetime:
    return moment


@strawberry.type
class Revision(Node):
    """An entry of the audit log: who did what to a thing, and when; it never changes."""

    row = RevisionRow

    version: int = plain("The version that the thing has since; 0 where it counts none.")
    actor: LazyUser | None = one(
        UserById,
        key="actor_id",
        description="Who did it; null for a command, the clock, and a user who is no more.",
    )
    at: datetime = computed(_at, reads=("created_at",), description="When it was done.")
    action: AuditAction = plain("What was done.")
    changes: list[FieldChange] = computed(
        _changes, reads=("subject_type", "changes"), description="The fields that changed, by name."
    )
    snapshot: JSON = computed(
        public_content,
        reads=("subject_type", "snapshot"),
        description="The fields that people write, as they were afterwards; empty where none are.",
    )


@strawberry.type
class RevisionEdge(EdgeOf[Revision]):
    """An entry in a list."""


@strawberry.type
class RevisionConnection(ConnectionOf[Revision, RevisionEdge]):
    """A page of what was done, latest first."""
