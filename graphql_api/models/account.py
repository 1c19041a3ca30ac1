"""Accounts: how a user proves who they are, and what they may do."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import (
    Base,
    OfTenant,
    Timestamped,
    tenant_index,
    within_tenant,
)


class Role(StrEnum):
    """What a user is for a tenant; each may do what the one before may."""

    READER = "reader"
    AUTHOR = "author"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


class Account(OfTenant, Timestamped, Base):
    """What a user who can log in has beside the profile: apart, so that no read meets it."""

    __tablename__ = "accounts"
    __table_args__ = (
        within_tenant("user_id", "users", cascade=True),
        UniqueConstraint("tenant_id", "email_index", name="email"),
        CheckConstraint(
            "role IN ('reader', 'author', 'editor', 'administrator')", name="role_known"
        ),
        CheckConstraint("(email_sealed IS NULL) = (email_index IS NULL)", name="email_is_found"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(20), server_default=Role.READER.value)
    password_hash: Mapped[str | None] = mapped_column(Text)
    """Argon2id, with its parameters; null for who cannot log in with one."""
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The address, encrypted: the key's id, a nonce, and AES-GCM's output."""
    email_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A keyed hash of the address, by which it is found without being known."""


class RefreshToken(OfTenant, Base):
    """A refresh token, as its hash; those of one login are a family, of which one is unused."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        within_tenant("user_id", "users", cascade=True),
        tenant_index("ix_refresh_tokens_family", "family"),
        tenant_index("ix_refresh_tokens_user", "user_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the token, which is 256 random bits."""
    family: Mapped[UUID] = mapped_column(Uuid)
    user_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When it was exchanged for the next; whoever shows it again has stolen one of them."""


class LoginFailure(OfTenant, Base):
    """How often a name was tried in vain, whether there is such a user or not."""

    __tablename__ = "login_failures"

    name_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the name that was given."""
    n_failures: Mapped[int] = mapped_column(SmallInteger)
    since: Mapped[datetime]
    """When the first of them was; they are forgotten together."""
