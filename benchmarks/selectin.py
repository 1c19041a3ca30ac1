"""The way of SQLAlchemy's selectinload: the root resolver loads everything below it at once.

It needs to know the query in advance, and loads every comment of a post, wanted or not.
"""

from functools import cache
from typing import Any, cast

import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import selectinload

from benchmarks import entity
from benchmarks.naive import Info, newest_posts


@strawberry.type
class User:
    """Someone who writes."""

    display_name: str


@strawberry.type
class Comment:
    """A comment with its author."""

    body: str
    author: User


@strawberry.type
class Post:
    """A post with its comments."""

    title: str
    comments: list[Comment]


@strawberry.type
class Query:
    """Where reading begins."""

    @strawberry.field
    async def posts(self, info: Info) -> list[Post]:
        """Load the newest posts with all that belongs to them."""
        below = selectinload(cast("Any", entity.Post.comments)).selectinload(
            cast("Any", entity.Comment.author)
        )
        async with AsyncSession(info.context) as session:
            return list((await session.scalars(newest_posts().options(below))).all())


@cache
def _schema() -> strawberry.Schema:
    return strawberry.Schema(query=Query)


async def answer(engine: AsyncEngine, query: str) -> Any:  # JSON
    """Run ``query`` and return its data."""
    result = await _schema().execute(query, context_value=engine)
    assert result.errors is None, result.errors
    return result.data
