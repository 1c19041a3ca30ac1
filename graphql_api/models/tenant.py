"""Tenants: whose content it is."""

from sqlalchemy import CheckConstraint, Identity, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import Base, Timestamped


class Tenant(Timestamped, Base):
    """One customer's content, apart from every other's."""

    __tablename__ = "tenants"
    __table_args__ = (
        UniqueConstraint("slug", name="slug"),
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint("name <> ''", name="name_not_empty"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
