"""The guard for tests names the fields that are not batched, and lets the others be."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.extensions import SchemaExtension

from graphql_api.loaders.registry import Loaders
from graphql_api.loaders.user import UserById
from graphql_api.schema import global_id
from graphql_api.schema.build import build_schema
from graphql_api.testing import StatementGuard, assert_batched, fresh_context
from tests.support.factories import Factory


@dataclass
class Naive:
    """What the resolvers of the naive schema reach."""

    engine: AsyncEngine
    loaders: Loaders


Info = strawberry.Info[Naive, None]


class ByOne(UserById):
    """A loader that sends a statement for every key."""

    async def batch_load_fn(self, keys: list[int]) -> list[Any]:
        """Load one after the other."""
        return [found for key in keys for found in await super(ByOne, self).batch_load_fn([key])]


async def _name(engine: AsyncEngine, number: int) -> str:
    async with engine.connect() as connection:
        name = text("SELECT display_name FROM users WHERE id = :id")
        return str((await connection.execute(name, {"id": number})).scalar_one())


@strawberry.type
class Author:
    """Who wrote a post, found in every way."""

    number: strawberry.Private[int]

    @strawberry.field
    async def by_row(self, info: Info) -> str:
        """Ask for one."""
        return await _name(info.context.engine, self.number)

    @strawberry.field
    async def by_task(self, info: Info) -> str:
        """Ask for one, in a task."""
        return await asyncio.create_task(_name(info.context.engine, self.number))

    @strawberry.field
    async def batched(self, info: Info) -> str:
        """Load it."""
        row = await info.context.loaders.user_by_id.load(self.number)
        return str(row and row.display_name)

    @strawberry.field
    async def own_loader(self, info: Info) -> str:
        """Load it with a loader of its own."""
        row = await UserById(info.context.loaders.operation).load(self.number)
        return str(row and row.display_name)


@strawberry.type
class Post:
    """A post."""

    number: strawberry.Private[int]

    @strawberry.field
    def author(self) -> Author:
        """Know the author."""
        return Author(number=self.number)


@strawberry.type
class Query:
    """Where reading begins."""

    @strawberry.field
    def posts(self) -> list[Post]:
        """Give three posts of three authors."""
        return [Post(number=number) for number in (1, 2, 3)]

    @strawberry.field
    async def once(self, info: Info) -> str:
        """Ask outside a loader, once."""
        return await _name(info.context.engine, 1)

    @strawberry.field
    async def in_turn(self, info: Info) -> list[str]:
        """Load three, each when the one before is there."""
        loader = info.context.loaders.user_by_id
        rows = [await loader.load(number) for number in (1, 2, 3)]
        return [str(row and row.display_name) for row in rows]

    @strawberry.field
    async def by_one(self, info: Info) -> list[str]:
        """Load three with a loader that cannot batch."""
        rows = await ByOne(info.context.loaders.operation).load_many([1, 2, 3])
        return [str(row and row.display_name) for row in rows]


schema = strawberry.Schema(query=Query)


@pytest.fixture
async def people(make: Factory) -> None:
    """Make three users."""
    for _ in range(3):
        await make.user()


@pytest.fixture
async def naive(engine: AsyncEngine) -> Naive:
    """Give a context of the naive schema."""
    return Naive(engine, fresh_context(engine).loaders)


async def problems(context: Naive, query: str) -> list[str]:
    """Run a query that the guard must refuse; return what it says, without the statements."""
    guard = StatementGuard(context.engine)
    result = await guard.execute(schema, query, context)
    assert result.errors is None
    with pytest.raises(AssertionError) as refused:
        guard.check()
    title, *lines = str(refused.value).splitlines()
    assert title == "not every field is batched:"
    assert all(": SELECT" in line for line in lines)
    return [line.partition(": SELECT")[0].strip() for line in lines]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ once }", "once: 1 statement outside a loader"),
        ("{ again: once }", "again: 1 statement outside a loader"),
        (
            "{ posts { author { byRow } } }",
            "posts.author.byRow: 3 statements, one per row, outside a loader",
        ),
        (
            "{ posts { author { byTask } } }",
            "posts.author.byTask: 3 statements, one per row, outside a loader",
        ),
        (
            "{ posts { author { ownLoader } } }",
            "posts.author.ownLoader: 3 statements, one per row, of UserById",
        ),
        ("{ inTurn }", "inTurn: 3 statements of UserById"),
        ("{ byOne }", "byOne: 3 statements of ByOne"),
    ],
)
async def test_a_field_that_is_not_batched_is_named(naive: Naive, query: str, said: str) -> None:
    assert await problems(naive, query) == [said]


@pytest.mark.usefixtures("people")
async def test_every_field_that_is_not_batched_is_named(naive: Naive) -> None:
    assert sorted(await problems(naive, "{ once posts { author { byRow batched } } }")) == [
        "once: 1 statement outside a loader",
        "posts.author.byRow: 3 statements, one per row, outside a loader",
    ]


@pytest.mark.usefixtures("people")
async def test_a_batched_field_passes(naive: Naive) -> None:
    with assert_batched(naive.engine) as guard:
        query = "{ posts { author { batched } } more: posts { author { batched } } }"
        result = await guard.execute(schema, query, naive)
    assert result.errors is None
    assert guard.log.loaders == {"UserById": 1}


async def test_statements_outside_of_any_field_are_told(naive: Naive) -> None:
    class Asks(SchemaExtension):
        async def on_execute(self) -> Any:
            async with naive.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
            yield

    asking = strawberry.Schema(query=Query, extensions=[Asks])
    guard = StatementGuard(naive.engine)
    await guard.execute(asking, "{ __typename }", naive)
    assert guard.problems == ["outside of any field: 1 statement outside a loader: SELECT 1"]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("kind", [AssertionError, LookupError])
async def test_the_block_ends_with_the_refusal_or_its_own_error(
    naive: Naive, kind: type[Exception]
) -> None:
    async def block() -> None:
        with assert_batched(naive.engine) as guard:
            await guard.execute(schema, "{ once }", naive)
            if kind is LookupError:
                raise LookupError("once")

    with pytest.raises(kind, match="once"):
        await block()


async def test_the_schema_itself_is_batched(make: Factory, engine: AsyncEngine) -> None:
    for _ in range(2):
        tag = await make.tag()
        post = await make.post(tags=[tag])
        top = await make.comment(post=post, author=await make.user())
        await make.comment(parent=top)
    context, extensions = fresh_context(engine), build_schema().extensions
    with assert_batched(engine) as guard:
        result = await guard.execute(
            build_schema(),
            """query ($size: Int!) { posts(first: $size) { totalCount nodes {
                author { displayName posts(where: {likeCount: {gte: 0}}) { totalCount } }
                tags { nodes { name posts { nodes { author { username } } } } }
                comments { nodes { root { body } author { username } } }
                last: comments(last: 1) { nodes { body parent { body } } }
            } } }""",
            context,
            {"size": 2},
        )
    assert result.errors is None
    assert len(guard.log) == sum(guard.log.loaders.values()) > 5
    assert context.loaders.operation.report is None
    assert build_schema().extensions == extensions


async def test_rows_that_are_reached_at_different_times_are_no_fault(
    make: Factory, engine: AsyncEngine
) -> None:
    top = await make.category()
    middle = await make.category(parent=top)
    low = await make.category(parent=middle)
    query = (
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Category { parent { path { id } } } } }"
    )
    ids = [global_id.encode("Category", row.id) for row in (middle, low)]
    with assert_batched(engine) as guard:
        await guard.execute(build_schema(), query, fresh_context(engine), {"ids": ids})
    assert guard.log.loaders == {"CategoryById": 2, "PathByCategory": 2}
