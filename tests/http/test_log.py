"""The log: one line an operation, in which nothing is what somebody sent."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.http.observing import hash_of
from graphql_api.services.people.keys import token_keys
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.http.logging_to import Log, logged
from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking
from tests.support.factories import Factory

QUERY = """query Newest($n: Int) { posts(first: $n) { nodes {
    title author { displayName } comments { nodes { body author { displayName } } } } } }"""
MUTATION = 'mutation { createPost(input: {title: "a", body: "b"}) { errors { message } } }'


@pytest.fixture(scope="module")
def log(base_url: str) -> Iterator[Log]:  # noqa: ARG001  # what serves for longer has no log
    """Catch the log of the tests of this module."""
    with logged() as found:
        yield found


@pytest.fixture(scope="module")
def base(migrated_database: tuple[URL, Callable[[], None]], log: Log) -> Iterator[str]:  # noqa: ARG001  # set up before
    """Run the application; give the base of its addresses."""
    with running(settings_for(migrated_database[0])) as found:
        yield found


def ours(log: Log) -> list[dict[str, Any]]:
    """List the lines of operations and refusals."""
    return [line for line in log.lines if "logger" not in line]


def told(base: str, log: Log, query: str, **more: Any) -> dict[str, Any]:
    """Ask, and return the one line that is there once the server is done with the request."""
    n_before = len(ours(log))
    answer = asking.post(f"{base}/graphql", json={"query": query, **more.pop("json", {})}, **more)
    asking.get(f"{base}/healthz")  # the answer comes before the line
    [line] = ours(log)[n_before:]
    assert line["request_id"] == answer.headers["x-request-id"]
    return line


async def test_a_line_says_what_an_operation_was_and_took(
    base: str, log: Log, make: Factory
) -> None:
    for _ in range(2):
        post = await make.post()
        for _ in range(3):
            await make.comment(post=post)
    line = told(base, log, QUERY, json={"variables": {"n": 2}})
    assert line.pop("ms") > 0
    assert re.fullmatch(r"[0-9a-f]{16}", line.pop("request_id"))
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line.pop("timestamp"))
    assert line == {
        "event": "operation",
        "level": "info",
        "name": "Newest",
        "kind": "query",
        "hash": hash_of(QUERY),
        "cost": 2 + 2 * 20,
        "statements": 4,
        "batches": 4,
        "keys": 1 + 2 + 2 + 6,
        "rows": 2 + 2 + 6 + 6,
        "tenant": 1,
        "viewer": None,
        "status": 200,
        "errors": 0,
    }


def test_the_hash_is_the_beginning_of_sha_256() -> None:
    assert hash_of("{ a }") == "1c7e1e347f726166"
    assert hash_of("\ud800") is not None
    assert hash_of("") is None


@pytest.mark.parametrize("executor", ["plan", "reference"])
def test_a_name_is_that_of_the_document(
    executor: str, migrated_database: tuple[URL, Callable[[], None]], log: Log
) -> None:
    plain = settings_for(migrated_database[0]).model_copy(update={"execution": executor})
    two = "query A { a: __typename } mutation B { b: __typename }"
    with running(plain) as base:
        for _ in range(2):  # found in the cache the second time
            line = told(base, log, two, json={"operationName": "B"})
            assert (line["name"], line["kind"]) == ("B", "mutation")
        line = told(base, log, two, json={"operationName": "\x1b[31mC"})
    assert (line["name"], line["kind"], line["codes"]) == (None, None, ["BAD_REQUEST"])


async def test_a_mutation_counts_its_statements_and_names_who_asks(
    base: str, log: Log, make: Factory, settings: Settings
) -> None:
    viewer = await make.viewer()
    token = AccessTokens(token_keys(settings)).issue(viewer, uuid4()).text
    line = told(base, log, MUTATION, headers={"authorization": f"Bearer {token}"})
    assert (line["kind"], line["viewer"], line["errors"]) == ("mutation", viewer.user_id, 0)
    assert line["statements"] > 3
    assert token not in log.text


@pytest.mark.parametrize("given", ["from-a-proxy:1.2_3", "a" * 100])
def test_the_id_of_a_request_is_taken_over(given: str, base: str, log: Log) -> None:
    line = told(base, log, "{ __typename }", headers={"x-request-id": given})
    assert line["request_id"] == given


@pytest.mark.parametrize("given", ["", "a" * 101, "a	b", 'a"b'])
def test_an_id_that_cannot_be_one_is_replaced(given: str, base: str, log: Log) -> None:
    line = told(base, log, "{ __typename }", headers={"x-request-id": given})
    assert re.fullmatch(r"[0-9a-f]{16}", line["request_id"])


@pytest.mark.usefixtures("settings")
def test_nothing_that_was_sent_as_a_value_is_written(base: str, log: Log) -> None:
    secret = "correct-horse-battery"
    queries: list[dict[str, Any]] = [
        {"query": "query ($s: String!) { tag(slug: $s) { id } }", "variables": {"s": secret}},
        {
            "query": "query ($s: Int!) { posts(first: $s) { totalCount } }",
            "variables": {"s": secret},
        },
        {"query": f'{{ tag(slug: "{secret}") {{ id }} }}'},
        {"query": f'{{ node(id: "{secret}") {{ id }} }}'},
        {"query": f"{{ {secret} }}"},
        {"query": "{ __typename }", "operationName": secret},
        {"query": "{ __typename }", "extensions": {"persistedQuery": secret}},
        {
            "query": 'mutation ($p: String!) { login(input: {username: "ada", password: $p}) '
            "{ errors { message } } }",
            "variables": {"p": secret},
        },
    ]
    for each in queries:
        asking.post(f"{base}/graphql", json=each)
        asking.post(f"{base}/graphql", json=each, headers={"authorization": f"Bearer {secret}"})
        asking.post(f"{base}/graphql?a={secret}", json=each, headers={"cookie": secret})
    assert len(log.lines) >= 3 * len(queries)
    assert secret not in log.text


def test_errors_are_counted_with_their_codes(base: str, log: Log) -> None:
    line = told(base, log, '{ a: node(id: "x") { id } b: node(id: "y") { id } }')
    assert (line["errors"], line["codes"], line["status"]) == (2, ["BAD_USER_INPUT"], 200)
    line = told(base, log, "{ nothing }")
    assert (line["errors"], line["codes"]) == (1, ["GRAPHQL_VALIDATION_FAILED"])
    line = told(base, log, "{ __typename }", headers={"authorization": "Bearer nonsense"})
    assert (line["event"], line["codes"], line["status"]) == ("refused", ["UNAUTHENTICATED"], 401)


async def test_a_fault_of_ours_is_found_by_the_id_of_its_request(
    base: str, log: Log, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE tags RENAME TO hidden_tags"))
    n_before = len(log.lines)
    try:
        answer = asking.post(f"{base}/graphql", json={"query": '{ tag(slug: "hidden") { id } }'})
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE hidden_tags RENAME TO tags"))
    asking.get(f"{base}/healthz")
    [error] = answer.json()["errors"]
    fault, line = log.lines[n_before:]
    request_id = answer.headers["x-request-id"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert (fault["request_id"], fault["level"]) == (request_id, "error")
    assert 'relation "tags" does not exist' in fault["exception"]
    assert (line["request_id"], line["codes"]) == (request_id, ["INTERNAL"])


async def test_a_value_that_the_database_refuses_is_not_in_the_traceback(
    base: str, log: Log, make: Factory, settings: Settings, engine: AsyncEngine
) -> None:
    secret = "correct-horse-battery"
    token = AccessTokens(token_keys(settings)).issue(await make.viewer(), uuid4()).text
    number = "ALTER TABLE posts ADD CONSTRAINT number CHECK (title::int > 0) NOT VALID"
    async with engine.begin() as connection:
        await connection.execute(text(number))
    n_before = len(log.lines)
    try:
        query, headers = (
            MUTATION.replace('"a"', f'"{secret}"'),
            {"authorization": f"Bearer {token}"},
        )
        answer = asking.post(f"{base}/graphql", json={"query": query}, headers=headers)
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE posts DROP CONSTRAINT number"))
    asking.get(f"{base}/healthz")
    fault, _line = log.lines[n_before:]
    assert fault["request_id"] == answer.headers["x-request-id"]
    assert "InvalidTextRepresentationError: a value does not fit" in fault["exception"]
    assert "INSERT INTO posts" in fault["exception"]
    assert secret not in log.text + answer.text


async def test_a_slow_operation_says_which_batches_took_longest(
    migrated_database: tuple[URL, Callable[[], None]], log: Log, make: Factory
) -> None:
    await make.post()
    slow = settings_for(migrated_database[0]).model_copy(update={"slow_operation_s": 1e-9})
    with running(slow) as base:
        line = told(base, log, QUERY)
    assert (line["event"], line["level"], line["batches"]) == ("slow operation", "warning", 3)
    slowest = line["slowest"]
    assert {each["loader"] for each in slowest} == {"Posts", "UserById", "CommentsByPost"}
    assert [each["ms"] for each in slowest] == sorted(
        (each["ms"] for each in slowest), reverse=True
    )
    for each in slowest:
        assert each.keys() == {"loader", "ms", "wait_ms", "keys", "rows"}
        assert 0 <= each["wait_ms"] <= each["ms"]


def test_without_a_log_there_is_no_line(capfd: pytest.CaptureFixture[str], base_url: str) -> None:
    asking.post(f"{base_url}/graphql", json={"query": "{ __typename }"})
    asking.get(f"{base_url}/healthz")
    assert capfd.readouterr() == ("", "")
