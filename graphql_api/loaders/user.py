"""Users by key, and lists of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, literal_column, select

from graphql_api.loaders.base import IDS, WORDS, OneLoader, columns_of, visible
from graphql_api.loaders.page import PageLoader
from graphql_api.models import CommentLike, PostLike, User, UserFollow


@dataclass(slots=True)
class UserRow:
    """A user as the schema reads it; the columns of ``users`` with the same names."""

    id: int
    username: str
    display_name: str
    name_key: str
    bio: str | None
    avatar_url: str | None
    post_count: int
    latest_post_at: datetime | None
    follower_count: int
    following_count: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class UserSinceRow(UserRow):
    """A user in a list of people who did something, such as liking a post."""

    since: datetime
    """When they did."""


class UserById(OneLoader[int, UserRow]):
    """Users by id."""

    row = UserRow

    @staticmethod
    def statement() -> Select[Any]:
        """Find the living users among the ids."""
        columns = columns_of(UserRow, User)
        return select(User.id, *columns).where(visible(User), User.id == IDS.any_())


class UserByUsername(OneLoader[str, UserRow]):
    """Users by username, in lower case."""

    row = UserRow

    @staticmethod
    def statement() -> Select[Any]:
        """Find the living users among the names."""
        columns = columns_of(UserRow, User)
        return select(User.username, *columns).where(visible(User), User.username == WORDS.any_())


class Authors(PageLoader[UserRow]):
    """Users with something published."""

    row = UserRow
    table = User
    only = User.post_count > literal_column("0")  # as the indexes have it: no parameter matches


class LikersByPost(PageLoader[UserSinceRow]):
    """Who likes a post."""

    row = UserSinceRow
    table = User
    link = PostLike, and_(PostLike.tenant_id == User.tenant_id, PostLike.user_id == User.id)
    parent = PostLike.post_id
    columns = {"id": PostLike.user_id, "since": PostLike.created_at}  # noqa: RUF012  # never changed


class LikersByComment(PageLoader[UserSinceRow]):
    """Who likes a comment."""

    row = UserSinceRow
    table = User
    link = (
        CommentLike,
        and_(CommentLike.tenant_id == User.tenant_id, CommentLike.user_id == User.id),
    )
    parent = CommentLike.comment_id
    columns = {"id": CommentLike.user_id, "since": CommentLike.created_at}  # noqa: RUF012  # never changed


class FollowersByUser(PageLoader[UserSinceRow]):
    """Who follows a user."""

    row = UserSinceRow
    table = User
    link = (
        UserFollow,
        and_(UserFollow.tenant_id == User.tenant_id, UserFollow.follower_id == User.id),
    )
    parent = UserFollow.followed_id
    columns = {"id": UserFollow.follower_id, "since": UserFollow.created_at}  # noqa: RUF012  # never changed


class FollowingByUser(PageLoader[UserSinceRow]):
    """Whom a user follows."""

    row = UserSinceRow
    table = User
    link = (
        UserFollow,
        and_(UserFollow.tenant_id == User.tenant_id, UserFollow.followed_id == User.id),
    )
    parent = UserFollow.follower_id
    columns = {"id": UserFollow.followed_id, "since": UserFollow.created_at}  # noqa: RUF012  # never changed
