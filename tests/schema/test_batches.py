"""The report of an operation's batches, where there is none, and where a statement failed."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.loaders.report import Report
from graphql_api.models import DEFAULT_TENANT, Viewer
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec


async def test_the_schema_runs_without_a_context_of_ours() -> None:
    assert (await build_schema().execute("{ __typename }")).data == {"__typename": "Query"}
    assert build_schema().execute_sync("{ __typename }").data == {"__typename": "Query"}
    assert (await build_schema().execute("{ nothing }")).errors


async def test_a_statement_that_failed_is_in_the_report(
    database: Database, engine: AsyncEngine
) -> None:
    context = Context.of(database, Viewer(), CursorCodec("x", DEFAULT_TENANT))
    context.loaders.operation.report = Report()
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE tags RENAME TO hidden_tags"))
    try:
        query = '{ tag(slug: "t") { id } categories { id } }'
        result = await build_schema().execute(query, context_value=context)
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE hidden_tags RENAME TO tags"))
    assert len(result.errors or []) == 1
    report = (result.extensions or {})["batches"]
    assert report["statements"] == 2
    [level] = report["levels"]
    assert [(each["loader"], each["rows"]) for each in level["batches"]] == [
        ("TagBySlug", 0),
        ("Categories", 0),
    ]
    assert all(0 <= each["waitMs"] <= each["milliseconds"] for each in level["batches"])
