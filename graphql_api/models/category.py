"""Categories: a tree."""

from sqlalchemy import CheckConstraint, Computed, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import (
    LIVING,
    Base,
    Deletable,
    Entity,
    Timestamped,
    Versioned,
    tenant_index,
    within_tenant,
)


class Category(Entity, Timestamped, Deletable, Versioned, Base):
    """A shelf of posts; a root when it has no parent."""

    __tablename__ = "categories"
    __table_args__ = (
        within_tenant("parent_id", "categories"),
        within_tenant("deletion_id", "deletions"),
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("char_length(description) <= 5000", name="description_length"),
        tenant_index("ix_categories_deletion", "deletion_id", where="deletion_id IS NOT NULL"),
        tenant_index("uq_categories_slug", "slug", unique=True, where=LIVING),
        tenant_index("ix_categories_parent", "parent_id", "name_key", "id", where=LIVING),
    )

    parent_id: Mapped[int | None]
    slug: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(
        Text(collation="C"), Computed("lower(name)", persisted=True)
    )
    """Orders siblings by name: lower case, by code point."""
    description: Mapped[str | None] = mapped_column(Text)
