"""Renaming tags, and making one of two."""

from typing import Any

from sqlalchemy import BigInteger, delete, literal, select
from sqlalchemy.dialects.postgresql import insert

from graphql_api.models import Action, Post, PostTag, Tag, TagFollow, User
from graphql_api.services.change import Change, Writer, Written, differences
from graphql_api.services.check import Checks
from graphql_api.services.problem import (
    Difference,
    RefusedError,
    Subject,
    ValidationProblem,
)
from graphql_api.services.tagging import LONGEST_TAG
from graphql_api.services.text import slugify
from graphql_api.services.unique import unless_taken
from graphql_api.services.versioned import missing


async def rename_tag(writer: Writer, tag_id: int, given: str) -> int:
    """Give a tag another name, and the slug that goes with it; return its id."""
    checks = Checks()
    name = checks.line("name", given, most=LONGEST_TAG)
    checks.done()

    async def act(change: Change) -> int:
        tags = await _locked(change, tag_id)
        if tag_id not in tags:
            raise missing(Subject("Tag", tag_id))
        tag = tags[tag_id]
        if name == tag.name:
            return tag_id
        before = content_of(tag)
        tag.name, tag.slug, tag.updated_at = name, slugify(name), change.now
        message = f"there is another tag with the slug '{tag.slug}': merge the two"
        async with unless_taken("uq_tags_slug", "name", message):
            await change.session.flush()
        after = content_of(tag)
        change.wrote(
            Written(
                Subject("Tag", tag_id),
                Action.UPDATE,
                changes=differences(before, after),
                snapshot=after,
            )
        )
        return tag_id

    return await writer.change(act)


async def merge_tags(writer: Writer, from_id: int, into_id: int) -> int:
    """Let a tag take over the posts and followers of another, which is then no more; return its id.

    A row that a counter counts is not moved: what the one tag lacks is written, and all of the
    other's removed. What the triggers will lock is locked first, in the order of all writers.
    """
    if from_id == into_id:
        said = "a tag cannot be merged into itself"
        raise RefusedError(ValidationProblem(message=said, path=("intoId",)))

    async def act(change: Change) -> int:
        await _lock_marked(change, from_id)
        tags = await _locked(change, from_id, into_id)
        lacking = [
            missing(Subject("Tag", number), path).problems[0]
            for path, number in (("fromId", from_id), ("intoId", into_id))
            if number not in tags
        ]
        if lacking:
            raise RefusedError(*lacking)
        await _take_over(change, from_id, into_id)
        tags[from_id].deleted_at = change.now
        for number, action, said in (
            (from_id, Action.SOFT_DELETE, Difference("mergedInto", None, into_id)),
            (into_id, Action.UPDATE, Difference("mergedFrom", None, from_id)),
        ):
            snapshot = content_of(tags[number])
            change.wrote(
                Written(Subject("Tag", number), action, changes=(said,), snapshot=snapshot)
            )
        return into_id

    return await writer.change(act)


def content_of(tag: Tag) -> dict[str, Any]:
    """Give what people write of a tag, by GraphQL's names."""
    return {"name": tag.name, "slug": tag.slug}


async def _locked(change: Change, *tag_ids: int) -> dict[int, Tag]:
    """Lock those of the tags that are there, by id."""
    found = select(Tag).where(
        Tag.tenant_id == change.tenant_id, Tag.id.in_(tag_ids), Tag.deleted_at.is_(None)
    )
    locked = found.order_by(Tag.id).with_for_update(key_share=True)
    return {tag.id: tag for tag in await change.session.scalars(locked)}


async def _lock_marked(change: Change, tag_id: int) -> None:
    """Share the followers of a tag and the posts with it, as the triggers that count them will."""
    for model, link, key in (
        (User, TagFollow, TagFollow.user_id),
        (Post, PostTag, PostTag.post_id),
    ):
        marked = select(key).where(link.tenant_id == change.tenant_id, link.tag_id == tag_id)
        found = select(model.id).where(model.tenant_id == change.tenant_id, model.id.in_(marked))
        await change.session.execute(found.order_by(model.id).with_for_update(read=True))


async def _take_over(change: Change, from_id: int, into_id: int) -> None:
    for link, names in ((TagFollow, ("user_id", "created_at")), (PostTag, ("post_id",))):
        of_tag = link.tenant_id == change.tenant_id, link.tag_id == from_id
        others = [getattr(link, name) for name in names]
        taken = select(link.tenant_id, literal(into_id, BigInteger), *others).where(*of_tag)
        made = insert(link).from_select(["tenant_id", "tag_id", *names], taken)
        await change.session.execute(made.on_conflict_do_nothing())
        await change.session.execute(delete(link).where(*of_tag))
