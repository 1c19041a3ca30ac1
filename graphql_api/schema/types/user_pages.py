"""How lists of people are paged and ordered."""

from enum import Enum

import strawberry

from graphql_api.loaders.keyset import Order
from graphql_api.schema.arguments import argument
from graphql_api.schema.ordering import OrderDirection, Ordering
from graphql_api.schema.pagination import Pages


@strawberry.enum
class AuthorOrderField(Enum):
    """What authors can be ordered by; the id breaks ties."""

    NAME = strawberry.enum_value("name_key", description="Their display name, in lower case.")
    POSTS = strawberry.enum_value("post_count", description="How many posts they published.")
    FOLLOWERS = strawberry.enum_value("follower_count", description="How many users follow them.")
    LATEST_POST = strawberry.enum_value(
        "latest_post_at", description="When they last published a post."
    )


@strawberry.input
class AuthorOrder:
    """An order of authors."""

    field: AuthorOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which way."
    )


AUTHOR_PAGES = Pages(
    ordering=Ordering(
        default=(Order("name_key"), Order("id")),
        columns={field: str(field.value) for field in AuthorOrderField},
    ),
    order_by=argument(
        "order_by",
        list[AuthorOrder] | None,
        "The order, one entry, whose ties the id breaks; by name when none is given.",
    ),
)

# people who did something, such as liking a post: the last to do it first
PEOPLE_PAGES = Pages(
    ordering=Ordering(
        default=(Order("since", descending=True), Order("id", descending=True)), columns={}
    )
)
