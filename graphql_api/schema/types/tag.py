"""Tags."""

import strawberry

from graphql_api.loaders.keyset import Order
from graphql_api.loaders.link import FollowedTags
from graphql_api.loaders.post import PostsByTag
from graphql_api.loaders.tag import TagRow
from graphql_api.schema.columns import plain
from graphql_api.schema.ordering import Ordering
from graphql_api.schema.pagination import Pages
from graphql_api.schema.relations import one, page
from graphql_api.schema.types.connection import ConnectionOf, EdgeOf
from graphql_api.schema.types.interface import Followable, Node
from graphql_api.schema.types.lazy import LazyPostConnection
from graphql_api.schema.types.post_input import POST_PAGES

TAG_PAGES = Pages(
    ordering=Ordering(default=(Order("name_key"), Order("id")), columns={}), backward=False
)


@strawberry.type
class Tag(Node, Followable):
    """A word that posts share."""

    row = TagRow

    name: str = plain("The word.")
    slug: str = plain("Its name in addresses; unique.")
    post_count: int = plain("How many published posts have it.")
    posts: LazyPostConnection = page(
        PostsByTag,
        key="id",
        total="post_count",
        pages=POST_PAGES,
        description="The posts with this tag, newest first unless `orderBy` says otherwise.",
    )
    viewer_is_following: bool = one(
        FollowedTags, key="id", description="Whether the viewer follows it."
    )


@strawberry.type
class TagEdge(EdgeOf[Tag]):
    """A tag in a list."""


@strawberry.type
class TagConnection(ConnectionOf[Tag, TagEdge]):
    """A page of tags."""
