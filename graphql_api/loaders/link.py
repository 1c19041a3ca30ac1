"""What the viewer did to things: likes, follows, bookmarks. For nobody no statement is sent."""

from functools import cache
from typing import Any, ClassVar

from sqlalchemy import select

from graphql_api.db.statement import Compiled
from graphql_api.loaders.base import IDS, TENANT, VIEWER, BatchLoader, key_of
from graphql_api.models import NOBODY, Bookmark, CommentLike, PostLike, TagFollow, UserFollow


class LinkLoader(BatchLoader[int, bool]):
    """Whether the viewer has a row in a table of links, such as likes, to each key."""

    who: ClassVar[Any]
    """The column of the one who did it."""
    what: ClassVar[Any]
    """The column of what it was done to."""

    async def batch_load_fn(self, keys: list[int]) -> list[bool]:
        """Tell of each key, in the keys' order."""
        if self.operation.viewer.user_id == NOBODY:
            return [False] * len(keys)
        found = await self.fetch(_compiled(type(self)), {"keys": keys})  # type: ignore[arg-type]  # a class can be hashed
        return list(map(set(map(key_of, found)).__contains__, keys))


@cache
def _compiled(loader: type[LinkLoader]) -> Compiled:
    of_tenant = loader.what.class_.tenant_id == TENANT
    mine = select(loader.what).where(of_tenant, loader.who == VIEWER)
    return Compiled(mine.where(loader.what == IDS.any_()))


class LikedPosts(LinkLoader):
    """Whether the viewer likes a post."""

    who, what = PostLike.user_id, PostLike.post_id


class LikedComments(LinkLoader):
    """Whether the viewer likes a comment."""

    who, what = CommentLike.user_id, CommentLike.comment_id


class BookmarkedPosts(LinkLoader):
    """Whether the viewer keeps a post for later."""

    who, what = Bookmark.user_id, Bookmark.post_id


class FollowedUsers(LinkLoader):
    """Whether the viewer follows a user."""

    who, what = UserFollow.follower_id, UserFollow.followed_id


class FollowedTags(LinkLoader):
    """Whether the viewer follows a tag."""

    who, what = TagFollow.user_id, TagFollow.tag_id
