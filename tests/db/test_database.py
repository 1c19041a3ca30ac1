"""A change: it happens as a whole, or not at all."""

import traceback

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.models import Tag
from tests.db.reading import taken
from tests.support.factories import Factory

HIDDEN = "something that a user wrote"


async def test_a_transaction_commits_at_its_end(database: Database, make: Factory) -> None:
    tag = await make.tag(name="Before")
    async with database.transaction() as session:
        (await session.get_one(Tag, (tag.tenant_id, tag.id))).name = "After"
    async with database.transaction() as session:
        assert await session.scalar(select(Tag.name)) == "After"
    assert taken(database) == 0


async def test_a_transaction_that_fails_leaves_nothing(database: Database, make: Factory) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            session.add(Tag(tenant_id=1, slug="kept", name="Kept"))
            await session.flush()
            session.add(Tag(tenant_id=1, slug="kept", name="Refused"))

    with pytest.raises(IntegrityError):
        await fail()
    await make.tag(name="Other")
    async with database.transaction() as session:
        assert (await session.scalars(select(Tag.name))).all() == ["Other"]
    assert taken(database) == 0


async def test_the_error_of_a_row_that_breaks_a_rule_does_not_quote_it(served: Database) -> None:
    async def insert(session: AsyncSession) -> None:
        await session.execute(text("CREATE TEMP TABLE short (title text CHECK (title < 'a'))"))
        await session.execute(text("INSERT INTO short VALUES (:title)"), {"title": HIDDEN})

    with pytest.raises(IntegrityError) as failed:
        await served.change(insert)
    told = "".join(traceback.format_exception(failed.value))
    assert "violates check constraint" in told
    assert HIDDEN not in told
