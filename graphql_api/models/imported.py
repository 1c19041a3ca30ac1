"""What came from where: makes an import repeatable."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from graphql_api.models.base import Base, OfTenant


class ImportedItem(OfTenant, Base):
    """One item of a source, and the row it became."""

    __tablename__ = "imported_items"

    source: Mapped[str] = mapped_column(String(500), primary_key=True)
    """Which site or set, such as ``wordpress:https://example.org``."""
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    """The table it went to."""
    external_id: Mapped[str] = mapped_column(String(500), primary_key=True)
    """Its id over there."""
    row_id: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was read, so that an unchanged item is left alone."""
