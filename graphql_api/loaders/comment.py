"""Comments by key, and lists of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    and_,
    case,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from graphql_api.loaders.base import (
    IDS,
    TENANT,
    AnySelect,
    ManyLoader,
    OneLoader,
    Selected,
    readable,
)
from graphql_api.loaders.filter import IdFilter, RangeFilter
from graphql_api.loaders.page import PageLoader
from graphql_api.models import Comment, Post, User


@dataclass(slots=True)
class CommentRow:
    """A comment as the schema reads it; the columns of ``comments`` with the same names.

    Of a deleted one, which stays as a mark, neither what it said nor who wrote it.
    """

    id: int
    post_id: int
    parent_id: int | None
    root_id: int
    depth: int
    author_id: int | None
    guest_name: str | None
    body: str
    body_html: str
    body_text: str
    reply_count: int
    like_count: int
    created_at: datetime
    updated_at: datetime
    version: int
    visible: bool
    minimized_reason: str | None
    deleted_at: datetime | None
    deleted_by_id: int | None


_LIVES = Comment.deleted_at.is_(None)
_NOTHING: ColumnElement[str] = literal_column("''")

MASKED: dict[str, Any] = {
    "body": case((_LIVES, Comment.body), else_=_NOTHING),
    "body_html": case((_LIVES, Comment.body_html), else_=_NOTHING),
    "body_text": case((_LIVES, Comment.body_text), else_=_NOTHING),
    "author_id": case((_LIVES, Comment.author_id)),
    "guest_name": case((_LIVES, Comment.guest_name)),
    # who deleted their own would be known as its author
    "deleted_by_id": case(
        (Comment.deleted_by_id.is_distinct_from(Comment.author_id), Comment.deleted_by_id)
    ),
}
"""What stands for the columns that a deleted comment does not show: for every loader of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentFilter:
    """Which comments of a list to keep: those that meet every condition given."""

    parent: IdFilter | None = None
    author: IdFilter | None = None
    created_at: RangeFilter | None = None
    top_level_only: bool = False


def _readable() -> ColumnElement[bool]:
    """Select what the viewer may read by its key: never without its post and its thread's top.

    What decides on hidden ones is read as values: for an EXISTS PostgreSQL could read whole tables.
    """
    top = aliased(Comment)
    of_post = select(readable(Post)).where(Post.id == Comment.post_id)
    of_top = select(readable(top)).where(top.id == Comment.root_id)
    around = [
        of_post.where(Post.tenant_id == TENANT).scalar_subquery(),
        of_top.where(top.tenant_id == TENANT).scalar_subquery(),
    ]
    return and_(readable(Comment), or_(Comment.visible, and_(*around)))


class CommentById(OneLoader[int, CommentRow]):
    """Comments by id."""

    row = CommentRow
    table = Comment
    columns = MASKED

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the comments among the ids that the viewer may read."""
        return select(Comment.id, *columns).where(_readable(), Comment.id == IDS.any_())


class AncestorsByComment(ManyLoader[int, CommentRow]):
    """The comments above a comment, from the root of its thread down."""

    row = CommentRow
    table = Comment
    columns = MASKED

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Climb from every key at once, a step a round."""
        climb = (
            select(Comment.id.label("start"), Comment.parent_id.label("next"))
            .where(_readable(), Comment.id == IDS.any_())
            .cte("climb", recursive=True)
        )
        step = _next(climb, true(), Comment.parent_id.label("next"))
        climb = climb.union_all(select(climb.c.start, step.c.next).join(step, true()))
        found = _next(climb, _readable(), *columns, Comment.depth.label("place"))
        chosen = list(found.c)[:-1]
        return (
            select(climb.c.start, *chosen)
            .join(found, true())
            .order_by(climb.c.start, found.c.place)
        )


def _next(climb: CTE, condition: ColumnElement[bool], *columns: ColumnElement[Any]) -> FromClause:
    """Select the comment that the climb reaches next, if it meets a condition.

    The LIMIT makes PostgreSQL look each up: it expects far more of them than there are, and for so
    many would read the whole table.
    """
    found = select(*columns).where(
        Comment.tenant_id == TENANT, Comment.id == climb.c.next, condition
    )
    return found.limit(literal_column("1")).lateral()


class _CommentPages(PageLoader[CommentRow]):
    row = CommentRow
    table = Comment
    columns = MASKED

    @staticmethod
    def condition(where: CommentFilter) -> ColumnElement[bool]:
        """Turn the filter into SQL."""
        return and_(true(), *_conditions(where))


class CommentsByPost(_CommentPages):
    """A post's comments, of all depths."""

    parent = Comment.post_id


class RepliesByComment(_CommentPages):
    """The direct replies to a comment."""

    parent = Comment.parent_id


class CommentsByAuthor(_CommentPages):
    """A user's comments, but for deleted ones: whose those were nobody is told."""

    parent = Comment.author_id
    only = _LIVES


def _conditions(where: CommentFilter) -> Iterator[ColumnElement[bool]]:
    if where.parent is not None:
        yield from where.parent.on(Comment.parent_id)
    if where.author is not None:
        yield _written(where.author)
    if where.created_at is not None:
        yield from where.created_at.on(Comment.created_at)
    if where.top_level_only:
        yield Comment.parent_id.is_(None)


def _written(by: IdFilter) -> ColumnElement[bool]:
    """Select by author as if deleted comments had none: ``none_of`` alone keeps them."""
    matches = and_(true(), *by.on_visible(Comment.author_id, User))
    if by.eq is None and by.any_of is None:
        return or_(Comment.deleted_at.is_not(None), matches)
    return and_(_LIVES, matches)
