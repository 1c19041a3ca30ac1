"""Tags, what they mark, and who follows them."""

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
    tenant_index,
    within_tenant,
)


class Tag(Entity, Timestamped, SoftDeleted, Base):
    """A word that posts share."""

    __tablename__ = "tags"
    __table_args__ = (
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("post_count >= 0", name="post_count_not_negative"),
        CheckConstraint("follower_count >= 0", name="follower_count_not_negative"),
        tenant_index("uq_tags_slug", "slug", unique=True, where=LIVING),
        tenant_index("ix_tags_name", "name_key", "id", where=LIVING),
    )

    slug: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(
        Text(collation="C"), Computed("lower(name)", persisted=True)
    )
    """Orders tags by name and finds them by its beginning: lower case, by code point."""
    post_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: visible posts with this tag."""
    follower_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: living users who follow this tag."""


class PostTag(OfTenant, Base):
    """A post carries a tag."""

    __tablename__ = "post_tags"
    __table_args__ = (
        within_tenant("post_id", "posts", cascade=True),
        within_tenant("tag_id", "tags", cascade=True),
        tenant_index("ix_post_tags_recent", "tag_id", "published_at", "post_id"),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True)
    published_at: Mapped[datetime | None]
    """Derived: when the post was published, which orders a tag's posts; null while unseen."""


class TagFollow(OfTenant, Base):
    """A user follows a tag."""

    __tablename__ = "tag_follows"
    __table_args__ = (
        within_tenant("tag_id", "tags", cascade=True),
        within_tenant("user_id", "users", cascade=True),
        tenant_index("ix_tag_follows_user", "user_id", "created_at", "tag_id"),
    )

    tag_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
