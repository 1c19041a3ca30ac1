"""The way of a first draft: every resolver asks the database for its own parent."""

from functools import cache
from typing import Any, cast

import strawberry
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from benchmarks import entity

Info = strawberry.Info[AsyncEngine, None]


async def _all(info: Info, statement: Select[Any]) -> list[Any]:
    async with AsyncSession(info.context) as session:
        return list((await session.scalars(statement)).all())


@strawberry.type
class User:
    """Someone who writes."""

    display_name: str


@strawberry.type
class Comment:
    """A comment; knows its author's id."""

    body: str
    author_id: strawberry.Private[int]

    @strawberry.field
    async def author(self, info: Info) -> User:
        """Ask for one author."""
        found = await _all(info, select(entity.User).filter_by(id=self.author_id))
        return User(display_name=found[0].display_name)


@strawberry.type
class Post:
    """A post; knows its id."""

    title: str
    id: strawberry.Private[int]

    @strawberry.field
    async def comments(self, info: Info) -> list[Comment]:
        """Ask for one post's comments."""
        statement = select(entity.Comment).filter_by(post_id=self.id, visible=True)
        rows = await _all(info, statement.order_by(*_oldest_first()).limit(10))
        return [Comment(body=row.body, author_id=row.author_id) for row in rows]


@strawberry.type
class Query:
    """Where reading begins."""

    @strawberry.field
    async def posts(self, info: Info) -> list[Post]:
        """Ask for the newest posts."""
        rows = await _all(info, newest_posts())
        return [Post(title=row.title, id=row.id) for row in rows]


def newest_posts() -> Select[Any]:
    """Select the 100 newest posts."""
    columns = cast("Any", entity.Post)
    return (
        select(entity.Post)
        .filter_by(visible=True)
        .order_by(columns.published_at.desc(), columns.id.desc())
        .limit(100)
    )


def _oldest_first() -> tuple[Any, Any]:
    columns = cast("Any", entity.Comment)
    return columns.created_at, columns.id


@cache
def _schema() -> strawberry.Schema:
    return strawberry.Schema(query=Query)


async def answer(engine: AsyncEngine, query: str) -> Any:  # JSON
    """Run ``query`` and return its data."""
    result = await _schema().execute(query, context_value=engine)
    assert result.errors is None, result.errors
    return result.data
