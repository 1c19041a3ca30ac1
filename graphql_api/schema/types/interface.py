"""The interfaces that types share."""

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from graphql_api.schema import global_id
from graphql_api.schema.relations import derived, plain, promised
from graphql_api.schema.scalars import BigInt
from graphql_api.schema.types.lazy import LazyUserConnection
from graphql_api.schema.types.user_pages import PEOPLE_PAGES


def _id_of(root: Any) -> strawberry.ID:  # a row
    return strawberry.ID(global_id.encode(global_id.type_of(root), root.id))


def database_id_of(root: Any) -> BigInt:  # a row
    """Return the number behind a global id."""
    number: BigInt = root.id
    return number


@strawberry.interface
class Node:
    """A thing that can be found again by its id alone, with `node` or `nodes`."""

    row: ClassVar[type]

    id: strawberry.ID = derived(_id_of, "The global id; opaque, and the same for ever.")

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


@strawberry.interface
class Versioned:
    """A thing whose changes are counted."""

    version: int = plain("Counts changes, from 1; an update must name the version that it saw.")


@strawberry.interface
class Likeable:
    """A thing that users can like."""

    id: strawberry.ID = derived(_id_of, "The global id; opaque, and the same for ever.")
    like_count: int = plain("How many users like it.")
    likers: LazyUserConnection = promised(
        pages=PEOPLE_PAGES, description="Who likes it, latest first."
    )


@strawberry.interface
class Followable:
    """A thing that users can follow."""

    id: strawberry.ID = derived(_id_of, "The global id; opaque, and the same for ever.")
    follower_count: int = plain("How many users follow it.")
