"""How lists of posts are filtered and ordered."""

from enum import Enum

import strawberry

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.filter import conditions
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.post import PostFilter, Posts
from graphql_api.schema.arguments import argument
from graphql_api.schema.inputs import (
    DateTimeFilter,
    IDFilter,
    IntFilter,
    StringFilter,
    each,
    ids_of,
    maybe,
    optional,
)
from graphql_api.schema.ordering import OrderDirection, Ordering
from graphql_api.schema.pagination import Pages
from graphql_api.services.text import checked_text

MOST_LEVELS = 5
# building the SQL of a filter takes a millisecond a condition, up to five where it is of tags
MOST_PARTS = 20
MOST_CONDITIONS = 50


@strawberry.enum
class PostOrderField(Enum):
    """What posts can be ordered by; the id breaks ties."""

    PUBLISHED_AT = strawberry.enum_value("published_at", description="When it was published.")
    CREATED_AT = strawberry.enum_value("created_at", description="When it was first saved.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When it last changed.")
    LIKES = strawberry.enum_value("like_count", description="How many users like it.")
    VIEWS = strawberry.enum_value("view_count", description="How often it was read.")
    COMMENTS = strawberry.enum_value("comment_count", description="How many comments it has.")


@strawberry.input
class PostOrder:
    """An order of posts."""

    field: PostOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Which way."
    )


@strawberry.input
class PostWhere:
    """Which posts to keep: those that meet every condition given."""

    and_: list["PostWhere"] | None = maybe("Meets all of these.", name="AND")
    or_: list["PostWhere"] | None = maybe(
        "Meets one of these at least; none meet an empty list.", name="OR"
    )
    not_: "PostWhere | None" = maybe("Does not meet this.", name="NOT")
    author: IDFilter | None = maybe("By whom: ids of users.")
    category: IDFilter | None = maybe("Right in which category: ids of categories.")
    any_tags: list[str] | None = maybe("Has one of the tags with these slugs at least.")
    all_tags: list[str] | None = maybe("Has all of the tags with these slugs.")
    published_at: DateTimeFilter | None = maybe("When it was published.")
    like_count: IntFilter | None = maybe("How many users like it.")
    language: StringFilter | None = maybe("In which language, as BCP 47 has it, such as `en`.")

    def read(self) -> PostFilter:
        """Check the filter and turn it into the loaders'.

        Raises:
            BadUserInputError: it is too large, or a value in it cannot be used.
        """
        if self.parts() > MOST_PARTS:
            raise BadUserInputError(f"AND, OR and NOT hold at most {MOST_PARTS} filters in all")
        where = self._read(1)
        if sum(map(conditions, Posts.alternatives(where))) > MOST_CONDITIONS:
            raise BadUserInputError(
                f"a filter holds at most {MOST_CONDITIONS} conditions, where those that stand "
                "beside an OR count once for each of its entries"
            )
        return where

    def _read(self, depth: int) -> PostFilter:
        if depth > MOST_LEVELS:
            raise BadUserInputError(f"AND, OR and NOT nest at most {MOST_LEVELS} levels deep")

        def deeper(part: PostWhere) -> PostFilter:
            return part._read(depth + 1)

        return PostFilter(
            all_of=each(deeper, self.and_) or (),
            any_of=each(deeper, self.or_),
            none_of=optional(deeper, self.not_),
            author=optional(ids_of("User"), self.author),
            category=optional(ids_of("Category"), self.category),
            any_tags=each(checked_text, self.any_tags),
            all_tags=optional(_distinct, each(checked_text, self.all_tags)),
            published_at=optional(DateTimeFilter.read, self.published_at),
            like_count=optional(IntFilter.read, self.like_count),
            language=optional(StringFilter.read, self.language),
        )

    def parts(self) -> int:
        """Count the filters in this one, itself included."""
        below: list[PostWhere] = [
            *(self.and_ or ()),
            *(self.or_ or ()),
            *([self.not_] if self.not_ else ()),
        ]
        return 1 + sum(part.parts() for part in below)


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


POST_PAGES = Pages(
    ordering=Ordering(
        default=(Order("published_at", descending=True), Order("id", descending=True)),
        columns={field: str(field.value) for field in PostOrderField},
    ),
    where=argument("where", PostWhere | None, "Which posts to keep."),
    read_where=PostWhere.read,
    order_by=argument(
        "order_by",
        list[PostOrder] | None,
        "The order, one entry, whose ties the id breaks; newest first when none is given.",
    ),
)
