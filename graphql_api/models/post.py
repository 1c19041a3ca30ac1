"""Posts, and who likes them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Index,
    SmallInteger,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import (
    LIVING,
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

UNPUBLISHED = f"{LIVING} AND status <> 'published'"
"""What the index of drafts holds."""


class PostStatus(StrEnum):
    """Where a post stands; only a published one is seen by the public."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Post(Entity, Timestamped, Deletable, Versioned, Base):
    """An article."""

    __tablename__ = "posts"
    __table_args__ = (
        within_tenant("author_id", "users"),
        within_tenant("category_id", "categories"),
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint("char_length(body) <= 1000000", name="body_length"),
        CheckConstraint(
            "status IN ('draft', 'scheduled', 'published', 'archived')", name="status_known"
        ),
        CheckConstraint(
            "status NOT IN ('scheduled', 'published') OR published_at IS NOT NULL",
            name="published_at_known",
        ),
        CheckConstraint("isfinite(published_at)", name="published_at_finite"),
        CheckConstraint("comment_count >= 0", name="comment_count_not_negative"),
        CheckConstraint("like_count >= 0", name="like_count_not_negative"),
        CheckConstraint("view_count >= 0", name="view_count_not_negative"),
        tenant_index("uq_posts_slug", "slug", unique=True, where=LIVING),
        tenant_index("ix_posts_published", "published_at", "id", where=VISIBLE),
        tenant_index("ix_posts_created", "created_at", "id", where=VISIBLE),
        tenant_index("ix_posts_updated", "updated_at", "id", where=VISIBLE),
        tenant_index("ix_posts_likes", "like_count", "id", where=VISIBLE),
        tenant_index("ix_posts_views", "view_count", "id", where=VISIBLE),
        tenant_index("ix_posts_comments", "comment_count", "id", where=VISIBLE),
        tenant_index("ix_posts_author", "author_id", "published_at", "id", where=VISIBLE),
        tenant_index("ix_posts_category", "category_id", "published_at", "id", where=VISIBLE),
        tenant_index("ix_posts_language", "language", "published_at", "id", where=VISIBLE),
        tenant_index("ix_posts_all_of_author", "author_id"),
        within_tenant("deletion_id", "deletions"),
        tenant_index("ix_posts_drafts", "author_id", "updated_at", "id", where=UNPUBLISHED),
        tenant_index("ix_posts_deletion", "deletion_id", where="deletion_id IS NOT NULL"),
        tenant_index("ix_posts_deleted", "deleted_at", "id", where="deleted_at IS NOT NULL"),
        tenant_index("ix_posts_all_of_category", "category_id", where="category_id IS NOT NULL"),
        Index(
            "ix_posts_due",
            "published_at",
            postgresql_where=text(f"status = 'scheduled' AND {LIVING}"),
        ),
    )

    author_id: Mapped[int]
    category_id: Mapped[int | None]
    slug: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(1000))
    excerpt: Mapped[str] = mapped_column(String(500), server_default="")
    """The beginning of the text, or what its author wrote for lists; plain text."""
    body: Mapped[str] = mapped_column(Text)
    """As written: Markdown, which may hold HTML."""
    body_html: Mapped[str] = mapped_column(Text)
    """Rendered once per version, and made safe."""
    body_text: Mapped[str] = mapped_column(Text)
    """The words alone."""
    language: Mapped[str] = mapped_column(String(35, collation="C"), server_default="en")
    """BCP 47, such as ``en`` or ``ja``."""
    reading_minutes: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    status: Mapped[str] = mapped_column(String(20), server_default=PostStatus.DRAFT.value)
    published_at: Mapped[datetime | None]
    visible: Mapped[bool] = mapped_column(server_default=text("false"))
    """Derived: published, not deleted, by an author who is not deleted."""
    comment_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: visible comments."""
    like_count: Mapped[int] = mapped_column(server_default="0")
    """Derived: living users who like it."""
    view_count: Mapped[int] = mapped_column(server_default="0")
    """How often it was read; counted by whoever records views."""


class PostLike(OfTenant, Base):
    """A user likes a post."""

    __tablename__ = "post_likes"
    __table_args__ = (
        within_tenant("post_id", "posts", cascade=True),
        within_tenant("user_id", "users", cascade=True),
        tenant_index("ix_post_likes_recent", "post_id", "created_at", "user_id"),
        tenant_index("ix_post_likes_user", "user_id"),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Bookmark(OfTenant, Base):
    """A user keeps a post for later; nobody else knows."""

    __tablename__ = "bookmarks"
    __table_args__ = (
        within_tenant("post_id", "posts", cascade=True),
        within_tenant("user_id", "users", cascade=True),
        tenant_index("ix_bookmarks_post", "post_id"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
