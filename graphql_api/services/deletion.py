"""Deleting: softly, in acts that can each be undone as a whole (`services.restoration`).

A deletion of a post takes all of its living comments along, a moderator's of a comment the living
ones below. Whoever deletes their own comment takes nothing: others wrote the replies, and the
comment stays as a mark above them. All that goes in one act bears its `Deletion`.

The post is hidden before its comments go, so that they are counted out by levels and not one by
one; when it comes back, they come first.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    func,
    literal,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.orm import aliased

from graphql_api.models import Action, Category, Comment, Deletion, Post, Scope
from graphql_api.services.category import content_of as category_content
from graphql_api.services.change import Change, Writer, Written, differences
from graphql_api.services.comment import comment_to_change, hold_post_of
from graphql_api.services.comment import content_of as comment_content
from graphql_api.services.post import content_of, post_to_change
from graphql_api.services.problem import Code, RefusedError, Subject, ValidationProblem
from graphql_api.services.tagging import names_of
from graphql_api.services.trace import Trace
from graphql_api.services.versioned import check_version, missing

_TOKEN_BYTES = 32
# what `comment.content_of` gives, of rows that do not leave the database
_CONTENT = (
    *("body", Comment.body),
    *("status", func.upper(Comment.status)),
    *("minimizedReason", func.upper(Comment.minimized_reason)),
)


@dataclass(frozen=True, slots=True)
class Deleted:
    """What an act of deleting did."""

    subject: Subject
    undo_token: str
    cascaded: Mapping[str, int] = field(default_factory=dict)
    """How many of which type went along."""


async def delete_post(writer: Writer, post_id: int, expected_version: int | None = None) -> Deleted:
    """Delete a post, with all of its comments."""

    async def act(change: Change) -> Deleted:
        post = await post_to_change(change, post_id)
        subject = Subject("Post", post.id)
        content = content_of(post, await names_of(change, post.id))
        check_version(subject, post.version, expected_version, content, {})
        under_it = Comment.post_id == post.id
        await lock_comments(change, under_it)
        deletion, token = await _begun(change, subject)
        await _gone(change, post, subject, deletion, post.author_id, content)
        return Deleted(subject, token, _counted(await _take_comments(change, deletion, under_it)))

    return await writer.change(act)


async def delete_comment(
    writer: Writer, comment_id: int, expected_version: int | None = None
) -> Deleted:
    """Delete a comment, and for those who moderate all below it."""

    async def act(change: Change) -> Deleted:
        await hold_post_of(change, comment_id)
        comment = await comment_to_change(change, comment_id)
        subject = Subject("Comment", comment_id)
        check_version(subject, comment.version, expected_version, comment_content(comment), {})
        deletion, token = await _begun(change, subject)
        taken = Comment.id == comment_id
        if change.viewer.has(Scope.MODERATE):
            taken = Comment.id.in_(_thread(change, comment_id))
        n_taken = await _take_comments(change, deletion, taken)
        return Deleted(subject, token, _counted(n_taken - 1))

    return await writer.change(act)


async def delete_category(
    writer: Writer, category_id: int, expected_version: int | None = None
) -> Deleted:
    """Delete a category that has none below it; its posts stay, and show none meanwhile."""

    async def act(change: Change) -> Deleted:
        subject = Subject("Category", category_id)
        mine = Category.tenant_id == change.tenant_id
        living = mine, Category.deleted_at.is_(None)
        # not the weaker lock of other writers: whoever puts something below it waits for this
        found = select(Category).where(*living, Category.id == category_id).with_for_update()
        category = await change.session.scalar(found)
        if category is None:
            raise missing(subject)
        content = category_content(category)
        check_version(subject, category.version, expected_version, content, {})
        below = select(Category.id).where(*living, Category.parent_id == category_id).limit(1)
        if await change.session.scalar(below) is not None:
            said = "there are categories below this one: move or delete them first"
            raise RefusedError(ValidationProblem(message=said, code=Code.INVALID, path=("id",)))
        deletion, token = await _begun(change, subject)
        await _gone(change, category, subject, deletion, None, content)
        return Deleted(subject, token)

    return await writer.change(act)


async def lock_comments(change: Change, which: ColumnElement[bool]) -> None:
    """Lock many comments in the order of their ids, as all writers do."""
    ids = select(Comment.id).where(Comment.tenant_id == change.tenant_id, which)
    locked = ids.order_by(Comment.id).with_for_update(key_share=True).subquery("locked")
    await change.session.execute(select(func.count()).select_from(locked))


def changed_comments(change: Change, which: ColumnElement[bool], **columns: Any) -> CTE:
    """Change many comments, of which a trace can be left; their versions count up."""
    ids = select(Comment.id).where(Comment.tenant_id == change.tenant_id, which)
    taken = ids.order_by(Comment.id).with_for_update(key_share=True).cte("taken")
    changed = (
        update(Comment)
        .where(Comment.tenant_id == change.tenant_id, Comment.id == taken.c.id)
        .values(version=Comment.version + 1, **columns)
    )
    return changed.returning(
        Comment.id,
        Comment.author_id.label("owner_id"),
        Comment.version,
        func.jsonb_build_object(*_CONTENT).label("snapshot"),
    ).cte("changed")


async def traced(change: Change, changed: CTE, trace: Trace) -> int:
    """Run a statement that changes many rows, leave a trace of each, and count them."""
    counted = select(func.count()).select_from(changed).add_cte(*trace.left_by(changed))
    return (await change.session.execute(counted)).scalar_one()


def token_hash(token: str) -> bytes:
    """Hash a token that undoes a deletion; whatever a client sends has a hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def deleted_at(before: datetime | None, after: datetime | None) -> dict[str, list[str | None]]:
    """Say what a deletion changes, or a restoration."""
    return {"deletedAt": [None if each is None else each.isoformat() for each in (before, after)]}


