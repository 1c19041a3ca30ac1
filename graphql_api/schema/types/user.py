"""Users."""

from datetime import datetime

import strawberry

from graphql_api.loaders.comment import CommentsByAuthor
from graphql_api.loaders.link import FollowedUsers
from graphql_api.loaders.post import PostsByAuthor
from graphql_api.loaders.user import FollowersByUser, FollowingByUser, UserRow
from graphql_api.schema.columns import plain
from graphql_api.schema.owned import email
from graphql_api.schema.relations import one, page
from graphql_api.schema.scalars import URI, BigInt
from graphql_api.schema.types.comment import COMMENT_PAGES_OF_USER
from graphql_api.schema.types.connection import ConnectionOf, EdgeOf
from graphql_api.schema.types.interface import Followable, Node, Timestamped, database_id_field
from graphql_api.schema.types.lazy import (
    LazyCommentConnection,
    LazyPostConnection,
    LazyUserConnection,
)
from graphql_api.schema.types.post_input import POST_PAGES
from graphql_api.schema.types.user_pages import PEOPLE_PAGES


@strawberry.type
class User(Node, Timestamped, Followable):
    """Someone who writes, reads and reacts."""

    row = UserRow

    database_id: BigInt = database_id_field()
    username: str = plain("The name in addresses; unique, in lower case.")
    display_name: str = plain("The name that people see.")
    bio: str | None = plain("What they say about themselves.")
    avatar_url: URI | None = plain("Their picture.")
    email: str | None = email()
    posts: LazyPostConnection = page(
        PostsByAuthor,
        key="id",
        total="post_count",
        pages=POST_PAGES,
        description="What they published, newest first unless `orderBy` says otherwise.",
    )
    comments: LazyCommentConnection = page(
        CommentsByAuthor,
        key="id",
        pages=COMMENT_PAGES_OF_USER,
        description="What they said, oldest first unless `orderBy` says otherwise.",
    )
    followers: LazyUserConnection = page(
        FollowersByUser,
        key="id",
        total="follower_count",
        pages=PEOPLE_PAGES,
        description="Who follows them, latest first.",
    )
    following: LazyUserConnection = page(
        FollowingByUser,
        key="id",
        total="following_count",
        pages=PEOPLE_PAGES,
        description="Whom they follow, latest first.",
    )
    following_count: int = plain("How many users they follow.")
    viewer_is_following: bool = one(
        FollowedUsers, key="id", description="Whether the viewer follows them."
    )
    post_count: int = plain("How many posts they published.")
    latest_post_at: datetime | None = plain("When they last published a post.")
    version: int = plain("Counts changes of the profile; `updateProfile` names the one it saw.")


@strawberry.type
class UserEdge(EdgeOf[User]):
    """A user in a list."""

    since: datetime | None = plain(
        "When they came into the list, such as when they liked the post; null in lists of all."
    )


@strawberry.type
class UserConnection(ConnectionOf[User, UserEdge]):
    """A page of users."""
