"""Answers in parts: put together they are the whole answer, for the same statements."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from graphql import ExperimentalIncrementalExecutionResults

from graphql_api.db.database import Database
from graphql_api.execution import Execution
from graphql_api.http.stream import Incremental, parts_in_order
from graphql_api.models import Viewer
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from tests.schema.client import Execute, Recorder
from tests.support.factories import Factory
from tests.support.serving import SECRET_KEY

AUTHOR = "author { username }"
COMMENTS = f"comments(first: 3) {{ nodes {{ body {AUTHOR} }} }}"
QUERIES = {
    "one fragment": f"{{ posts {{ nodes {{ slug ... @defer {{ title {AUTHOR} }} }} }} }}",
    "one in another": "{ posts { nodes { slug ... @defer {"
    f" comments(first: 3) {{ nodes {{ body ... @defer {{ {AUTHOR} }} }} }} }} }} }} }}",
    "two side by side": "{ posts { nodes { slug"
    f' ... @defer(label: "a") {{ {AUTHOR} }} ... @defer(label: "b") {{ {COMMENTS} }} }} }} }}',
    "the root": f"{{ ... @defer {{ posts {{ nodes {{ slug {COMMENTS} }} }} }} }}",
    "a named one": f"{{ posts {{ nodes {{ ...A @defer }} }} }} fragment A on Post {{ {COMMENTS} }}",
    "a stream": f"{{ posts {{ nodes @stream(initialCount: 1) {{ slug {AUTHOR} }} }} }}",
}


async def parts_of(database: Database, query: str) -> AsyncIterator[dict[str, Any]]:
    """Run a query as the endpoint does for who takes parts."""
    context = Context.of(
        database,
        Viewer(),
        CursorCodec(SECRET_KEY, Viewer().tenant_id),
        execution=Execution(in_parts=True),
    )
    result: Any = await build_schema().execute(query, context_value=context)
    assert isinstance(result, ExperimentalIncrementalExecutionResults)
    incremental = Incremental(context)
    async with aclosing(parts_in_order(result)) as results:
        async for part in results:
            yield incremental.parts_of(part)
    await context.loaders.close()


def merged(into: Any, part: Any) -> Any:
    if isinstance(into, dict) and isinstance(part, dict):
        return {**into, **{name: merged(into.get(name), value) for name, value in part.items()}}
    if isinstance(into, list) and isinstance(part, list):
        return [merged(*each) for each in zip(into, part, strict=True)]
    return part


def put(whole: Any, path: list[Any], change: Any) -> Any:
    """Return ``whole`` with what stands at the path changed."""
    if not path:
        return change(whole)
    copy = list(whole) if isinstance(whole, list) else dict(whole)
    copy[path[0]] = put(copy[path[0]], path[1:], change)
    return copy


async def put_together(database: Database, query: str) -> Any:
    data: Any = None
    async for part in parts_of(database, query):
        assert "errors" not in part
        data = part.get("data", data)
        for each in part.get("incremental", ()):
            if "items" in each:
                data = put(data, each["path"], lambda entries, items=each["items"]: entries + items)
            else:
                data = put(data, each["path"], lambda at, more=each["data"]: merged(at, more))
    assert part["hasNext"] is False
    return data


@pytest.mark.parametrize("n_posts", [1, 5])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_the_parts_are_the_whole_answer_for_the_same_statements(  # fixtures
    n_posts: int,
    query: str,
    make: Factory,
    execute: Execute,
    database: Database,
    statements: Recorder,
) -> None:
    for _ in range(n_posts):
        post = await make.post()
        for _ in range(2):
            await make.comment(post=post)
    whole = await execute.data(query)
    with statements() as for_whole:
        await Execute(database, modes=[next(iter(execute._modes))]).data(query)  # noqa: SLF001  # one of them only
    with statements() as for_parts:
        assert await put_together(database, query) == whole
    assert for_parts.loaders == for_whole.loaders


async def test_an_error_in_a_part_has_its_code_and_hides_what_is_ours(
    make: Factory, database: Database
) -> None:
    await make.post()
    query = '{ posts { nodes { slug ... @defer { comments(after: "x") { nodes { body } } } } } }'
    parts = [part async for part in parts_of(database, query)]
    [completed] = [each for part in parts for each in part.get("completed", ())]
    [error] = completed["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == ["posts", "nodes", 0, "comments"]
