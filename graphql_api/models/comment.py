"""Comments: a tree under each post; and who likes them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKeyConstraint,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import (
    VISIBLE,
    Base,
    Deletable,
    Entity,
    OfTenant,
    Timestamped,
    Versioned,
    tenant_index,
    within_tenant,
)


class CommentStatus(StrEnum):
    """What moderation says; only an approved comment is seen by the public."""

    PENDING = "pending"
    APPROVED = "approved"
    SPAM = "spam"


class MinimizedReason(StrEnum):
    """Why a comment is folded away, though everybody may open it."""

    ABUSE = "abuse"
    OFF_TOPIC = "off_topic"
    OUTDATED = "outdated"
    RESOLVED = "resolved"
    DUPLICATE = "duplicate"
    SPAM = "spam"


class Comment(Entity, Timestamped, Deletable, Versioned, Base):
    """What someone says under a post, or in reply to a comment of the same post."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("tenant_id", "post_id", "id", name="of_post"),
        within_tenant("post_id", "posts", cascade=True),
        ForeignKeyConstraint(
            ["tenant_id", "post_id", "parent_id"],
            ["comments.tenant_id", "comments.post_id", "comments.id"],
            name="parent_of_same_post",
            ondelete="CASCADE",
        ),
        within_tenant("author_id", "users"),
        CheckConstraint("char_length(body) <= 100000", name="body_length"),
        CheckConstraint("status IN ('pending', 'approved', 'spam')", name="status_known"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("(parent_id IS NULL) = (root_id = id)", name="root_has_no_parent"),
        CheckConstraint("(parent_id IS NULL) = (depth = 0)", name="depth_of_root"),
        CheckConstraint("reply_count >= 0", name="reply_count_not_negative"),
        CheckConstraint("like_count >= 0", name="like_count_not_negative"),
        within_tenant("deletion_id", "deletions"),
        CheckConstraint(
            "minimized_reason IN "
            "('abuse', 'off_topic', 'outdated', 'resolved', 'duplicate', 'spam')",
            name="minimized_reason_known",
        ),
        tenant_index("ix_comments_deleted", "deleted_at", "id", where="deleted_at IS NOT NULL"),
        tenant_index("ix_comments_deletion", "deletion_id", where="deletion_id IS NOT NULL"),
        tenant_index("ix_comments_post", "post_id", "created_at", "id", where=VISIBLE),
        tenant_index("ix_comments_post_likes", "post_id", "like_count", "id", where=VISIBLE),
        tenant_index("ix_comments_parent", "parent_id", "created_at", "id", where=VISIBLE),
        tenant_index("ix_comments_parent_likes", "parent_id", "like_count", "id", where=VISIBLE),
        tenant_index("ix_comments_author", "author_id", "created_at", "id", where=VISIBLE),
        tenant_index("ix_comments_author_likes", "author_id", "like_count", "id", where=VISIBLE),
        tenant_index(
            "ix_comments_post_author", "post_id", "author_id", "created_at", "id", where=VISIBLE
        ),
        tenant_index("ix_comments_all_of_parent", "parent_id", where="parent_id IS NOT NULL"),
        tenant_index("ix_comments_all_of_author", "author_id", where="author_id IS NOT NULL"),
        tenant_index(
            "ix_comments_top_level",
            "post_id",
            "created_at",
            "id",
            where=f"{VISIBLE} AND parent_id IS NULL",
        ),
    )

    post_id: Mapped[int]
    parent_id: Mapped[int | None]
    root_id: Mapped[int] = mapped_column(server_default=FetchedValue())
    """Derived: the top of the thread; the comment itself when it answers none."""
    depth: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Derived: steps up to the root, from 0."""
    author_id: Mapped[int | None]
    guest_name: Mapped[str | None] = mapped_column(String(200))
    """The name that someone without an account gave."""
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    body_text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20), server_default=CommentStatus.PENDING.value)
    minimized_reason: Mapped[str | None] = mapped_column(String(20))
    """A `MinimizedReason`; null for one that is shown as it is."""
    shown: Mapped[bool] = mapped_column(server_default=text("false"))
    """Derived: approved, under a visible post and approved comments only."""
    visible: Mapped[bool] = mapped_column(server_default=text("false"))
    """Derived: shown, and not deleted or above a visible reply."""
    reply_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: visible direct replies."""
    like_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: living users who like it."""


class CommentLike(OfTenant, Base):
    """A user likes a comment."""

    __tablename__ = "comment_likes"
    __table_args__ = (
        within_tenant("comment_id", "comments", cascade=True),
        within_tenant("user_id", "users", cascade=True),
        tenant_index("ix_comment_likes_recent", "comment_id", "created_at", "user_id"),
        tenant_index("ix_comment_likes_user", "user_id"),
    )

    comment_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
