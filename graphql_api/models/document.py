"""Documents that clients name instead of sending."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import Base, OfTenant, tenant_index


class PersistedDocument(OfTenant, Base):
    """A document that is known by an id, and whose text never changes.

    It is code of a client and nobody's content, but has its tenant as every row does: no tenant's
    clients can push out another's documents.
    """

    __tablename__ = "persisted_documents"
    __table_args__ = (
        CheckConstraint("id <> ''", name="id_not_empty"),
        CheckConstraint(
            "trusted OR id = encode(sha256(convert_to(text, 'UTF8')), 'hex')", name="id_is_hash"
        ),
        tenant_index("ix_persisted_documents_used", "trusted", "last_used_at", "n_bytes"),
    )

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    """The SHA-256 of its text in hexadecimal, or what a client's compiler calls it."""
    trusted: Mapped[bool]
    """Whether an operator loaded it with a manifest; else somebody sent it with a request."""
    name: Mapped[str] = mapped_column(String(200))
    """The names of its operations, for people; empty where none has one."""
    text: Mapped[str] = mapped_column(Text)
    n_bytes: Mapped[int] = mapped_column(Integer)
    """How long its text is in UTF-8."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    """To an hour; null for what was never asked for."""
