"""Tags by key, and lists of them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, and_, func, select

from graphql_api.loaders.base import IDS, WORDS, AnySelect, OneLoader, Selected, visible
from graphql_api.loaders.filter import bound, prefixed
from graphql_api.loaders.page import PageLoader
from graphql_api.models import PostTag, Tag


@dataclass(slots=True)
class TagRow:
    """A tag as the schema reads it; the columns of ``tags`` with the same names."""

    id: int
    slug: str
    name: str
    name_key: str
    post_count: int
    follower_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFilter:
    """Which tags of a list to keep."""

    starts_with: str
    """The beginning of the name, in any case."""


class TagById(OneLoader[int, TagRow]):
    """Tags by id."""

    row = TagRow
    table = Tag

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the living tags among the ids."""
        return select(Tag.id, *columns).where(visible(Tag), Tag.id == IDS.any_())


class TagBySlug(OneLoader[str, TagRow]):
    """Tags by slug."""

    row = TagRow
    table = Tag

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the living tags among the slugs."""
        return select(Tag.slug, *columns).where(visible(Tag), Tag.slug == WORDS.any_())


class Tags(PageLoader[TagRow]):
    """All tags."""

    row = TagRow
    table = Tag

    @staticmethod
    def condition(where: TagFilter) -> ColumnElement[bool]:
        """Turn the filter into SQL; the database's own ``lower`` made the column."""
        return and_(*prefixed(Tag.name_key, func.lower(bound(where.starts_with, Text()))))


class TagsByPost(PageLoader[TagRow]):
    """A post's tags."""

    row = TagRow
    table = Tag
    link = PostTag, and_(PostTag.tenant_id == Tag.tenant_id, PostTag.tag_id == Tag.id)
    parent = PostTag.post_id
