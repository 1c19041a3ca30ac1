"""Every loader that a field may use."""

from typing import Any, TypeAlias, TypeVar, get_type_hints

from graphql_api.loaders.account import EmailByUser
from graphql_api.loaders.base import BatchLoader, Columns
from graphql_api.loaders.category import (
    Categories,
    CategoryById,
    CategoryBySlug,
    ChildrenByCategory,
    PathByCategory,
)
from graphql_api.loaders.comment import (
    AncestorsByComment,
    CommentById,
    CommentsByAuthor,
    CommentsByPost,
    RepliesByComment,
)
from graphql_api.loaders.link import (
    BookmarkedPosts,
    FollowedTags,
    FollowedUsers,
    LikedComments,
    LikedPosts,
)
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.post import (
    Drafts,
    PostById,
    PostBySlug,
    Posts,
    PostsByAuthor,
    PostsByCategory,
    PostsByTag,
)
from graphql_api.loaders.revision import (
    AuditLog,
    RevisionById,
    RevisionsByComment,
    RevisionsByPost,
)
from graphql_api.loaders.tag import TagById, TagBySlug, Tags, TagsByPost
from graphql_api.loaders.tenant import TenantById
from graphql_api.loaders.user import (
    Authors,
    FollowersByUser,
    FollowingByUser,
    LikersByComment,
    LikersByPost,
    UserById,
    UserByUsername,
)

LoaderT = TypeVar("LoaderT", bound=BatchLoader[Any, Any])


class Loaders:
    """The loaders of one operation, each made when it is first asked for."""

    ancestors_by_comment: AncestorsByComment
    audit_log: AuditLog
    authors: Authors
    bookmarked_posts: BookmarkedPosts
    categories: Categories
    category_by_id: CategoryById
    category_by_slug: CategoryBySlug
    children_by_category: ChildrenByCategory
    comment_by_id: CommentById
    comments_by_author: CommentsByAuthor
    comments_by_post: CommentsByPost
    drafts: Drafts
    email_by_user: EmailByUser
    followed_tags: FollowedTags
    followed_users: FollowedUsers
    followers_by_user: FollowersByUser
    following_by_user: FollowingByUser
    liked_comments: LikedComments
    liked_posts: LikedPosts
    likers_by_comment: LikersByComment
    likers_by_post: LikersByPost
    path_by_category: PathByCategory
    post_by_id: PostById
    post_by_slug: PostBySlug
    posts: Posts
    posts_by_author: PostsByAuthor
    posts_by_category: PostsByCategory
    posts_by_tag: PostsByTag
    replies_by_comment: RepliesByComment
    revision_by_id: RevisionById
    revisions_by_comment: RevisionsByComment
    revisions_by_post: RevisionsByPost
    tag_by_id: TagById
    tag_by_slug: TagBySlug
    tags: Tags
    tags_by_post: TagsByPost
    tenant_by_id: TenantById
    user_by_id: UserById
    user_by_username: UserByUsername

    def __init__(
        self, operation: Operation, columns: Columns | None = None, made: "Made | None" = None
    ) -> None:
        self.operation = operation
        self._columns = columns
        self._made: Made = {} if made is None else made

    def of(self, kind: type[LoaderT], columns: Columns | None = None) -> LoaderT:
        """Return the operation's loader of a kind that gives records of these columns alone.

        Without columns it gives row objects: the loader that resolvers use.
        """
        found = self._made.get((kind, columns))
        if found is None:
            found = self._made[kind, columns] = kind(self.operation, columns)
        return found  # type: ignore[return-value]  # of the kind that it was kept by

    def selecting(self, columns: Columns | None) -> "Loaders":
        """Return the operation's loaders that give records of these columns alone."""
        return self if columns is None else Loaders(self.operation, columns, self._made)

    def forget(self) -> None:
        """Forget what was loaded, and what is on its way: something was changed."""
        for loader in self._made.values():
            loader.clear_all()

    async def close(self) -> None:
        """End what is under way for nobody, at the end of the operation."""
        await self.operation.close()

    def __getattr__(self, name: str) -> Any:  # the annotations above tell the types
        if name not in KINDS:
            raise AttributeError(name)
        loader = self.of(KINDS[name], self._columns)
        setattr(self, name, loader)
        return loader


Made: TypeAlias = dict[tuple[type[BatchLoader[Any, Any]], Columns | None], BatchLoader[Any, Any]]
"""The loaders that an operation asked for, by kind and columns."""


KINDS: dict[str, type[BatchLoader[Any, Any]]] = get_type_hints(Loaders)
"""The class of each loader, by its name in the registry."""
