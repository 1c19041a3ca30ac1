"""Rows for tests: published and visible unless told otherwise, and no two alike.

A method writes its row in one transaction and returns it as it was then: counters that change later
are not followed. What a row needs is made too unless it is given; any column can be given by name.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

from graphql_api.db.database import Database
from graphql_api.models import (
    DEFAULT_TENANT,
    Account,
    Action,
    Base,
    Bookmark,
    Category,
    Comment,
    CommentLike,
    CommentStatus,
    Post,
    PostLike,
    PostStatus,
    PostTag,
    Revision,
    Role,
    Tag,
    TagFollow,
    Tenant,
    User,
    UserFollow,
    Viewer,
)

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""Where the factories' clock starts; every row takes its next minute."""

RowT = TypeVar("RowT", bound=Base)


class Factory:
    """Makes rows through ``database``; of the default tenant, or of that of the rows given."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = count(1)

    async def tenant(self, **columns: object) -> Tenant:
        """Make another tenant."""
        number, _ = self._next()
        defaults = {"slug": f"tenant-{number}", "name": f"Tenant {number}"}
        return await self._add(Tenant(**defaults | columns))

    async def user(self, **columns: object) -> User:
        """Make a user."""
        number, now = self._next()
        defaults = {
            "tenant_id": DEFAULT_TENANT,
            "username": f"user-{number}",
            "display_name": f"User {number}",
            "created_at": now,
            "updated_at": now,
        }
        return await self._add(User(**defaults | columns))

    async def account(self, *, user: User | None = None, **columns: object) -> Account:
        """Let a user log in, as a reader."""
        user = user or await self.user()
        owner = {"tenant_id": user.tenant_id, "user_id": user.id}
        return await self._add(Account(**owner | columns))

    async def viewer(self, role: Role = Role.AUTHOR, *, user: User | None = None) -> Viewer:
        """Make a user of a role, and give whom they are as a viewer."""
        account = await self.account(user=user, role=role)
        return Viewer(account.tenant_id, account.user_id, role)

    async def category(self, *, parent: Category | None = None, **columns: object) -> Category:
        """Make a category; a root without ``parent``."""
        number, now = self._next()
        defaults = {
            "tenant_id": parent.tenant_id if parent else DEFAULT_TENANT,
            "parent_id": parent and parent.id,
            "slug": f"category-{number}",
            "name": f"Category {number}",
            "created_at": now,
            "updated_at": now,
        }
        return await self._add(Category(**defaults | columns))

    async def tag(self, **columns: object) -> Tag:
        """Make a tag."""
        number, now = self._next()
        defaults = {
            "tenant_id": DEFAULT_TENANT,
            "slug": f"tag-{number}",
            "name": f"Tag {number}",
            "created_at": now,
            "updated_at": now,
        }
        return await self._add(Tag(**defaults | columns))

    async def post(
        self,
        *,
        author: User | None = None,
        category: Category | None = None,
        tags: Sequence[Tag] = (),
        **columns: object,
    ) -> Post:
        """Make a post, published now by the factory's clock."""
        author = author or await self.user()
        number, now = self._next()
        text = f"Text of post {number}"
        defaults = {
            "tenant_id": author.tenant_id,
            "author_id": author.id,
            "category_id": category and category.id,
            "slug": f"post-{number}",
            "title": f"Post {number}",
            "excerpt": text,
            "body": text,
            "body_html": f"<p>{text}</p>",
            "body_text": text,
            "status": PostStatus.PUBLISHED,
            "published_at": now,
            "created_at": now,
            "updated_at": now,
        }
        post = await self._add(Post(**defaults | columns))
        for tag in tags:
            await self.post_tag(post=post, tag=tag)
        return post

    async def comment(
        self,
        *,
        post: Post | None = None,
        parent: Comment | None = None,
        author: User | None = None,
        **columns: object,
    ) -> Comment:
        """Make an approved comment; under the post of ``parent`` when that is given."""
        if parent is None:
            post = post or await self.post()
            place = {"tenant_id": post.tenant_id, "post_id": post.id}
        else:
            place = {"tenant_id": parent.tenant_id, "post_id": parent.post_id}
        author = author or await self.user(tenant_id=place["tenant_id"])
        number, now = self._next()
        text = f"Text of comment {number}"
        defaults = place | {
            "parent_id": parent and parent.id,
            "author_id": author.id,
            "body": text,
            "body_html": f"<p>{text}</p>",
            "body_text": text,
            "status": CommentStatus.APPROVED,
            "created_at": now,
            "updated_at": now,
        }
        return await self._add(Comment(**defaults | columns))

    async def post_tag(self, *, post: Post, tag: Tag) -> PostTag:
        """Mark a post with a tag."""
        return await self._add(PostTag(tenant_id=post.tenant_id, post_id=post.id, tag_id=tag.id))

    async def post_like(self, *, post: Post, user: User | None = None) -> PostLike:
        """Let a user like a post."""
        user = user or await self.user(tenant_id=post.tenant_id)
        _, now = self._next()
        return await self._add(
            PostLike(tenant_id=post.tenant_id, post_id=post.id, user_id=user.id, created_at=now)
        )

    async def bookmark(self, *, post: Post, user: User | None = None) -> Bookmark:
        """Let a user keep a post for later."""
        user = user or await self.user(tenant_id=post.tenant_id)
        return await self._add(Bookmark(tenant_id=post.tenant_id, post_id=post.id, user_id=user.id))

    async def comment_like(self, *, comment: Comment, user: User | None = None) -> CommentLike:
        """Let a user like a comment."""
        tenant_id = comment.tenant_id
        user = user or await self.user(tenant_id=tenant_id)
        _, now = self._next()
        return await self._add(
            CommentLike(tenant_id=tenant_id, comment_id=comment.id, user_id=user.id, created_at=now)
        )

    async def user_follow(self, *, followed: User, follower: User | None = None) -> UserFollow:
        """Let one user follow another."""
        tenant_id = followed.tenant_id
        follower = follower or await self.user(tenant_id=tenant_id)
        _, now = self._next()
        return await self._add(
            UserFollow(
                tenant_id=tenant_id,
                followed_id=followed.id,
                follower_id=follower.id,
                created_at=now,
            )
        )

    async def tag_follow(self, *, tag: Tag, user: User | None = None) -> TagFollow:
        """Let a user follow a tag."""
        user = user or await self.user(tenant_id=tag.tenant_id)
        _, now = self._next()
        return await self._add(
            TagFollow(tenant_id=tag.tenant_id, tag_id=tag.id, user_id=user.id, created_at=now)
        )

    async def revision(self, *, of: Post | Comment, **columns: object) -> Revision:
        """Note that something was done to a thing: an update of nothing, by its author."""
        _, now = self._next()
        defaults = {
            "tenant_id": of.tenant_id,
            "subject_type": type(of).__name__,
            "subject_id": of.id,
            "owner_id": of.author_id,
            "actor_id": of.author_id,
            "version": of.version,
            "action": Action.UPDATE,
            "changes": {},
            "snapshot": {},
            "created_at": now,
        }
        return await self._add(Revision(**defaults | columns))

    def _next(self) -> tuple[int, datetime]:
        number = next(self._numbers)
        return number, BEGINNING + timedelta(minutes=number)

    async def _add(self, row: RowT) -> RowT:
        async with self._database.transaction() as session:
            session.add(row)
        return row
