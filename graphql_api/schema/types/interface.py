"""The interfaces that types share."""

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from graphql_api.loaders.user import UserById
from graphql_api.schema import global_id
from graphql_api.schema.columns import computed, plain
from graphql_api.schema.relations import one, promised
from graphql_api.schema.types.lazy import LazyRevisionConnection, LazyUser, LazyUserConnection
from graphql_api.schema.types.revision_pages import REVISION_PAGES
from graphql_api.schema.types.user_pages import PEOPLE_PAGES
from graphql_api.schema.viewer import CannotReason


def global_id_field() -> Any:
    """Declare the field `id`."""
    return computed(
        global_id.encoder,
        reads=("id",),
        per_type=True,
        description="The global id; opaque, and the same for ever.",
    )


def database_id_field() -> Any:
    """Declare the field `databaseId`."""
    return computed(_same, reads=("id",), description="The number behind the id.")


def _same(number: int) -> int:
    return number


_DELETED_BY = "Who deleted it; null when it was not, or when nobody may know."


def deleted_by_field() -> Any:
    """Declare the field `deletedBy`."""
    return one(UserById, key="deleted_by_id", description=_DELETED_BY)


def set_field(column: str, description: str) -> Any:
    """Declare a field that tells whether a column of the row is not null."""
    return computed(_is_set, reads=(column,), description=description)


def _is_set(value: object) -> bool:
    return value is not None


@strawberry.interface
class Node:
    """A thing that can be found again by its id alone, with `node` or `nodes`."""

    row: ClassVar[type]

    id: strawberry.ID = global_id_field()

    @classmethod
    def is_type_of(cls, obj: object, _info: object) -> bool:
        """Tell a row of this type from rows of others."""
        return isinstance(obj, cls.row)

    @classmethod
    def resolve_type(cls, obj: object, *_: object) -> str:
        """Name the type of a row."""
        return global_id.type_of(obj)


@strawberry.interface
class Timestamped:
    """A thing that knows when it came and when it last changed."""

    created_at: datetime = plain("When it came into being.")
    updated_at: datetime = plain("When its content last changed; counters do not count.")


REVISIONS = "What changed it, latest first; for its author, and those with `AUDIT_READ`."


@strawberry.interface
class Versioned:
    """A thing whose changes are counted."""

    version: int = plain("Counts changes, from 1; an update must name the version that it saw.")
    revisions: LazyRevisionConnection = promised(pages=REVISION_PAGES, description=REVISIONS)


@strawberry.interface
class SoftDeletable:
    """A thing that leaves a trace when it is deleted, and can be brought back."""

    is_deleted: bool = set_field("deleted_at", "Whether it was deleted.")
    deleted_at: datetime | None = plain("When it was deleted; null when it was not.")
    deleted_by: LazyUser | None = plain(_DELETED_BY)


@strawberry.interface
class Likeable:
    """A thing that users can like."""

    id: strawberry.ID = global_id_field()
    like_count: int = plain("How many users like it.")
    viewer_has_liked: bool = plain("Whether the viewer likes it.")
    likers: LazyUserConnection = promised(
        pages=PEOPLE_PAGES, description="Who likes it, latest first."
    )


@strawberry.interface
class Followable:
    """A thing that users can follow."""

    id: strawberry.ID = global_id_field()
    follower_count: int = plain("How many users follow it.")
    viewer_is_following: bool = plain("Whether the viewer follows it.")


@strawberry.interface
class Updatable:
    """A thing that people can change, and that tells the viewer whether they may."""

    viewer_can_update: bool = plain("Whether the viewer may change it.")
    viewer_cannot_update_reasons: list[CannotReason] = plain(
        "Why the viewer may not change it; empty where they may."
    )


@strawberry.interface
class Deletable:
    """A thing that people can delete, and that tells the viewer whether they may."""

    viewer_can_delete: bool = plain("Whether the viewer may delete it.")
