"""Errors as a client sees them: a stable code, a sentence, and nothing of ours."""

import asyncio
import logging
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.execution import Mode
from graphql_api.settings import Settings
from tests.schema.client import LEAK, Execute
from tests.support.factories import Factory

POSTS = "{ posts { nodes { slug tags { nodes { name } } } } }"


@pytest.fixture(params=list(Mode), ids=lambda mode: mode.value)
def execute(database: Database, request: pytest.FixtureRequest) -> Execute:
    """Give what runs operations by one executor: what stands in the log is counted."""
    return Execute(database, modes=[request.param])


def codes(errors: Any) -> list[str]:  # a result's errors, or none
    """List the codes of errors."""
    return [error.extensions["code"] for error in errors or []]


async def break_table(engine: AsyncEngine, table: str, name: str) -> None:
    """Rename a table, so that our statements are wrong."""
    async with engine.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


async def test_a_fault_of_ours_is_masked_and_found_in_the_log(
    execute: Execute, engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    await break_table(engine, "posts", "hidden_posts")
    try:
        with caplog.at_level(logging.INFO):
            result = await execute(POSTS)
    finally:
        await break_table(engine, "hidden_posts", "posts")
    assert result.data is None
    [error] = result.errors or []
    request_id = (error.extensions or {})["requestId"]
    assert error.extensions == {"code": "INTERNAL", "requestId": request_id}
    assert error.path == ["posts"]
    assert error.locations
    assert error.message == (
        f"something went wrong on our side; if you report it, give the id {request_id}"
    )
    [record] = [each for each in caplog.records if each.name == "graphql_api.errors"]
    assert record.getMessage() == f"error {request_id} at ['posts']"
    assert vars(record)["request_id"] == request_id
    assert record.exc_info is not None
    assert 'relation "posts" does not exist' in str(record.exc_info[1])


async def test_faults_of_one_request_have_its_id_and_an_entry_each(
    execute: Execute, engine: AsyncEngine, make: Factory, caplog: pytest.LogCaptureFixture
) -> None:
    await make.post()
    await break_table(engine, "tags", "hidden_tags")
    try:
        result = await execute('{ tag(slug: "t") { id } other: tag(slug: "u") { id } }')
    finally:
        await break_table(engine, "hidden_tags", "tags")
    assert result.data == {"tag": None, "other": None}
    assert codes(result.errors) == ["INTERNAL", "INTERNAL"]
    [request_id] = {(error.extensions or {})["requestId"] for error in result.errors or []}
    said = [each.getMessage() for each in caplog.records if each.name == "graphql_api.errors"]
    assert sorted(said) == [f"error {request_id} at ['{field}']" for field in ("other", "tag")]


async def test_a_mistake_of_a_client_is_no_entry_in_the_log(
    execute: Execute, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for query in (
            "{",
            "{ nothing }",
            '{ node(id: "secret") { id } }',
            "{ posts(first: 0) { totalCount } }",
        ):
            assert (await execute(query)).errors
        await execute("query ($n: Int!) { posts(first: $n) { totalCount } }", n="secret")
    assert caplog.records == []


@pytest.mark.parametrize(
    ("query", "values", "said"),
    [
        (
            "{ node(id: null) { id } }",
            {},
            "Expected value of non-null type 'ID!' not to be null.",
        ),
        (
            "query ($id: ID!) { node(id: $id) { id } }",
            {"id": True},
            "Variable '$id' has invalid value: ID cannot represent value: true",
        ),
        (
            "query ($n: Int) { posts(first: $n) { totalCount } }",
            {"n": False},
            "Variable '$n' has invalid value: Int cannot represent non-integer value: false",
        ),
        (
            "{ None }",
            {},
            "Cannot query field 'None' on type 'Query'.",
        ),
    ],
)
async def test_a_message_speaks_graphql_not_python(
    query: str, values: dict[str, object], said: str, execute: Execute
) -> None:
    result = await execute(query, **values)
    assert [error.message.partition(" Did you mean")[0] for error in result.errors or []] == [said]


async def test_a_database_that_is_not_there_is_unavailable(settings: Settings) -> None:
    gone = settings.model_copy(
        update={"database_url": type(settings.database_url)("postgresql://a:b@127.0.0.1:1/none")}
    )
    engine = create_engine(gone)
    result = await Execute(Database(engine), modes=[Mode.PLAN])(
        '{ posts { totalCount } tag(slug: "t") { id } }'
    )
    await engine.dispose()
    assert result.data is None
    assert set(codes(result.errors)) == {"UNAVAILABLE"}
    for error in result.errors or []:
        assert (
            error.message == "the content database does not answer at the moment; please try again"
        )


async def test_a_full_pool_is_unavailable(settings: Settings) -> None:
    engine = create_engine(settings.model_copy(update={"pool_size": 1, "pool_timeout_s": 0.1}))
    async with engine.connect() as one:
        await one.execute(text("SELECT 1"))
        result = await Execute(Database(engine), modes=[Mode.PLAN])("{ categories { id } }")
    await engine.dispose()
    assert codes(result.errors) == ["UNAVAILABLE"]


async def test_a_table_that_stays_locked_is_unavailable(
    settings: Settings, engine: AsyncEngine
) -> None:
    impatient = create_engine(settings)
    async with engine.begin() as locker, impatient.connect() as one:
        await locker.execute(text("LOCK TABLE categories IN ACCESS EXCLUSIVE MODE"))
        await one.execute(text("SET lock_timeout = '50ms'"))
        await one.commit()
        await one.close()
        result = await Execute(Database(impatient), modes=[Mode.PLAN])("{ categories { id } }")
    await impatient.dispose()
    assert codes(result.errors) == ["UNAVAILABLE"]


async def test_a_lost_connection_is_unavailable_and_the_next_request_is_served(
    execute: Execute, engine: AsyncEngine
) -> None:
    async with engine.begin() as locker:
        await locker.execute(text("LOCK TABLE categories IN ACCESS EXCLUSIVE MODE"))
        waiting = asyncio.create_task(execute("{ categories { id } }"))
        async with engine.connect() as killer:
            while not waiting.done():  # a read that lost its connection takes another one, once
                await killer.execute(_TERMINATE)
                await killer.rollback()
                await asyncio.sleep(0.01)
        result = await waiting
    assert codes(result.errors) == ["UNAVAILABLE"]
    assert await execute.data("{ categories { id } }") == {"categories": []}


_TERMINATE = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND datname = current_database()"
)

WRONG_DOCUMENTS = {
    "{ posts {": "GRAPHQL_PARSE_FAILED",
    "posts": "GRAPHQL_PARSE_FAILED",
    '{ tag(slug: "\\ud800") { id } }': "GRAPHQL_PARSE_FAILED",
    "{ a" * 1000: "GRAPHQL_PARSE_FAILED",
    "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
    "{ posts }": "GRAPHQL_VALIDATION_FAILED",
    "{ posts { totalCount { a } } }": "GRAPHQL_VALIDATION_FAILED",
    "{ posts(size: 1) { totalCount } }": "GRAPHQL_VALIDATION_FAILED",
    "{ tag { id } }": "GRAPHQL_VALIDATION_FAILED",
    "{ posts(first: $n) { totalCount } }": "GRAPHQL_VALIDATION_FAILED",
    "query ($n: String) { posts(first: $n) { totalCount } }": "GRAPHQL_VALIDATION_FAILED",
    "{ posts { ...Unknown } }": "GRAPHQL_VALIDATION_FAILED",
    "mutation { like }": "GRAPHQL_VALIDATION_FAILED",
    '{ posts(first: "1") { totalCount } }': "BAD_USER_INPUT",
    "{ posts(orderBy: [{field: NAME}]) { totalCount } }": "BAD_USER_INPUT",
    "{ posts(orderBy: [{}]) { totalCount } }": "BAD_USER_INPUT",
    "{ post(by: {}) { id } }": "BAD_USER_INPUT",
    "{ tag(slug: null) { id } }": "BAD_USER_INPUT",
}


@pytest.mark.parametrize("document", WRONG_DOCUMENTS, ids=lambda text: ascii(text[:40]))
async def test_a_wrong_document_has_its_code(document: str, execute: Execute) -> None:
    result = await execute(document)
    assert result.data is None
    assert set(codes(result.errors)) == {WRONG_DOCUMENTS[document]}
    for error in result.errors or []:
        assert not LEAK.search(error.message), error.message
        assert error.locations


WRONG_VARIABLES: dict[str, tuple[str, dict[str, object]]] = {
    "missing": ("query ($v: ID!) { node(id: $v) { id } }", {}),
    "null": ("query ($v: ID!) { node(id: $v) { id } }", {"v": None}),
    "an object": ("query ($v: ID!) { node(id: $v) { id } }", {"v": {}}),
    "text for a number": ("query ($v: Int) { posts(first: $v) { totalCount } }", {"v": "1"}),
    "a fraction": ("query ($v: Int) { posts(first: $v) { totalCount } }", {"v": 1.5}),
    "a number for text": ("query ($v: String!) { tag(slug: $v) { id } }", {"v": 1}),
    "an unknown field": (
        "query ($v: PostWhere) { posts(where: $v) { totalCount } }",
        {"v": {"a": 1}},
    ),
    "an unknown value": (
        "query ($v: [PostOrder!]) { posts(orderBy: $v) { totalCount } }",
        {"v": [{"field": "title"}]},
    ),
    "a null in a list": ("query ($v: [ID!]!) { nodes(ids: $v) { id } }", {"v": [None]}),
    "text for a truth": ("query ($v: Boolean) { categories(rootsOnly: $v) { id } }", {"v": "yes"}),
}


@pytest.mark.parametrize(("query", "variables"), WRONG_VARIABLES.values(), ids=WRONG_VARIABLES)
async def test_a_wrong_variable_is_bad_input(
    query: str, variables: dict[str, object], execute: Execute
) -> None:
    result = await execute(query, **variables)
    assert result.data is None
    assert set(codes(result.errors)) == {"BAD_USER_INPUT"}
    for error in result.errors or []:
        assert error.message.startswith("Variable '$v' has invalid value")


async def test_an_error_in_a_nullable_field_leaves_the_rest(
    execute: Execute, make: Factory
) -> None:
    await make.post(slug="p")
    result = await execute(
        '{ node(id: "x") { id } posts { nodes { slug } } post(by: {slug: "p"}) { slug } }'
    )
    assert result.data == {
        "node": None,
        "posts": {"nodes": [{"slug": "p"}]},
        "post": {"slug": "p"},
    }
    assert codes(result.errors) == ["BAD_USER_INPUT"]


async def test_a_failing_field_does_not_harm_a_neighbour_that_waits_for_the_same_key(
    execute: Execute, make: Factory
) -> None:
    author = await make.user(username="ada")
    await make.post(slug="p", author=author)
    result = await execute(
        """{
          a: post(by: {slug: "p"}) { author { username } comments(first: 0) { totalCount } }
          b: post(by: {slug: "p"}) { author { username posts { nodes { slug } } } }
          c: post(by: {slug: "p"}) { comments(after: "x") { totalCount } author { username } }
          d: posts { nodes { author { username } tags { totalCount } } }
        }"""
    )
    ada = {"username": "ada"}
    assert result.data == {
        "a": None,
        "b": {"author": ada | {"posts": {"nodes": [{"slug": "p"}]}}},
        "c": None,
        "d": {"nodes": [{"author": ada, "tags": {"totalCount": 0}}]},
    }
    assert sorted(error.path or [] for error in result.errors or []) == [
        ["a", "comments"],
        ["c", "comments"],
    ]


async def test_a_failing_relation_fails_where_it_is_asked_for_alone(
    execute: Execute, engine: AsyncEngine, make: Factory
) -> None:
    await make.post(slug="p")
    await break_table(engine, "post_tags", "hidden_post_tags")
    try:
        result = await execute(
            '{ a: post(by: {slug: "p"}) { tags { totalCount } }'
            ' b: post(by: {slug: "p"}) { slug author { username } } }'
        )
    finally:
        await break_table(engine, "hidden_post_tags", "post_tags")
    assert result.data is not None
    assert result.data["a"] is None
    assert result.data["b"]["slug"] == "p"
    assert [error.path for error in result.errors or []] == [["a", "tags"]]
