"""What hangs between rows: the tags of posts, and the places of comments."""

from collections.abc import Collection, Iterable, Mapping
from typing import cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Table,
    any_,
    bindparam,
    delete,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from graphql_api.models import Comment, PostTag

_LINKS = cast("Table", PostTag.__table__)
_COMMENTS = cast("Table", Comment.__table__)
_IDS = any_(bindparam("ids", type_=ARRAY(BigInteger)))


async def set_tags(
    connection: AsyncConnection, tenant_id: int, wanted: Mapping[int, Iterable[int]]
) -> None:
    """Give each post, by id, the tags of these ids and no other; touch no link that stays."""
    statement = select(_LINKS.c.post_id, _LINKS.c.tag_id).where(
        _LINKS.c.tenant_id == tenant_id, _LINKS.c.post_id == _IDS
    )
    found = await connection.execute(statement, {"ids": list(wanted)})
    present = {(post_id, tag_id) for post_id, tag_id in found}
    target = {(post_id, tag_id) for post_id, tag_ids in wanted.items() for tag_id in tag_ids}
    if gone := present - target:
        await connection.execute(
            delete(_LINKS).where(
                _LINKS.c.tenant_id == tenant_id,
                _LINKS.c.post_id == bindparam("of_post"),
                _LINKS.c.tag_id == bindparam("of_tag"),
            ),
            [{"of_post": post_id, "of_tag": tag_id} for post_id, tag_id in gone],
        )
    if new := sorted(target - present):
        await connection.execute(
            insert(_LINKS),
            [
                {"tenant_id": tenant_id, "post_id": post_id, "tag_id": tag_id}
                for post_id, tag_id in new
            ],
        )


async def parents(
    connection: AsyncConnection, tenant_id: int, ids: Collection[int]
) -> dict[int, tuple[int, int | None]]:
    """Return the post and the parent of each of these comments."""
    if not ids:
        return {}
    statement = select(_COMMENTS.c.id, _COMMENTS.c.post_id, _COMMENTS.c.parent_id).where(
        _COMMENTS.c.tenant_id == tenant_id, _COMMENTS.c.id == _IDS
    )
    found = await connection.execute(statement, {"ids": list(ids)})
    return {key: (post_id, parent_id) for key, post_id, parent_id in found}


async def place_again(connection: AsyncConnection, tenant_id: int, post_ids: set[int]) -> None:
    """Derive root, depth and visibility anew, from the top down, where comments moved."""
    if not post_ids:
        return
    of_posts = (_COMMENTS.c.tenant_id == tenant_id, _COMMENTS.c.post_id == _IDS)
    tree = (
        select(_COMMENTS.c.id, literal(0).label("level"))
        .where(*of_posts, _COMMENTS.c.parent_id.is_(None))
        .cte("tree", recursive=True)
    )
    below = select(_COMMENTS.c.id, tree.c.level + 1).where(
        *of_posts, _COMMENTS.c.parent_id == tree.c.id
    )
    tree = tree.union_all(below)
    found = await connection.execute(
        select(tree.c.id).order_by(tree.c.level), {"ids": list(post_ids)}
    )
    if rows := [{"of_comment": key} for key in found.scalars()]:
        await connection.execute(
            update(_COMMENTS)
            .where(_COMMENTS.c.tenant_id == tenant_id, _COMMENTS.c.id == bindparam("of_comment"))
            .values(visible=_COMMENTS.c.visible),
            rows,
        )
