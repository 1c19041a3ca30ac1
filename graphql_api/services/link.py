"""What people do to what others made, and may do no longer: like it, follow it, bookmark it.

Each is a row that is there or not: to ask for what is so already changes nothing, and is no error.
The triggers that count these rows lock who did it, then what it was done to; so does this first,
in the order that all writers take, and those who do the same at the same time only wait.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, delete, literal, null, select
from sqlalchemy.dialects.postgresql import insert

from graphql_api.models import (
    Action,
    Bookmark,
    Comment,
    CommentLike,
    Post,
    PostLike,
    Tag,
    TagFollow,
    User,
    UserFollow,
)
from graphql_api.services.change import Change, Writer, Written
from graphql_api.services.problem import RefusedError, Subject, ValidationProblem
from graphql_api.services.seen import seen_comment, seen_post
from graphql_api.services.versioned import missing


@dataclass(frozen=True, slots=True)
class _Links:
    """A table of links: the model, and the columns that say who did it, and to what."""

    model: Any
    who: str
    what: str

    def between(self, change: Change, number: int) -> dict[str, int]:
        """Give the columns of the viewer's link to a row."""
        return {"tenant_id": change.tenant_id, self.who: change.viewer.user_id, self.what: number}


_LIKES = {
    "Post": _Links(PostLike, "user_id", "post_id"),
    "Comment": _Links(CommentLike, "user_id", "comment_id"),
}
_FOLLOWS = {
    "User": _Links(UserFollow, "follower_id", "followed_id"),
    "Tag": _Links(TagFollow, "user_id", "tag_id"),
}
_BOOKMARKS = _Links(Bookmark, "user_id", "post_id")


async def set_like(writer: Writer, subject: Subject, *, on: bool) -> None:
    """Let the viewer like a post or comment, or no longer."""
    links, action = _LIKES[subject.type_name], Action.LIKE if on else Action.UNLIKE
    await _set(writer, links, subject, action, on=on)


async def set_follow(writer: Writer, subject: Subject, *, on: bool) -> None:
    """Let the viewer follow a user or tag, or no longer."""
    links, action = _FOLLOWS[subject.type_name], Action.FOLLOW if on else Action.UNFOLLOW
    if on and subject == Subject("User", writer.viewer.user_id):
        said = "nobody can follow themselves"
        raise RefusedError(ValidationProblem(message=said, path=("subjectId",)))
    await _set(writer, links, subject, action, on=on)


async def set_bookmark(writer: Writer, post_id: int, *, on: bool) -> None:
    """Let the viewer keep a post for later, or no longer; it is nobody else's business."""

    async def act(change: Change) -> None:
        found = select(Post.id).where(seen_post(change), Post.id == post_id)
        if await change.session.scalar(found.with_for_update(read=True, key_share=True)) is None:
            raise missing(Subject("Post", post_id), "subjectId")
        await _changed(change, _BOOKMARKS, post_id, on=on)

    await writer.change(act)


async def _set(
    writer: Writer, links: _Links, subject: Subject, action: Action, *, on: bool
) -> None:
    async def act(change: Change) -> None:
        owner_id, version = await _locked(change, subject)
        if await _changed(change, links, subject.number, on=on):
            change.wrote(Written(subject, action, version, owner_id))

    await writer.change(act)


async def _locked(change: Change, subject: Subject) -> tuple[int | None, int]:
    """Lock the viewer and the subject; return whose that is, and its version.

    Raises:
        RefusedError: there is none that the viewer may see.
    """
    people = {change.viewer.user_id} | ({subject.number} if subject.type_name == "User" else set())
    lock = select(User.id).where(User.tenant_id == change.tenant_id, User.id.in_(people))
    await change.session.execute(lock.order_by(User.id).with_for_update(key_share=True))
    model, owner, version, seen = _subjects(change)[subject.type_name]
    found = select(owner, version).where(seen, model.id == subject.number)
    locked = found.with_for_update(key_share=True, of=model)
    row = (await change.session.execute(locked)).one_or_none()
    if row is None:
        raise missing(subject, "subjectId")
    return row[0], row[1]


def _subjects(change: Change) -> dict[str, tuple[Any, Any, Any, ColumnElement[bool]]]:
    """Give for each type its model, the columns of owner and version, and what is seen of it."""
    nobody, no_version = null().cast(BigInteger), literal(0)
    return {
        "Post": (Post, Post.author_id, Post.version, seen_post(change)),
        "Comment": (Comment, Comment.author_id, Comment.version, seen_comment(change)),
        "User": (User, User.id, User.version, _living(User, change)),
        "Tag": (Tag, nobody, no_version, _living(Tag, change)),
    }


def _living(model: Any, change: Change) -> ColumnElement[bool]:
    return and_(model.tenant_id == change.tenant_id, model.deleted_at.is_(None))


async def _changed(change: Change, links: _Links, number: int, *, on: bool) -> bool:
    """Make or remove the viewer's link; tell whether that changed anything."""
    model, row = links.model, links.between(change, number)
    if on:
        made = insert(model).values(row).on_conflict_do_nothing()
        done = await change.session.execute(made.returning(model.created_at))
    else:
        gone = delete(model).filter_by(**row).returning(model.created_at)
        done = await change.session.execute(gone)
    return done.first() is not None
