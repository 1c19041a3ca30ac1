"""The tables, one module each."""

from graphql_api.models.account import Account, LoginFailure, RefreshToken, Role
from graphql_api.models.base import DEFAULT_TENANT, Base
from graphql_api.models.category import Category
from graphql_api.models.change import Action, Deletion, IdempotencyKey, OutboxEvent, Revision
from graphql_api.models.comment import Comment, CommentLike, CommentStatus, MinimizedReason
from graphql_api.models.document import PersistedDocument
from graphql_api.models.imported import ImportedItem
from graphql_api.models.post import Bookmark, Post, PostLike, PostStatus
from graphql_api.models.tag import PostTag, Tag, TagFollow
from graphql_api.models.tenant import Tenant
from graphql_api.models.user import User, UserFollow
from graphql_api.models.viewer import NOBODY, SCOPES, Scope, Viewer

__all__ = [
    "DEFAULT_TENANT",
    "NOBODY",
    "SCOPES",
    "Account",
    "Action",
    "Base",
    "Bookmark",
    "Category",
    "Comment",
    "CommentLike",
    "CommentStatus",
    "Deletion",
    "IdempotencyKey",
    "ImportedItem",
    "LoginFailure",
    "MinimizedReason",
    "OutboxEvent",
    "PersistedDocument",
    "Post",
    "PostLike",
    "PostStatus",
    "PostTag",
    "RefreshToken",
    "Revision",
    "Role",
    "Scope",
    "Tag",
    "TagFollow",
    "Tenant",
    "User",
    "UserFollow",
    "Viewer",
]
