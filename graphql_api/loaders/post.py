"""Posts by key, and lists of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, true

from graphql_api.loaders.base import IDS, WORDS, OneLoader, columns_of, visible
from graphql_api.loaders.filter import IdFilter, RangeFilter, TextFilter, among, unless
from graphql_api.loaders.page import PageLoader
from graphql_api.models import Category, Post, PostTag, Tag


@dataclass(slots=True)
class PostRow:
    """A post as the schema reads it; the columns of ``posts`` with the same names."""

    id: int
    author_id: int
    category_id: int | None
    slug: str
    title: str
    excerpt: str
    body: str
    body_html: str
    body_text: str
    language: str
    reading_minutes: int
    status: str
    published_at: datetime
    comment_count: int
    like_count: int
    view_count: int
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFilter:
    """Which posts of a list to keep: those that meet every condition given."""

    all_of: tuple["PostFilter", ...] = ()
    any_of: tuple["PostFilter", ...] | None = None
    none_of: "PostFilter | None" = None
    author: IdFilter | None = None
    category: IdFilter | None = None
    any_tags: tuple[str, ...] | None = None
    all_tags: tuple[str, ...] | None = None
    published_at: RangeFilter | None = None
    like_count: RangeFilter | None = None
    language: TextFilter | None = None


class PostById(OneLoader[int, PostRow]):
    """Posts by id."""

    row = PostRow

    @staticmethod
    def statement() -> Select[Any]:
        """Find the visible posts among the ids."""
        columns = columns_of(PostRow, Post)
        return select(Post.id, *columns).where(visible(Post), Post.id == IDS.any_())


class PostBySlug(OneLoader[str, PostRow]):
    """Posts by slug."""

    row = PostRow

    @staticmethod
    def statement() -> Select[Any]:
        """Find the visible posts among the slugs; the unique index covers the living."""
        columns = columns_of(PostRow, Post)
        return select(Post.slug, *columns).where(
            visible(Post), Post.deleted_at.is_(None), Post.slug == WORDS.any_()
        )


class _PostPages(PageLoader[PostRow]):
    row = PostRow
    table = Post

    @staticmethod
    def condition(where: PostFilter) -> ColumnElement[bool]:
        """Turn the filter into SQL."""
        return and_(true(), *_conditions(where))


class Posts(_PostPages):
    """All posts."""


class PostsByAuthor(_PostPages):
    """A user's posts."""

    parent = Post.author_id


class PostsByCategory(_PostPages):
    """A category's posts, and when deep those of its descendants."""

    parent = Post.category_id
    tree = Category


class PostsByTag(_PostPages):
    """The posts with a tag."""

    link = PostTag, and_(PostTag.tenant_id == Post.tenant_id, PostTag.post_id == Post.id)
    parent = PostTag.tag_id


def _conditions(where: PostFilter) -> Iterator[ColumnElement[bool]]:
    for part in where.all_of:
        yield _PostPages.condition(part)
    if where.any_of is not None:
        yield or_(not_(true()), *map(_PostPages.condition, where.any_of))
    if where.none_of is not None:
        yield unless(_PostPages.condition(where.none_of))
    for bounds, value in (
        (where.author, Post.author_id),
        (where.category, Post.category_id),
        (where.published_at, Post.published_at),
        (where.like_count, Post.like_count),
        (where.language, Post.language),
    ):
        if bounds is not None:
            yield from bounds.on(value)
    if where.any_tags is not None:
        yield Post.id.in_(_marked(where.any_tags))
    if where.all_tags:
        every = len(set(where.all_tags))
        marked = _marked(where.all_tags).group_by(PostTag.post_id)
        yield Post.id.in_(marked.having(func.count() == every))


def _marked(slugs: tuple[str, ...]) -> Select[int]:
    """Select the ids of posts with tags of these slugs, one row a post and tag."""
    return (
        select(PostTag.post_id)
        .join(Tag, and_(Tag.tenant_id == PostTag.tenant_id, Tag.id == PostTag.tag_id))
        .where(visible(Tag), among(Tag.slug, slugs))
    )