def _counted(n_comments: int) -> dict[str, int]:
    return {"Comment": n_comments} if n_comments else {}


async def _begun(change: Change, subject: Subject) -> tuple[Deletion, str]:
    """Begin an act of deleting, and make the token that undoes it."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    deletion = Deletion(
        tenant_id=change.tenant_id,
        token_hash=token_hash(token),
        actor_id=change.viewer.user_id,
        subject_type=subject.type_name,
        subject_id=subject.number,
        created_at=change.now,
    )
    change.session.add(deletion)
    await change.session.flush()
    return deletion, token


async def _gone(
    change: Change,
    row: Post | Category,
    subject: Subject,
    deletion: Deletion,
    owner_id: int | None,
    content: Mapping[str, Any],
) -> None:
    """Delete one row."""
    row.deleted_at = change.now
    row.deleted_by_id = change.viewer.user_id
    row.deletion_id = deletion.id
    row.version += 1
    changes = differences({}, {"deletedAt": change.now})
    action = Action.SOFT_DELETE
    change.wrote(Written(subject, action, row.version, owner_id, changes, content))
    await change.session.flush()


async def _take_comments(change: Change, deletion: Deletion, which: ColumnElement[bool]) -> int:
    """Delete the living comments among ``which``, and count them."""
    changed = changed_comments(
        change,
        which & Comment.deleted_at.is_(None),
        deleted_at=change.now,
        deleted_by_id=change.viewer.user_id,
        deletion_id=deletion.id,
    )
    changes = deleted_at(None, change.now)
    return await traced(change, changed, Trace.of(change, "Comment", Action.SOFT_DELETE, changes))


def _thread(change: Change, comment_id: int) -> Select[int]:
    """Select the ids of a comment and all below it, deleted ones too.

    Each reply is found by an index: how many there are is more than a plan can know, and for as
    many as it expects it would read the whole table at every level. The OFFSET keeps it from that.
    """
    below = select(literal(comment_id, BigInteger).label("id")).cte("below", recursive=True)
    reply = aliased(Comment)
    replies = select(reply.id).where(
        reply.tenant_id == change.tenant_id, reply.parent_id == below.c.id
    )
    each = replies.offset(literal_column("0")).lateral("reply")
    return select(below.union_all(select(each.c.id).select_from(below.join(each, true()))).c.id)
