"""A content in which everybody has neighbours of every kind, so that every relation has rows.

Number ``i`` has: two posts by ``author-i``, ``first-i`` on ``shelf-i`` with the tags ``a-i`` and
``b-i``, and ``second-i`` on ``below-i``, the shelf below, with ``a-i``; under the first a thread
``top-i``, ``reply-i``, ``leaf-i``, ``end-i``; two fans, ``fan-a-i`` before ``fan-b-i``, who like
the first post and the leaf and follow the author, who follows the second. ``root`` is the shelf
above all. An entry of the audit log says what was done to the leaf, and two to the first post, the
latter ``entry-i``, by ``fan-a-i``. Each fan deleted something once that has come back.
"""

from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.models import (
    DEFAULT_TENANT,
    Action,
    Category,
    Comment,
    CommentLike,
    CommentStatus,
    Post,
    PostLike,
    PostStatus,
    PostTag,
    Revision,
    Tag,
    User,
    UserFollow,
)
from graphql_api.schema import global_id
from tests.support.factories import BEGINNING

Rows: TypeAlias = dict[str, Any]
Ids: TypeAlias = dict[str, list[str]]

MOST = 50


async def make_world(database: Database, numbers: range) -> Ids:
    """Write ``numbers``; return ids of the first posts, authors, leaves, a-tags and shelves."""
    rows: Rows = {}
    async with database.transaction() as session:
        write = _Writer(session, rows)
        if numbers.start == 0:
            await write.all([Category(slug="root", name="root", **write.common())])
        else:
            rows["root"] = await session.get(Category, (DEFAULT_TENANT, 1))
        await write.all([_user(write, name, i) for i in numbers for name in _USERS])
        await write.all([_category(write, "shelf", rows["root"].id, i) for i in numbers])
        await write.all([_category(write, "below", rows[f"shelf-{i}"].id, i) for i in numbers])
        await write.all([_tag(write, name, i) for i in numbers for name in ("a", "b")])
        await write.all([_post(write, "first", "shelf", i) for i in numbers])
        await write.all([_post(write, "second", "below", i) for i in numbers])
        for text, author, parent in _THREAD:
            await write.all([_comment(write, text, author, parent, i) for i in numbers])
        await write.all([link for i in numbers for link in _links(write, i)])
        for name, of, key in _ENTRIES:
            await write.all([_entry(write, name, of, key, i) for i in numbers])
    return {
        kind: [_global_id(rows[f"{kind}-{i}"]) for i in numbers]
        for kind in ("first", "author", "leaf", "a", "shelf", "entry")
    }


_USERS = ("author", "fan-a", "fan-b")
_THREAD = (
    ("top", "author", None),
    ("reply", "fan-a", "top"),
    ("leaf", "fan-b", "reply"),
    ("end", "author", "leaf"),
)
_ENTRIES = (("leaf", "leaf", "body"), ("first", "first", "slug"), ("entry", "first", "slug"))


class _Writer:
    """Writes rows and finds them again by what they are called."""

    def __init__(self, session: AsyncSession, rows: Rows) -> None:
        self._session = session
        self._minutes = count()
        self.rows = rows

    def now(self) -> datetime:
        return BEGINNING + timedelta(minutes=next(self._minutes))

    def common(self) -> Rows:
        now = self.now()
        return {"tenant_id": DEFAULT_TENANT, "created_at": now, "updated_at": now}

    async def all(self, rows: list[Any]) -> None:
        self._session.add_all(rows)
        await self._session.flush()
        for row in rows:
            for name in ("slug", "username", "body"):
                if hasattr(row, name):
                    self.rows[getattr(row, name)] = row
                    break
            if isinstance(row, Revision):
                self.rows.setdefault(row.snapshot.get("slug", ""), row)


def _user(write: _Writer, name: str, i: int) -> User:
    return User(username=f"{name}-{i}", display_name=f"{name}-{i}", **write.common())


def _category(write: _Writer, name: str, parent_id: int, i: int) -> Category:
    return Category(slug=f"{name}-{i}", name=f"{name}-{i}", parent_id=parent_id, **write.common())


def _tag(write: _Writer, name: str, i: int) -> Tag:
    return Tag(slug=f"{name}-{i}", name=f"{name}-{i}", **write.common())


def _post(write: _Writer, name: str, shelf: str, i: int) -> Post:
    common = write.common()
    return Post(
        slug=f"{name}-{i}",
        title=f"{name}-{i}",
        body="",
        body_html="",
        body_text="",
        author_id=write.rows[f"author-{i}"].id,
        category_id=write.rows[f"{shelf}-{i}"].id,
        deleted_by_id=write.rows[f"fan-b-{i}"].id,
        status=PostStatus.PUBLISHED,
        published_at=common["created_at"],
        **common,
    )


def _comment(write: _Writer, text: str, author: str, parent: str | None, i: int) -> Comment:
    return Comment(
        body=f"{text}-{i}",
        body_html="",
        body_text="",
        post_id=write.rows[f"first-{i}"].id,
        parent_id=write.rows[f"{parent}-{i}"].id if parent else None,
        author_id=write.rows[f"{author}-{i}"].id,
        deleted_by_id=write.rows[f"fan-a-{i}"].id,
        status=CommentStatus.APPROVED,
        **write.common(),
    )


def _entry(write: _Writer, name: str, of: str, key: str, i: int) -> Revision:
    subject, common = write.rows[f"{of}-{i}"], write.common()
    return Revision(
        tenant_id=common["tenant_id"],
        subject_type=type(subject).__name__,
        subject_id=subject.id,
        owner_id=subject.author_id,
        version=subject.version,
        actor_id=write.rows[f"fan-a-{i}"].id,
        action=Action.UPDATE,
        changes={},
        snapshot={key: f"{name}-{i}"},
        created_at=common["created_at"],
    )


def _links(write: _Writer, i: int) -> list[Any]:
    def number(name: str) -> int:
        found: int = write.rows[f"{name}-{i}"].id
        return found

    tenant: Rows = {"tenant_id": DEFAULT_TENANT}
    links: list[Any] = [
        PostTag(post_id=number(post), tag_id=number(tag), **tenant)
        for post, tag in (("first", "a"), ("first", "b"), ("second", "a"))
    ]
    for name in ("fan-a", "fan-b"):
        tenant["created_at"] = write.now()
        fan, author = number(name), number("author")
        links += [
            PostLike(post_id=number("first"), user_id=fan, **tenant),
            CommentLike(comment_id=number("leaf"), user_id=fan, **tenant),
            UserFollow(followed_id=author, follower_id=fan, **tenant),
        ]
    links.append(UserFollow(followed_id=number("fan-b"), follower_id=number("author"), **tenant))
    return links


def _global_id(row: Any) -> str:  # a model of any kind
    return global_id.encode(type(row).__name__, row.id)
