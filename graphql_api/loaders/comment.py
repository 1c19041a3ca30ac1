"""Comments by key, and lists of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, literal_column, select, true

from graphql_api.loaders.base import IDS, AnySelect, ManyLoader, OneLoader, Selected, visible
from graphql_api.loaders.filter import IdFilter, RangeFilter
from graphql_api.loaders.page import PageLoader
from graphql_api.models import Comment, User


@dataclass(slots=True)
class CommentRow:
    """A comment as the schema reads it; the columns of ``comments`` with the same names."""

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
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentFilter:
    """Which comments of a list to keep: those that meet every condition given."""

    parent: IdFilter | None = None
    author: IdFilter | None = None
    created_at: RangeFilter | None = None
    top_level_only: bool = False


class CommentById(OneLoader[int, CommentRow]):
    """Comments by id."""

    row = CommentRow
    table = Comment

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the visible comments among the ids."""
        return select(Comment.id, *columns).where(visible(Comment), Comment.id == IDS.any_())


class AncestorsByComment(ManyLoader[int, CommentRow]):
    """The comments above a comment, from the root of its thread down."""

    row = CommentRow
    table = Comment

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Climb from every key at once, a step a round."""
        climb = (
            select(Comment.id.label("start"), Comment.parent_id.label("next"))
            .where(visible(Comment), Comment.id == IDS.any_())
            .cte("climb", recursive=True)
        )
        step = _next(climb, Comment.parent_id.label("next"))
        climb = climb.union_all(select(climb.c.start, step.c.next).join(step, true()))
        found = _next(climb, *columns, Comment.depth.label("place"))
        chosen = list(found.c)[:-1]
        return (
            select(climb.c.start, *chosen)
            .join(found, true())
            .order_by(climb.c.start, found.c.place)
        )


def _next(climb: CTE, *columns: ColumnElement[Any]) -> FromClause:
    """Select the comment that the climb reaches next.

    The LIMIT makes PostgreSQL look each up: it expects far more of them than there are, and for so
    many would read the whole table.
    """
    found = select(*columns).where(visible(Comment), Comment.id == climb.c.next)
    return found.limit(literal_column("1")).lateral()


class _CommentPages(PageLoader[CommentRow]):
    row = CommentRow
    table = Comment

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
    """A user's comments."""

    parent = Comment.author_id


def _conditions(where: CommentFilter) -> Iterator[ColumnElement[bool]]:
    if where.parent is not None:
        yield from where.parent.on(Comment.parent_id)
    if where.author is not None:
        yield from where.author.on_visible(Comment.author_id, User)
    if where.created_at is not None:
        yield from where.created_at.on(Comment.created_at)
    if where.top_level_only:
        yield Comment.parent_id.is_(None)
