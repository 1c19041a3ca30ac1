"""Users, and whom and what they follow."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    String,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import (
    LIVING,
    Base,
    Entity,
    OfTenant,
    SoftDeleted,
    Timestamped,
    Versioned,
    tenant_index,
    within_tenant,
)

_AUTHOR = f"{LIVING} AND post_count > 0"


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
        tenant_index("uq_users_username", "username", unique=True, where=LIVING),
        tenant_index("ix_users_author_name", "name_key", "id", where=_AUTHOR),
        tenant_index("ix_users_author_posts", "post_count", "id", where=_AUTHOR),
        tenant_index("ix_users_author_followers", "follower_count", "id", where=_AUTHOR),
        tenant_index("ix_users_author_latest", "latest_post_at", "id", where=_AUTHOR),
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
        tenant_index("ix_user_follows_followers", "followed_id", "created_at", "follower_id"),
        tenant_index("ix_user_follows_following", "follower_id", "created_at", "followed_id"),
    )

    followed_id: Mapped[int] = mapped_column(primary_key=True)
    follower_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
