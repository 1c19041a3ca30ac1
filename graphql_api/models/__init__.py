"""The tables, one module each."""

from graphql_api.models.base import DEFAULT_TENANT, Base
from graphql_api.models.category import Category
from graphql_api.models.comment import Comment, CommentLike, CommentStatus
from graphql_api.models.imported import ImportedItem
from graphql_api.models.post import Post, PostLike, PostStatus
from graphql_api.models.tag import PostTag, Tag, TagFollow
from graphql_api.models.tenant import Tenant
from graphql_api.models.user import User, UserFollow

__all__ = [
    "DEFAULT_TENANT",
    "Base",
    "Category",
    "Comment",
    "CommentLike",
    "CommentStatus",
    "ImportedItem",
    "Post",
    "PostLike",
    "PostStatus",
    "PostTag",
    "Tag",
    "TagFollow",
    "Tenant",
    "User",
    "UserFollow",
]
