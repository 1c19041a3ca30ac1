"""Users, and whom and what they follow."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Index,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import (
    Base,
    Entity,
    OfTenant,
    SoftDeleted,
    Timestamped,
    Versioned,
    within_tenant,
)

_LIVING = text("deleted_at IS NULL")
_AUTHOR = text("deleted_at IS NULL AND post_count > 0")


class User(Entity, Timestamped, SoftDeleted, Versioned, Base):
    """Someone who writes, reads and reacts."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("username <> ''", name="username_not_empty"),
        CheckConstraint("username = lower(username)", name="username_is_lower_case"),
        CheckConstraint("display_name <> ''", name="display_name_not_empty"),
        CheckConstraint("char_length(bio) <= 5000", name="bio_length"),
        CheckConstraint("post_count >= 0", name="post_count_not_negative"),
        CheckConstraint("follower_count >= 0", name="follower_count_not_negative"),
        CheckConstraint("following_count >= 0", name="following_count_not_negative"),
        Index("uq_users_username", "tenant_id", "username", unique=True, postgresql_where=_LIVING),
        Index("ix_users_author_name", "tenant_id", "name_key", "id", postgresql_where=_AUTHOR),
        Index("ix_users_author_posts", "tenant_id", "post_count", "id", postgresql_where=_AUTHOR),
        Index(
            "ix_users_author_followers",
            "tenant_id",
            "follower_count",
            "id",
            postgresql_where=_AUTHOR,
        ),
        Index(
            "ix_users_author_latest", "tenant_id", "latest_post_at", "id", postgresql_where=_AUTHOR
        ),
    )

    username: Mapped[str] = mapped_column(String(60))
    display_name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(
        Text(collation="C"), Computed("lower(display_name)", persisted=True)
    )
    """Orders users by name: lower case, by code point."""
    bio: Mapped[str | None] = mapped_column(Text)
    avatar_url: Mapped[str | None] = mapped_column(String(2000))
    post_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: visible posts of this author."""
    latest_post_at: Mapped[datetime | None]
    """Derived: when the newest visible post was published."""
    follower_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: living users who follow this one."""
    following_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: living users whom this one follows."""


class UserFollow(OfTenant, Base):
    """One user follows another."""

    __tablename__ = "user_follows"
    __table_args__ = (
        within_tenant("followed_id", "users", cascade=True),
        within_tenant("follower_id", "users", cascade=True),
        CheckConstraint("follower_id <> followed_id", name="not_oneself"),
        Index("ix_user_follows_followers", "tenant_id", "followed_id", "created_at", "follower_id"),
        Index("ix_user_follows_following", "tenant_id", "follower_id", "created_at", "followed_id"),
    )

    followed_id: Mapped[int] = mapped_column(primary_key=True)
    follower_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
