"""Comments, and how lists of them are filtered and ordered."""

import dataclasses
from enum import Enum

import strawberry

from graphql_api import models
from graphql_api.loaders.comment import (
    AncestorsByComment,
    CommentById,
    CommentFilter,
    CommentRow,
    RepliesByComment,
)
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.link import LikedComments
from graphql_api.loaders.post import PostById
from graphql_api.loaders.revision import RevisionsByComment
from graphql_api.loaders.user import LikersByComment, UserById
from graphql_api.schema.arguments import argument
from graphql_api.schema.columns import plain
from graphql_api.schema.inputs import DateTimeFilter, IDFilter, ids_of, maybe, optional
from graphql_api.schema.ordering import OrderDirection, Ordering
from graphql_api.schema.pagination import Pages
from graphql_api.schema.relations import many, one, page
from graphql_api.schema.scalars import BigInt
from graphql_api.schema.types.body import body_field
from graphql_api.schema.types.connection import ConnectionOf, EdgeOf
from graphql_api.schema.types.interface import (
    REVISIONS,
    Deletable,
    Likeable,
    Node,
    SoftDeletable,
    Timestamped,
    Updatable,
    Versioned,
    database_id_field,
    deleted_by_field,
    set_field,
)
from graphql_api.schema.types.lazy import (
    LazyComment,
    LazyCommentConnection,
    LazyPost,
    LazyRevisionConnection,
    LazyUser,
    LazyUserConnection,
)
from graphql_api.schema.types.revision_pages import REVISION_PAGES
from graphql_api.schema.types.user_pages import PEOPLE_PAGES
from graphql_api.schema.viewer import CannotReason, can, cannot
from graphql_api.services.permission import CHANGE


@strawberry.enum
class CommentOrderField(Enum):
    """What comments can be ordered by; the id breaks ties."""

    CREATED_AT = strawberry.enum_value("created_at", description="When it was written.")
    LIKES = strawberry.enum_value("like_count", description="How many users like it.")


@strawberry.enum
class MinimizedReason(Enum):
    """Why a comment is folded away, though everybody may open it."""

    ABUSE = strawberry.enum_value(models.MinimizedReason.ABUSE.value, description="It offends.")
    OFF_TOPIC = strawberry.enum_value(
        models.MinimizedReason.OFF_TOPIC.value, description="It is about something else."
    )
    OUTDATED = strawberry.enum_value(
        models.MinimizedReason.OUTDATED.value, description="It no longer holds."
    )
    RESOLVED = strawberry.enum_value(
        models.MinimizedReason.RESOLVED.value, description="It is settled."
    )
    DUPLICATE = strawberry.enum_value(
        models.MinimizedReason.DUPLICATE.value, description="It was said before."
    )
    SPAM = strawberry.enum_value(models.MinimizedReason.SPAM.value, description="It advertises.")


@strawberry.input
class CommentOrder:
    """An order of comments."""

    field: CommentOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which way."
    )


@strawberry.input
class CommentWhere:
    """Which comments to keep: those that meet every condition given."""

    parent: IDFilter | None = maybe("In reply to which: ids of comments.")
    author: IDFilter | None = maybe("By whom: ids of users.")
    created_at: DateTimeFilter | None = maybe("When it was written.")
    top_level_only: bool | None = maybe("No replies, when true.")

    def read(self) -> CommentFilter:
        """Check the filter and turn it into the loaders'."""
        return CommentFilter(
            parent=optional(ids_of("Comment"), self.parent),
            author=optional(ids_of("User"), self.author),
            created_at=optional(DateTimeFilter.read, self.created_at),
            top_level_only=bool(self.top_level_only),
        )


COMMENT_PAGES = Pages(
    ordering=Ordering(
        default=(Order("created_at"), Order("id")),
        columns={field: str(field.value) for field in CommentOrderField},
    ),
    order_by=argument(
        "order_by",
        list[CommentOrder] | None,
        "The order, one entry, whose ties the id breaks; oldest first when none is given.",
    ),
    around="Comment",
)
COMMENT_PAGES_OF_POST = dataclasses.replace(
    COMMENT_PAGES,
    where=argument("where", CommentWhere | None, "Which comments to keep."),
    read_where=CommentWhere.read,
)
COMMENT_PAGES_OF_USER = dataclasses.replace(COMMENT_PAGES, around=None)


@strawberry.type
class Comment(Node, Timestamped, Versioned, SoftDeletable, Likeable, Updatable, Deletable):
    """What someone says under a post, or in reply to another comment there.

    A deleted one stays in lists while a reply to it is seen, without its text and its author.
    """

    row = CommentRow

    database_id: BigInt = database_id_field()
    body: str = body_field()
    depth: int = plain("Steps up to the top of the thread; 0 for a comment that answers none.")
    author: LazyUser | None = one(
        UserById,
        key="author_id",
        description="Who wrote it; null for a guest, a user who is no more, and when deleted.",
    )
    guest_name: str | None = plain("The name that a guest gave; null for a user.")
    deleted_by: LazyUser | None = deleted_by_field()
    is_minimized: bool = set_field("minimized_reason", "Whether to fold it away at first.")
    minimized_reason: MinimizedReason | None = plain("Why it is folded away; null when it is not.")
    post: LazyPost = one(PostById, key="post_id", description="The post it stands under.")
    parent: LazyComment | None = one(
        CommentById, key="parent_id", description="The comment it answers; null at the top."
    )
    root: LazyComment = one(
        CommentById, key="root_id", description="The top of the thread; itself when it is that."
    )
    ancestors: list[LazyComment] = many(
        AncestorsByComment, key="id", description="The comments above, from the top down."
    )
    replies: LazyCommentConnection = page(
        RepliesByComment,
        key="id",
        total="reply_count",
        pages=COMMENT_PAGES,
        description="The direct replies, oldest first unless `orderBy` says otherwise.",
    )
    reply_count: int = plain("How many direct replies it has.")
    likers: LazyUserConnection = page(
        LikersByComment,
        key="id",
        total="like_count",
        pages=PEOPLE_PAGES,
        description="Who likes it, latest first.",
    )
    viewer_has_liked: bool = one(
        LikedComments, key="id", description="Whether the viewer likes it."
    )
    viewer_can_update: bool = can(CHANGE, "Whether the viewer may change it.")
    viewer_cannot_update_reasons: list[CannotReason] = cannot(
        CHANGE, "Why the viewer may not change it; empty where they may."
    )
    viewer_can_delete: bool = can(CHANGE, "Whether the viewer may delete it.")
    revisions: LazyRevisionConnection = page(
        RevisionsByComment, key="id", pages=REVISION_PAGES, description=REVISIONS
    )


@strawberry.type
class CommentEdge(EdgeOf[Comment]):
    """A comment in a list."""


@strawberry.type
class CommentConnection(ConnectionOf[Comment, CommentEdge]):
    """A page of comments."""
