"""Restoring: an act of deleting is undone as a whole, once."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from graphql_api.models import Action, Category, Comment, Deletion, Post, Scope, User
from graphql_api.services.category import content_of as category_content
from graphql_api.services.change import Change, Writer, Written
from graphql_api.services.deletion import (
    changed_comments,
    deleted_at,
    lock_comments,
    token_hash,
    traced,
)
from graphql_api.services.post import content_of
from graphql_api.services.problem import (
    Difference,
    NotFoundProblem,
    RefusedError,
    Subject,
    ValidationProblem,
)
from graphql_api.services.slug import first_free
from graphql_api.services.tagging import names_of
from graphql_api.services.trace import Trace

_PATH = ("undoToken",)
_TAKEN = "23505"  # SQLSTATE: a unique index has such an entry


async def restore(writer: Writer, token: str) -> list[Subject]:
    """Bring back what one act deleted; return what it was about, without what had gone along."""

    async def act(change: Change) -> list[Subject]:
        deletion = await _undone(change, token)
        restored = await _WAYS[deletion.subject_type](change, deletion)
        if not restored:
            raise _nothing()
        return restored

    return await writer.change(act)


async def _undone(change: Change, token: str) -> Deletion:
    """Use a token up; of two who try at once the second finds it used.

    Raises:
        RefusedError: it is none, was used, or is not the viewer's to use.
    """
    used = (
        update(Deletion)
        .where(
            Deletion.tenant_id == change.tenant_id,
            Deletion.token_hash == token_hash(token),
            Deletion.undone_at.is_(None),
        )
        .values(undone_at=change.now)
    )
    deletion: Deletion | None = await change.session.scalar(used.returning(Deletion))
    if deletion is None or not await _may_undo(change, deletion):
        raise _nothing()
    return deletion


async def _may_undo(change: Change, deletion: Deletion) -> bool:
    """Tell whether the viewer might delete it now: whoever moderated may do so no longer."""
    if deletion.subject_type == "Category":
        return change.viewer.has(Scope.TENANT_ADMIN)
    if change.viewer.has(Scope.MODERATE):
        return True
    if deletion.actor_id != change.viewer.user_id:
        return False
    model: type[Post | Comment] = Post if deletion.subject_type == "Post" else Comment
    owner = select(model.author_id).where(
        model.tenant_id == change.tenant_id, model.id == deletion.subject_id
    )
    owner_id: int | None = await change.session.scalar(owner)
    return owner_id == change.viewer.user_id


async def _restore_posts(change: Change, deletion: Deletion) -> list[Subject]:
    """Restore posts with the comments that went along."""
    session = change.session
    taken = Post.tenant_id == change.tenant_id, Post.deletion_id == deletion.id
    authors = select(User.id).where(
        User.tenant_id == change.tenant_id, User.id.in_(select(Post.author_id).where(*taken))
    )
    await session.execute(authors.order_by(User.id).with_for_update(key_share=True))
    locked = select(Post).where(*taken).order_by(Post.id).with_for_update(key_share=True)
    posts = (await session.scalars(locked)).all()
    under_them = Comment.post_id.in_([post.id for post in posts])
    await lock_comments(change, under_them)
    await _restore_comments(change, deletion)
    for post in posts:
        content = content_of(post, await names_of(change, post.id))
        await _back(change, post, Subject("Post", post.id), post.author_id, content)
    return [Subject("Post", post.id) for post in posts]


async def _restore_thread(change: Change, deletion: Deletion) -> list[Subject]:
    """Restore a comment with those below that went along."""
    post_id = select(Comment.post_id).where(
        Comment.tenant_id == change.tenant_id, Comment.id == deletion.subject_id
    )
    found = select(Post.deleted_at).where(
        Post.tenant_id == change.tenant_id, Post.id == post_id.scalar_subquery()
    )
    post = (await change.session.execute(found.with_for_update(key_share=True))).one_or_none()
    if post is None:
        return []
    if post.deleted_at is not None:
        said = "the post of this comment is deleted: it can be restored when that is"
        raise RefusedError(ValidationProblem(message=said, path=_PATH))
    n_restored = await _restore_comments(change, deletion)
    return [Subject("Comment", deletion.subject_id)] if n_restored else []


async def _restore_comments(change: Change, deletion: Deletion) -> int:
    """Restore the comments of an act, and count them."""
    changed = changed_comments(
        change,
        Comment.deletion_id == deletion.id,
        deleted_at=None,
        deleted_by_id=None,
        deletion_id=None,
    )
    changes = deleted_at(deletion.created_at, None)
    return await traced(change, changed, Trace.of(change, "Comment", Action.RESTORE, changes))


async def _restore_categories(change: Change, deletion: Deletion) -> list[Subject]:
    found = select(Category).where(
        Category.tenant_id == change.tenant_id, Category.deletion_id == deletion.id
    )
    category = await change.session.scalar(found.with_for_update(key_share=True))
    if category is None:
        return []
    subject = Subject("Category", category.id)
    await _back(change, category, subject, None, category_content(category))
    return [subject]


_WAYS: dict[str, Callable[[Change, Deletion], Awaitable[list[Subject]]]] = {
    "Category": _restore_categories,
    "Comment": _restore_thread,
    "Post": _restore_posts,
}


async def _back(
    change: Change,
    row: Post | Category,
    subject: Subject,
    owner_id: int | None,
    content: dict[str, Any],
) -> None:
    """Restore one row, under another slug where its own was taken meanwhile."""
    slug, was_deleted_at, version = row.slug, row.deleted_at, row.version + 1

    async def take(wanted: str) -> str | None:
        return await _taken(change, row, wanted, version)

    now = await take(slug) or await first_free(slug, take)
    changes = [Difference("deletedAt", was_deleted_at, None)]
    if now != slug:
        changes.append(Difference("slug", slug, now))
    after = content | {"slug": now}
    change.wrote(Written(subject, Action.RESTORE, version, owner_id, tuple(changes), after))


async def _taken(change: Change, row: Post | Category, slug: str, version: int) -> str | None:
    """Restore a row under a slug, or do nothing where something that lives has it."""
    model = type(row)
    back = (
        update(model)
        .where(model.tenant_id == row.tenant_id, model.id == row.id)
        .values(slug=slug, deleted_at=None, deleted_by_id=None, deletion_id=None, version=version)
        .execution_options(synchronize_session=False)
    )
    try:
        async with change.session.begin_nested():
            await change.session.execute(back)
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != _TAKEN:
            raise
        return None
    return slug


def _nothing() -> RefusedError:
    said = "this token undoes nothing: it was used, or never was one, or is not yours"
    return RefusedError(NotFoundProblem(message=said, path=_PATH))
