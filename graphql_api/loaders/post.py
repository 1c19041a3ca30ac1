"""Posts by key, and lists of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from graphql_api.loaders.base import (
    IDS,
    TENANT,
    VIEWER,
    WORDS,
    AnySelect,
    OneLoader,
    Selected,
    readable,
    visible,
)
from graphql_api.loaders.filter import IdFilter, RangeFilter, TextFilter, among, array, unless
from graphql_api.loaders.page import PageLoader, Through
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
    published_at: datetime | None
    comment_count: int
    like_count: int
    view_count: int
    created_at: datetime
    updated_at: datetime
    version: int
    deleted_at: datetime | None
    deleted_by_id: int | None


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
    """No two of them alike."""
    published_at: RangeFilter | None = None
    like_count: RangeFilter | None = None
    language: TextFilter | None = None


class PostById(OneLoader[int, PostRow]):
    """Posts by id."""

    row = PostRow
    table = Post

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the posts among the ids that the viewer may read."""
        return select(Post.id, *columns).where(readable(Post), Post.id == IDS.any_())


class PostBySlug(OneLoader[str, PostRow]):
    """Posts by slug."""

    row = PostRow
    table = Post

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find such posts among the slugs; the unique index covers the living."""
        return select(Post.slug, *columns).where(
            readable(Post), Post.deleted_at.is_(None), Post.slug == WORDS.any_()
        )


class _PostPages(PageLoader[PostRow]):
    row = PostRow
    table = Post

    @staticmethod
    def condition(where: PostFilter) -> ColumnElement[bool]:
        """Turn the filter into SQL."""
        return and_(true(), *_conditions(where))

    @staticmethod
    def alternatives(where: PostFilter | None) -> Sequence[PostFilter | None]:
        """Give each alternative of an OR that all rows must meet, beside the other conditions."""
        parts = _conjuncts(where)
        for index, part in enumerate(parts):
            if part.any_of:
                rest = (*parts[:index], replace(part, any_of=None), *parts[index + 1 :])
                return [PostFilter(all_of=(*rest, one)) for one in part.any_of]
        return (where,)


class Posts(_PostPages):
    """All posts."""

    @staticmethod
    def through(where: PostFilter | None) -> Through | None:
        """Read the posts with some tags from the lists of these tags."""
        parts = _conjuncts(where)
        for index, part in enumerate(parts):
            if part.any_tags is not None:
                left = (*parts[:index], replace(part, any_tags=None), *parts[index + 1 :])
                return Through(PostsByTag, _tags(part.any_tags), PostFilter(all_of=left))
            if part.all_tags:
                tags = _tags(part.all_tags)
                found = tags.with_only_columns(func.count()).scalar_subquery()
                every = func.cardinality(array(part.all_tags, Tag.slug))
                rarest = tags.where(found == every).order_by(Tag.post_count)
                return Through(PostsByTag, rarest.limit(1), where)
        return None


class Drafts(_PostPages):
    """A user's posts that are not published, for that user alone."""

    parent = Post.author_id
    only = Post.status != literal_column("'published'")  # as the index has it

    @staticmethod
    def seen(table: Any) -> ColumnElement[bool]:
        """Select the viewer's own."""
        return and_(
            table.tenant_id == TENANT, table.author_id == VIEWER, table.deleted_at.is_(None)
        )


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
    only = PostTag.published_at.is_not(None)
    columns = {"id": PostTag.post_id, "published_at": PostTag.published_at}  # noqa: RUF012  # never changed


def _conjuncts(where: PostFilter | None) -> list[PostFilter]:
    """Flatten the filter into those that must all hold."""
    if where is None:
        return []
    below = [part for each in where.all_of for part in _conjuncts(each)]
    return [replace(where, all_of=()), *below]


def _conditions(where: PostFilter) -> Iterator[ColumnElement[bool]]:
    for part in where.all_of:
        yield _PostPages.condition(part)
    if where.any_of is not None:
        yield or_(not_(true()), *map(_PostPages.condition, where.any_of))
    if where.none_of is not None:
        yield unless(_PostPages.condition(where.none_of))
    for bounds, value in (
        (where.author, Post.author_id),
        (where.published_at, Post.published_at),
        (where.like_count, Post.like_count),
        (where.language, Post.language),
    ):
        if bounds is not None:
            yield from bounds.on(value)
    if where.category is not None:
        yield from where.category.on_visible(Post.category_id, Category)
    if where.any_tags is not None:
        marked = Post.id.in_(select(PostTag.post_id).where(_has_tag(where.any_tags)))
        yield marked.is_(true())  # no join: it would read all posts of the tags again for each walk
    if where.all_tags:
        marks = select(func.count()).where(_has_tag(where.all_tags), PostTag.post_id == Post.id)
        every = func.cardinality(array(where.all_tags, Tag.slug))
        yield marks.correlate(Post).scalar_subquery() == every


def _tags(slugs: Any) -> Select[int, int]:
    """Select the ids of tags beside the root of everything."""
    root: ColumnElement[int] = literal_column("0", BigInteger).label("root")
    return select(root, Tag.id).where(visible(Tag), among(Tag.slug, slugs))


def _has_tag(slugs: Any) -> ColumnElement[bool]:
    """Select the marks that tags of these slugs left on posts."""
    ids = _tags(slugs).with_only_columns(Tag.id)
    return and_(PostTag.tenant_id == TENANT, PostTag.tag_id.in_(ids))
