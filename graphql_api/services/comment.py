"""Writing comments."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from graphql_api.models import Action, Comment, CommentStatus, MinimizedReason, Post
from graphql_api.services.change import Change, Writer, Written, checked_key, differences
from graphql_api.services.check import Checks
from graphql_api.services.problem import Code, RefusedError, Subject, ValidationProblem
from graphql_api.services.rendering import rendered_words
from graphql_api.services.seen import seen_comment, seen_post
from graphql_api.services.versioned import check_version, missing, wrote_version

LONGEST_BODY = 10_000
DEEPEST = 100
"""Steps from the top of a thread to a reply that can be written; imports may go deeper."""

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """What a comment begins with."""

    post_id: int
    parent_id: int | None = None
    body: str


async def add_comment(writer: Writer, given: NewComment, *, key: str | None = None) -> int:
    """Comment on a post, or answer a comment there; return its id, the same one for a ``key``."""
    key = checked_key(key)
    body = await _checked_body(given.body)

    async def act(change: Change) -> int:
        async def insert_it() -> dict[str, int]:
            await _hold_open_post(change, given.post_id)
            if given.parent_id is not None:
                await _check_parent(change, given.post_id, given.parent_id)
            comment = await _inserted(change, given, body)
            after = content_of(comment)
            subject = Subject("Comment", comment.id)
            created = Written(
                subject,
                Action.CREATE,
                comment.version,
                comment.author_id,
                differences({}, after),
                after,
            )
            change.wrote(created)
            return {"comment_id": comment.id}

        asked = {"mutation": "addComment", **asdict(given)}
        return (await change.once(key, asked, insert_it))["comment_id"]

    return await writer.change(act)


async def update_comment(writer: Writer, comment_id: int, expected_version: int, body: str) -> int:
    """Change what a comment says, and return its id."""
    columns = await _checked_body(body)

    async def act(change: Change) -> int:
        comment = await comment_to_change(change, comment_id)
        sent = {"body": columns["body"]}
        subject = Subject("Comment", comment.id)
        check_version(subject, comment.version, expected_version, content_of(comment), sent)
        return _set(change, comment, columns)

    return await writer.change(act)


async def approve_comment(writer: Writer, comment_id: int) -> int:
    """Let a comment be seen by everybody, as far as its post is; safe to repeat."""

    async def act(change: Change) -> int:
        await hold_post_of(change, comment_id)
        comment = await comment_to_change(change, comment_id, path="subjectId")
        return _set(change, comment, {"status": CommentStatus.APPROVED.value})

    return await writer.change(act)


async def minimize_comment(writer: Writer, comment_id: int, reason: MinimizedReason) -> int:
    """Have a comment folded away, though everybody may open it; safe to repeat."""

    async def act(change: Change) -> int:
        comment = await comment_to_change(change, comment_id)
        return _set(change, comment, {"minimized_reason": reason.value})

    return await writer.change(act)


async def comment_to_change(change: Change, comment_id: int, *, path: str = "id") -> Comment:
    """Lock a comment; whoever changes more of it than what it says holds its post before.

    Raises:
        RefusedError: there is none, or the viewer may not change it.
    """
    found = select(Comment).where(seen_comment(change), Comment.id == comment_id)
    comment = await change.session.scalar(found.with_for_update(key_share=True, of=Comment))
    if comment is None:
        raise missing(Subject("Comment", comment_id), path)
    change.must_own(comment.author_id)
    return comment


def content_of(comment: Comment) -> dict[str, Any]:
    """Give what people write of a comment, by GraphQL's names."""
    reason = comment.minimized_reason
    return {
        "body": comment.body,
        "status": comment.status.upper(),
        "minimizedReason": reason and reason.upper(),
    }


async def _checked_body(given: str) -> Columns:
    """Check a text and render it; give the columns that hold it."""
    checks = Checks()
    source = checks.text("body", given, most=LONGEST_BODY)
    checks.done()
    safe = await rendered_words(source)
    return {"body": source, "body_html": safe.html, "body_text": safe.text}


async def _hold_open_post(change: Change, post_id: int) -> None:
    """Lock the post that a comment is for, so that what is visible under it stays so.

    Raises:
        RefusedError: there is none, or it is not published.
    """
    found = select(Post.visible).where(seen_post(change), Post.id == post_id)
    visible = await change.session.scalar(found.with_for_update(key_share=True))
    if visible is None:
        raise missing(Subject("Post", post_id), "postId")
    if not visible:
        said = "only a published post takes comments"
        raise RefusedError(ValidationProblem(message=said, path=("postId",)))


async def hold_post_of(change: Change, comment_id: int) -> None:
    """Lock a comment's post, if there is such a comment."""
    post_id = select(Comment.post_id).where(
        Comment.tenant_id == change.tenant_id, Comment.id == comment_id
    )
    found = select(Post.id).where(
        Post.tenant_id == change.tenant_id, Post.id == post_id.scalar_subquery()
    )
    await change.session.execute(found.with_for_update(key_share=True))


async def _check_parent(change: Change, post_id: int, parent_id: int) -> None:
    """Check what a comment is to answer; its post is held, so that it stays as it is."""
    found = select(Comment.depth).where(
        Comment.tenant_id == change.tenant_id,
        Comment.id == parent_id,
        Comment.post_id == post_id,
        Comment.visible,
        Comment.deleted_at.is_(None),
    )
    depth = await change.session.scalar(found)
    if depth is None:
        raise missing(Subject("Comment", parent_id), "replyToId")
    if depth >= DEEPEST:
        raise RefusedError(
            ValidationProblem(
                message=f"a thread is at most {DEEPEST} replies deep; answer a comment above",
                code=Code.LIMIT_EXCEEDED,
                path=("replyToId",),
                constraint=f"max_depth: {DEEPEST}",
            )
        )


async def _inserted(change: Change, given: NewComment, body: Columns) -> Comment:
    made = insert(Comment).values(
        tenant_id=change.tenant_id,
        post_id=given.post_id,
        parent_id=given.parent_id,
        author_id=change.viewer.user_id,
        status=CommentStatus.APPROVED.value,
        created_at=change.now,
        updated_at=change.now,
        **body,
    )
    comment: Comment = (await change.session.scalars(made.returning(Comment))).one()
    return comment


def _set(change: Change, comment: Comment, columns: Columns) -> int:
    """Change some columns, and note what that changes; return the comment's id."""
    before = content_of(comment)
    for name, value in columns.items():
        setattr(comment, name, value)
    subject = Subject("Comment", comment.id)
    wrote_version(change, comment, subject, comment.author_id, before, content_of(comment))
    return comment.id
