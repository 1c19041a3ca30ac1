"""What a change leaves behind, in its own transaction: its audit entry, its event, its answer."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import Base, Entity, OfTenant, tenant_index, within_tenant

HISTORY = "action NOT IN ('like', 'unlike')"
"""What the index of histories holds: likes say nothing of what a thing was, and there are many."""


class Action(StrEnum):
    """What was done."""

    CREATE = "create"
    UPDATE = "update"
    SOFT_DELETE = "soft_delete"
    RESTORE = "restore"
    PURGE = "purge"
    LIKE = "like"
    UNLIKE = "unlike"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"


class Revision(Entity, Base):
    """An entry of the audit log: who did what to what; never changed."""

    __tablename__ = "revisions"
    __table_args__ = (
        tenant_index("ix_revisions_subject", "subject_type", "subject_id", "created_at", "id"),
        tenant_index(
            "ix_revisions_history", "subject_type", "subject_id", "created_at", "id", where=HISTORY
        ),
        tenant_index("ix_revisions_actor", "actor_id", "created_at", "id"),
        tenant_index("ix_revisions_action", "action", "created_at", "id"),
        tenant_index("ix_revisions_at", "created_at", "id"),
    )

    subject_type: Mapped[str] = mapped_column(String(20))
    """The GraphQL type, such as ``Post``."""
    subject_id: Mapped[int]
    owner_id: Mapped[int | None]
    """Whose the subject was: they may read its history."""
    version: Mapped[int]
    """The subject's, after the change; 0 where it has none."""
    actor_id: Mapped[int | None]
    """Who did it; null for a command or the clock. No foreign key: the log outlives people."""
    action: Mapped[str] = mapped_column(String(20))
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By field: ``[before, after]``."""
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The fields that people write, as they were after the change."""
    request_id: Mapped[str | None] = mapped_column(String(100))
    """The request that asked for it."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    """When it was written, under the lock of the subject: the order of its versions. The beginning
    of a transaction that had to wait would lie before what it waited for."""


class OutboxEvent(Entity, Base):
    """A change to be told to whoever listens: written with it, read by their processes."""

    __tablename__ = "outbox"

    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    version: Mapped[int]
    action: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class IdempotencyKey(OfTenant, Base):
    """What a client's key stands for: who repeats it gets the same answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        within_tenant("user_id", "users", cascade=True),
        tenant_index("ix_idempotency_keys_age", "created_at"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of the mutation and its input."""
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What the mutation's payload is made of."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Deletion(Entity, Base):
    """One act of deleting, with all that went along: it is undone as a whole."""

    __tablename__ = "deletions"
    __table_args__ = (
        tenant_index("uq_deletions_token", "token_hash", unique=True),
        tenant_index("ix_deletions_age", "created_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of the token that undoes it."""
    actor_id: Mapped[int | None]
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    undone_at: Mapped[datetime | None]
    """When it was undone, or its rows began to be purged: its token is of no more use."""
