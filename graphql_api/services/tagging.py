"""The tags of a post: made where they are missing, and replaced as a set."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from graphql_api.models import PostTag, Tag
from graphql_api.services.change import Change
from graphql_api.services.check import Checks
from graphql_api.services.problem import Code
from graphql_api.services.text import slugify

MOST_TAGS = 20
LONGEST_TAG = 60


def checked_tags(checks: Checks, names: Sequence[str]) -> dict[str, str]:
    """Check names of tags, and give them by their slugs: two that share one are the same tag."""
    if len(names) > MOST_TAGS:
        said = f"a post takes at most {MOST_TAGS} tags"
        checks.fail("tagNames", said, Code.LIMIT_EXCEEDED, f"max_items: {MOST_TAGS}")
        return {}
    clean = [
        checks.line(f"tagNames.{index}", name, most=LONGEST_TAG) for index, name in enumerate(names)
    ]
    return {slugify(name): name for name in reversed(clean)}


def as_kept(tags: Mapping[str, str], kept: list[str]) -> list[str]:
    """Name tags as they are kept: what differs in letter case or order alone does not differ."""
    by_slug = {slugify(name): name for name in kept}
    if by_slug.keys() == tags.keys():
        return kept
    return [by_slug.get(slug, tags[slug]) for slug in sorted(tags)]


async def names_of(change: Change, post_id: int) -> list[str]:
    """List the names of a post's tags, in the order of their slugs."""
    found = (
        select(Tag.name)
        .join(PostTag, (PostTag.tenant_id == Tag.tenant_id) & (PostTag.tag_id == Tag.id))
        .where(
            PostTag.tenant_id == change.tenant_id,
            PostTag.post_id == post_id,
            Tag.deleted_at.is_(None),
        )
        .order_by(Tag.slug)
    )
    return list((await change.session.scalars(found)).all())


async def set_tags(change: Change, post_id: int, wanted: dict[str, str]) -> list[str]:
    """Give a post these tags (names by slug) and no others; return their names by now."""
    ids = await _ids_of(change, post_id, wanted)
    marks = PostTag.tenant_id == change.tenant_id, PostTag.post_id == post_id
    await change.session.execute(delete(PostTag).where(*marks, PostTag.tag_id.not_in(ids)))
    if ids:
        rows = [
            {"tenant_id": change.tenant_id, "post_id": post_id, "tag_id": tag_id}
            for tag_id in sorted(ids)
        ]
        await change.session.execute(insert(PostTag).values(rows).on_conflict_do_nothing())
    return await names_of(change, post_id)


async def _ids_of(change: Change, post_id: int, wanted: dict[str, str]) -> list[int]:
    """Find the tags with these slugs, and make those that are missing, always in one order.

    They are locked, and with them those that the post has: all whose posts may be counted anew.
    One that was renamed or merged meanwhile is made again.
    """
    if not wanted:
        return []
    rows = [
        {"tenant_id": change.tenant_id, "slug": slug, "name": wanted[slug]}
        for slug in sorted(wanted)
    ]
    made = insert(Tag).values(rows)
    living = Tag.deleted_at.is_(None)
    missing = made.on_conflict_do_nothing(index_elements=["tenant_id", "slug"], index_where=living)
    had = select(PostTag.tag_id).where(
        PostTag.tenant_id == change.tenant_id, PostTag.post_id == post_id
    )
    is_wanted = and_(Tag.slug.in_(sorted(wanted)), living)
    found = (
        select(Tag.id, is_wanted)
        .where(Tag.tenant_id == change.tenant_id, or_(is_wanted, Tag.id.in_(had)))
        .order_by(Tag.id)
        .with_for_update(key_share=True)
    )
    while True:
        await change.session.execute(missing)
        locked = await change.session.execute(found)
        ids = [tag_id for tag_id, it_is in locked if it_is]
        if len(ids) == len(wanted):
            return ids
