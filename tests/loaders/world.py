"""Small worlds of content, generated: ties, trees, links, and rows that nobody may see."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeAlias

from hypothesis import strategies as st
from sqlalchemy import insert, select

from graphql_api.db.database import Database
from graphql_api.models import Base, Tenant

RowDict: TypeAlias = dict[str, Any]
Content: TypeAlias = dict[str, list[RowDict]]
"""The rows of each table, without their tenant; what a row needs stands before it."""

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
LANGUAGES = ("en", "en-GB", "ja")
NAMES = ("Ann", "ann", "Bo", "Élan", "日本", "\uffff", "\U00010400")  # a test of code points' order

_few = st.integers(0, 2)
# none scheduled: a server that another test runs on this database would publish it
_post_statuses = st.sampled_from(("published", "published", "published", "archived", "draft"))
_comment_statuses = st.sampled_from(("approved", "approved", "approved", "pending"))
_deleted = st.sampled_from((None, None, None, None, BEGINNING))
_names = st.sampled_from(NAMES)
_numbers = count(1000)


@dataclass(frozen=True, slots=True)
class World:
    """Content in a tenant of its own, as the database holds it."""

    tenant_id: int
    rows: Content


def minute(number: int) -> datetime:
    """Return one of the few moments of a world."""
    return BEGINNING + timedelta(minutes=number)


async def written(database: Database, content: Content) -> World:
    """Write ``content`` for a new tenant, and read back what came of it."""
    tenant_id = next(_numbers)
    found: Content = {}
    async with database.transaction() as session:
        await session.execute(
            insert(Tenant), {"id": tenant_id, "slug": f"world-{tenant_id}", "name": "World"}
        )
        for name, rows in content.items():
            if rows:
                owned = [{"tenant_id": tenant_id, **row} for row in rows]
                await session.execute(insert(Base.metadata.tables[name]), owned)
        for name in content:
            table = Base.metadata.tables[name]
            result = await session.execute(select(table).where(table.c.tenant_id == tenant_id))
            found[name] = [dict(row) for row in result.mappings()]
    return World(tenant_id, found)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """Generate content whose ids run from 1 in each table, as in every other world."""
    users = _rows(draw, st.integers(1, 5), lambda _: {"display_name": draw(_names)})
    tags = _rows(draw, st.integers(0, 4), lambda _: {"name": draw(_names)})
    categories = _rows(draw, st.integers(0, 6), lambda above: _category(draw, above))
    posts = _rows(draw, st.integers(0, 10), lambda _: _post(draw, users, categories))
    n_comments = st.integers(0, 10 if posts else 0)
    comments = _rows(draw, n_comments, lambda above: _comment(draw, users, posts, above))
    for user in users:
        user["username"] = f"user-{user['id']}"
    for row in (*tags, *categories, *posts):
        row["slug"] = f"slug-{row['id']}"
    follows = _dated(draw, ("followed_id", users), ("follower_id", users))
    return {
        "users": users,
        "tags": tags,
        "categories": categories,
        "posts": posts,
        "comments": comments,
        "post_tags": _links(draw, ("post_id", posts), ("tag_id", tags)),
        "post_likes": _dated(draw, ("post_id", posts), ("user_id", users)),
        "comment_likes": _dated(draw, ("comment_id", comments), ("user_id", users)),
        "user_follows": [row for row in follows if row["followed_id"] != row["follower_id"]],
    }


def _rows(
    draw: st.DrawFn, size: st.SearchStrategy[int], build: Callable[[list[RowDict]], RowDict]
) -> list[RowDict]:
    """Build rows, each with those before it at hand."""
    rows: list[RowDict] = []
    for number in range(1, draw(size) + 1):
        rows.append({"id": number, "deleted_at": draw(_deleted), **build(rows)})
    return rows


def _id(draw: st.DrawFn, rows: list[RowDict]) -> int | None:
    """Pick a row, or none."""
    return draw(st.integers(0, len(rows))) or None


def _category(draw: st.DrawFn, above: list[RowDict]) -> RowDict:
    return {"name": draw(_names), "parent_id": _id(draw, above)}


def _post(draw: st.DrawFn, users: list[RowDict], categories: list[RowDict]) -> RowDict:
    return {
        "author_id": draw(st.integers(1, len(users))),
        "category_id": _id(draw, categories),
        "title": "",
        "body": "",
        "body_html": "",
        "body_text": "",
        "language": draw(st.sampled_from(LANGUAGES)),
        "status": draw(_post_statuses),
        "view_count": draw(_few),
        **{name: minute(draw(_few)) for name in ("published_at", "created_at", "updated_at")},
    }


def _comment(
    draw: st.DrawFn, users: list[RowDict], posts: list[RowDict], above: list[RowDict]
) -> RowDict:
    parent = draw(st.sampled_from([None, *above]))
    return {
        "post_id": parent["post_id"] if parent else draw(st.integers(1, len(posts))),
        "parent_id": parent and parent["id"],
        "author_id": _id(draw, users),
        "guest_name": draw(_names),
        "body": "body",
        "body_html": "html",
        "body_text": "text",
        "minimized_reason": draw(st.sampled_from((None, "spam"))),
        "deleted_by_id": draw(st.integers(1, 5)),
        "status": draw(_comment_statuses),
        "created_at": minute(draw(_few)),
    }


def _links(
    draw: st.DrawFn, left: tuple[str, list[RowDict]], right: tuple[str, list[RowDict]]
) -> list[RowDict]:
    """Link some rows of two tables; bits say which, so that few numbers are drawn."""
    (one, rows), (other, others) = left, right
    links = []
    for row in rows:
        bits = draw(st.integers(0, 2 ** len(others) - 1))
        chosen = [linked for place, linked in enumerate(others) if bits >> place & 1]
        links += [{one: row["id"], other: linked["id"]} for linked in chosen]
    return links


def _dated(
    draw: st.DrawFn, left: tuple[str, list[RowDict]], right: tuple[str, list[RowDict]]
) -> list[RowDict]:
    """Link at moments that are often the same."""
    links = _links(draw, left, right)
    return [link | {"created_at": minute(sum(link.values()) % 2)} for link in links]
