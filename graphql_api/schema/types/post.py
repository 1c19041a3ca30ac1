"""Posts."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from graphql_api import models
from graphql_api.errors import BadUserInputError
from graphql_api.loaders.category import CategoryById
from graphql_api.loaders.comment import CommentsByPost
from graphql_api.loaders.link import BookmarkedPosts, LikedPosts
from graphql_api.loaders.post import PostRow
from graphql_api.loaders.revision import RevisionsByPost
from graphql_api.loaders.tag import TagsByPost
from graphql_api.loaders.user import LikersByPost, UserById
from graphql_api.schema.columns import computed, plain
from graphql_api.schema.relations import one, page
from graphql_api.schema.scalars import BigInt
from graphql_api.schema.types.body import body_field
from graphql_api.schema.types.comment import COMMENT_PAGES_OF_POST
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
)
from graphql_api.schema.types.lazy import (
    LazyCategory,
    LazyCommentConnection,
    LazyRevisionConnection,
    LazyTagConnection,
    LazyUser,
    LazyUserConnection,
)
from graphql_api.schema.types.revision_pages import REVISION_PAGES
from graphql_api.schema.types.tag import TAG_PAGES
from graphql_api.schema.types.user_pages import PEOPLE_PAGES
from graphql_api.schema.viewer import CannotReason, can, cannot
from graphql_api.services.permission import CHANGE
from graphql_api.services.text import excerpt

DEFAULT_EXCERPT = 200
LONGEST_EXCERPT = 500

Length = Annotated[
    int | None, strawberry.argument(description="How many characters at most: 1 to 500.")
]


@strawberry.enum
class PostStatus(Enum):
    """Where a post stands; the public sees published ones alone."""

    DRAFT = strawberry.enum_value(models.PostStatus.DRAFT.value, description="Being written.")
    SCHEDULED = strawberry.enum_value(
        models.PostStatus.SCHEDULED.value, description="Will be published at `publishedAt`."
    )
    PUBLISHED = strawberry.enum_value(
        models.PostStatus.PUBLISHED.value, description="Seen by everybody."
    )
    ARCHIVED = strawberry.enum_value(
        models.PostStatus.ARCHIVED.value, description="Kept, but no longer seen."
    )


def _excerpt(stored: str, length: Length = DEFAULT_EXCERPT) -> str:
    """Cut the stored excerpt at a word's end."""
    most = DEFAULT_EXCERPT if length is None else length
    if not 1 <= most <= LONGEST_EXCERPT:
        raise BadUserInputError(f"'length' must lie between 1 and {LONGEST_EXCERPT}, but is {most}")
    return excerpt(stored, most)


@strawberry.type
class Post(Node, Timestamped, Versioned, SoftDeletable, Likeable, Updatable, Deletable):
    """An article."""

    row = PostRow

    database_id: BigInt = database_id_field()
    slug: str = plain("Its name in addresses; unique.")
    title: str = plain("The headline; may be empty.")
    excerpt: str = computed(
        _excerpt,
        reads=("excerpt",),
        description="The beginning of the text, or what its author chose for lists.",
    )
    body: str = body_field()
    status: PostStatus = plain("Where it stands.")
    published_at: datetime | None = plain("When it was published.")
    reading_minutes: int = plain("How long reading takes, in minutes, 1 at least.")
    language: str = plain("The language it is in, as BCP 47 has it, such as `en`.")
    author: LazyUser = one(UserById, key="author_id", description="Who wrote it.")
    category: LazyCategory | None = one(
        CategoryById, key="category_id", description="The shelf it stands on."
    )
    tags: LazyTagConnection = page(
        TagsByPost, key="id", pages=TAG_PAGES, description="Its tags, by name."
    )
    comments: LazyCommentConnection = page(
        CommentsByPost,
        key="id",
        total="comment_count",
        pages=COMMENT_PAGES_OF_POST,
        description="Its comments of all depths, oldest first unless `orderBy` says otherwise.",
    )
    comment_count: int = plain("How many comments it has, of all depths.")
    deleted_by: LazyUser | None = deleted_by_field()
    view_count: BigInt = plain("How often it was read.")
    likers: LazyUserConnection = page(
        LikersByPost,
        key="id",
        total="like_count",
        pages=PEOPLE_PAGES,
        description="Who likes it, latest first.",
    )
    viewer_has_liked: bool = one(LikedPosts, key="id", description="Whether the viewer likes it.")
    viewer_has_bookmarked: bool = one(
        BookmarkedPosts, key="id", description="Whether the viewer keeps it for later."
    )
    viewer_can_update: bool = can(CHANGE, "Whether the viewer may change it.")
    viewer_cannot_update_reasons: list[CannotReason] = cannot(
        CHANGE, "Why the viewer may not change it; empty where they may."
    )
    viewer_can_delete: bool = can(CHANGE, "Whether the viewer may delete it.")
    revisions: LazyRevisionConnection = page(
        RevisionsByPost, key="id", pages=REVISION_PAGES, description=REVISIONS
    )


@strawberry.type
class PostEdge(EdgeOf[Post]):
    """A post in a list."""


@strawberry.type
class PostConnection(ConnectionOf[Post, PostEdge]):
    """A page of posts."""
