"""The history: what was done to a thing, and the audit log of everything.

Each statement says itself who may see what: those who audit all of it, owners what was done to what
is theirs. Whoever may not finds nothing, as if nothing had been done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, not_, or_, select, true

from graphql_api.loaders.base import AUDITS, IDS, TENANT, VIEWER, AnySelect, OneLoader, Selected
from graphql_api.loaders.filter import RangeFilter, bound
from graphql_api.loaders.page import PageLoader
from graphql_api.models import Action, Revision


@dataclass(slots=True)
class RevisionRow:
    """An entry as the schema reads it; the columns of ``revisions`` with the same names."""

    id: int
    subject_type: str
    version: int
    actor_id: int | None
    action: str
    changes: dict[str, Any]
    snapshot: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFilter:
    """Which thing something was done to."""

    type_name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFilter:
    """What was done."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionFilter:
    """Which entries of the audit log to keep: those that meet every condition given."""

    subject: SubjectFilter | None = None
    actor_id: int | None = None
    actions: tuple[ActionFilter, ...] | None = None
    """Any of these, no two of them alike."""
    created_at: RangeFilter | None = None


def _seen(table: Any) -> ColumnElement[bool]:  # the model or an alias of it
    """Select what the viewer may see of the history."""
    return and_(table.tenant_id == TENANT, or_(AUDITS, table.owner_id == VIEWER))


class RevisionById(OneLoader[int, RevisionRow]):
    """Entries by id."""

    row = RevisionRow
    table = Revision

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the entries among the ids that the viewer may see."""
        return select(Revision.id, *columns).where(_seen(Revision), Revision.id == IDS.any_())


class _RevisionPages(PageLoader[RevisionRow]):
    row = RevisionRow
    table = Revision
    seen = staticmethod(_seen)


_LIKES: tuple[ColumnElement[str], ...] = tuple(
    literal_column(f"'{action}'") for action in (Action.LIKE, Action.UNLIKE)
)


def _history(type_name: str) -> ColumnElement[bool]:
    """Select what changed things of a type, as the index has it."""
    kind: ColumnElement[str] = literal_column(f"'{type_name}'")
    return and_(Revision.subject_type == kind, Revision.action.not_in(_LIKES))


class RevisionsByPost(_RevisionPages):
    """What was done to a post, but for likes."""

    parent = Revision.subject_id
    only = _history("Post")


class RevisionsByComment(_RevisionPages):
    """What was done to a comment, but for likes."""

    parent = Revision.subject_id
    only = _history("Comment")


class AuditLog(_RevisionPages):
    """What was done to anything, for those who audit."""

    @staticmethod
    def seen(table: Any) -> ColumnElement[bool]:
        """Select everything or nothing."""
        return and_(table.tenant_id == TENANT, AUDITS)

    @staticmethod
    def condition(where: RevisionFilter) -> ColumnElement[bool]:
        """Turn the filter into SQL."""
        return and_(true(), *_conditions(where))

    @staticmethod
    def alternatives(where: RevisionFilter | None) -> Sequence[RevisionFilter | None]:
        """Give a list for each action: an index has those of one in order."""
        if where is None or not where.actions:
            return (where,)
        return [replace(where, actions=(action,)) for action in where.actions]


def _conditions(where: RevisionFilter) -> Iterator[ColumnElement[bool]]:
    if where.subject is not None:
        yield Revision.subject_type == bound(where.subject.type_name, Revision.subject_type.type)
        yield Revision.subject_id == bound(where.subject.number, Revision.subject_id.type)
    if where.actor_id is not None:
        yield Revision.actor_id == bound(where.actor_id, Revision.actor_id.type)
    if where.actions is not None:
        kind = Revision.action.type
        some = (Revision.action == bound(action.name, kind) for action in where.actions)
        yield or_(not_(true()), *some)
    if where.created_at is not None:
        yield from where.created_at.on(Revision.created_at)
