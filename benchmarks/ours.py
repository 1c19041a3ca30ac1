"""Our way, by either executor, as the endpoint does it: context, execution, JSON."""

from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.execution import Execution, Mode
from graphql_api.models import DEFAULT_TENANT, Viewer
from graphql_api.schema import pagination
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec

QUERY = """query ($first: Int!) { posts(first: $first) { nodes { title
    comments(first: 10) { nodes { body author { displayName } } } } } }"""

_cursors = CursorCodec("benchmark", DEFAULT_TENANT)


def allow_pages_of(size: int) -> None:
    """Let a page be as large as the growth is measured to; clients get 100 entries."""
    pagination.LARGEST_SIZE = size  # type: ignore[attr-defined]  # it came from `arguments`


async def answer(engine: AsyncEngine, mode: Mode, n_posts: int) -> Any:  # JSON
    """Run the query and return its data, with times as they are where a plan ran it."""
    execution = Execution(mode=mode, leaves_times=True)
    context = Context.of(Database(engine), Viewer(), _cursors, execution=execution)
    result = await build_schema().execute(
        QUERY, variable_values={"first": n_posts}, context_value=context
    )
    await context.loaders.close()
    assert result.errors is None, result.errors
    return result.data


async def encoded(engine: AsyncEngine, mode: Mode, n_posts: int) -> bytes:
    """Run the query and write its answer."""
    return orjson.dumps({"data": await answer(engine, mode, n_posts)})
