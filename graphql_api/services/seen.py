"""What a viewer may see, for those who change it: the notion of `loaders.base.readable`.

A service asks it of the row that it locks, so that what is hidden meanwhile counts as hidden.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import aliased

from graphql_api.models import Comment, Post, Scope
from graphql_api.services.change import Change


def seen_post(change: Change) -> ColumnElement[bool]:
    """Select the living posts that are visible, the viewer's own, or a moderator's to see."""
    return and_(
        Post.tenant_id == change.tenant_id,
        Post.deleted_at.is_(None),
        or_(Post.visible, _theirs(change, Post.author_id)),
    )


def seen_comment(change: Change) -> ColumnElement[bool]:
    """Select the living comments that are visible, or such in a thread that the viewer sees."""
    under_it = select(Post.id).where(seen_post(change), Post.id == Comment.post_id).exists()
    top = aliased(Comment)
    below_it = select(top.id).where(
        top.tenant_id == change.tenant_id,
        top.id == Comment.root_id,
        or_(top.visible, and_(top.deleted_at.is_(None), _theirs(change, top.author_id))),
    )
    theirs = and_(_theirs(change, Comment.author_id), under_it, below_it.exists())
    return and_(
        Comment.tenant_id == change.tenant_id,
        Comment.deleted_at.is_(None),
        or_(Comment.visible, theirs),
    )


def _theirs(change: Change, owner_id: Any) -> ColumnElement[bool]:  # a column
    if change.viewer.has(Scope.MODERATE):
        return true()
    mine: ColumnElement[bool] = owner_id == change.viewer.user_id
    return mine
