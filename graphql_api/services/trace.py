"""What changes of many rows leave behind: an audit entry and an event for each, by one statement.

`Change.wrote` is for one row. Here the rows are those that a statement has just changed, and never
leave the database: a post takes thousands of comments along.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, String, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from graphql_api.models import Action, OutboxEvent, Revision
from graphql_api.services.change import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What the entries of one act have in common."""

    tenant_id: int
    type_name: str
    action: Action
    actor_id: int | None = None
    """None for a command."""
    request_id: str | None = None
    changes: Mapping[str, Any]
    """By field: ``[before, after]``, as JSON has them."""

    @classmethod
    def of(
        cls, change: Change, type_name: str, action: Action, changes: Mapping[str, Any]
    ) -> "Trace":
        """Say it of what a viewer does."""
        return cls(
            tenant_id=change.tenant_id,
            type_name=type_name,
            action=action,
            actor_id=change.viewer.user_id,
            request_id=change.request_id,
            changes=changes,
        )

    def left_by(self, changed: CTE) -> tuple[CTE, CTE]:
        """Write them, beside a statement, of its rows: ``id owner_id version snapshot``."""
        common: dict[str, Any] = {
            "tenant_id": literal(self.tenant_id),
            "subject_type": literal(self.type_name, String),
            "subject_id": changed.c.id,
            "version": changed.c.version,
            "action": literal(self.action.value, String),
        }
        entry = common | {
            "owner_id": changed.c.owner_id,
            "actor_id": literal(self.actor_id, Revision.actor_id.type),
            "changes": literal(self.changes, JSONB),
            "snapshot": changed.c.snapshot,
            "request_id": literal(self.request_id, String),
        }
        entries = select(*entry.values()).order_by(changed.c.id)
        events = select(*common.values()).order_by(changed.c.id)
        return (
            insert(Revision).from_select(list(entry), entries).cte("entries"),
            insert(OutboxEvent).from_select(list(common), events).cte("events"),
        )
