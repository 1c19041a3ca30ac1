"""Users by key, and lists of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute

from graphql_api.loaders.base import IDS, WORDS, AnySelect, OneLoader, Selected, visible
from graphql_api.loaders.page import PageLoader
from graphql_api.models import CommentLike, PostLike, User, UserFollow

Column = InstrumentedAttribute[int]


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
    version: int


@dataclass(slots=True)
class UserSinceRow(UserRow):
    """A user in a list of people who did something, such as liking a post."""

    since: datetime
    """When they did."""


class UserById(OneLoader[int, UserRow]):
    """Users by id."""

    row = UserRow
    table = User

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the living users among the ids."""
        return select(User.id, *columns).where(visible(User), User.id == IDS.any_())


class UserByUsername(OneLoader[str, UserRow]):
    """Users by username, in lower case."""

    row = UserRow
    table = User

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the living users among the names."""
        return select(User.username, *columns).where(visible(User), User.username == WORDS.any_())


class Authors(PageLoader[UserRow]):
    """Users with something published."""

    row = UserRow
    table = User
    only = User.post_count > literal_column("0")  # as the indexes have it: no parameter matches


class _People(PageLoader[UserSinceRow]):
    """Users that rows of another table name, such as likes, in the order of those rows."""

    row = UserSinceRow
    table = User

    def __init_subclass__(cls, who: Column, parent: Column) -> None:
        """Lead from ``parent`` to ``who``, two columns of that table."""
        links = who.class_
        cls.link = links, and_(links.tenant_id == User.tenant_id, who == User.id)
        cls.parent = parent
        cls.columns = {"id": who, "since": links.created_at}


class LikersByPost(_People, who=PostLike.user_id, parent=PostLike.post_id):
    """Who likes a post."""


class LikersByComment(_People, who=CommentLike.user_id, parent=CommentLike.comment_id):
    """Who likes a comment."""


class FollowersByUser(_People, who=UserFollow.follower_id, parent=UserFollow.followed_id):
    """Who follows a user."""


class FollowingByUser(_People, who=UserFollow.followed_id, parent=UserFollow.follower_id):
    """Whom a user follows."""
