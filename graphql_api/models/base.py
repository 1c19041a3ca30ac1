"""What every table shares: naming, tenancy, and the mixins.

Every key leads with ``tenant_id``, so that rows of a tenant lie together and the data can be
distributed by tenant. Columns said to be *derived* are set by triggers (see
`migrations/first` and `second`) and are never written by the application.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

DEFAULT_TENANT = 1
"""The tenant that a fresh database holds."""

LIVING = "deleted_at IS NULL"
"""What partial indexes hold of a table with ``SoftDeleted``."""

VISIBLE = "visible"
"""What partial indexes hold of posts and comments, for the lists that the public sees."""


class Base(DeclarativeBase):
    """Base of every model; names each constraint by what it holds."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(constraint_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "uq": "uq_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {int: BigInteger, datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's way


class OfTenant:
    """A row of one tenant."""

    @declared_attr
    @classmethod
    def tenant_id(cls) -> Mapped[int]:
        """The tenant; first in every key."""
        return mapped_column(
            ForeignKey("tenants.id", name="tenant"), primary_key=True, sort_order=-2
        )


class Entity(OfTenant):
    """A row with an id of its own: a ``bigint`` identity, unique in the whole table."""

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-1)


def within_tenant(column: str, table: str, *, cascade: bool = False) -> ForeignKeyConstraint:
    """Let ``column`` name a row of ``table`` in the same tenant, and go with it if it cascades."""
    return ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{table}.tenant_id", f"{table}.id"],
        name=column.removesuffix("_id"),
        ondelete="CASCADE" if cascade else None,
    )


def tenant_index(name: str, *columns: str, where: str | None = None, unique: bool = False) -> Index:
    """Index a tenant's rows by ``columns``, all of them or those that meet ``where``."""
    condition = None if where is None else text(where)
    return Index(name, "tenant_id", *columns, unique=unique, postgresql_where=condition)


class Timestamped:
    """When the row came, and when its content last changed (counters do not count)."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SoftDeleted:
    """A row that stays when it is deleted, and is then seen by nobody.

    But for comments: of one with replies the public sees that there was one.
    """

    deleted_at: Mapped[datetime | None]


class Deletable(SoftDeleted):
    """The same, and it knows in which act of deleting it went: it comes back with that alone."""

    deletion_id: Mapped[int | None]
    """The `Deletion`; null for what was never deleted through the API."""
    deleted_by_id: Mapped[int | None]
    """The user who did it, who may be no more."""


class Versioned:
    """A row whose every change by a person counts ``version`` up, from 1."""

    version: Mapped[int] = mapped_column(server_default="1")
