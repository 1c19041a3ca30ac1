"""Python's `gql`, over HTTP and over a WebSocket."""

from pathlib import Path

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError

from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.clients

SCHEMA = Path(__file__).parents[2] / "schema.graphql"
LATEST = gql("query Latest($first: Int!) { posts(first: $first) { nodes { id title } } }")
ME = gql("{ viewer { user { username } } }")
DRAFT = gql("""
mutation Draft($input: CreatePostInput!) {
  createPost(input: $input) { post { title status } errors { __typename code path } }
}
""")


def over_http(url: str, token: str | None = None) -> Client:
    """Make a client that asks by POST."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = HTTPXTransport(url, headers=headers, timeout=PATIENCE_S)
    return Client(transport=transport)


def socket(url: str, token: str) -> WebsocketsTransport:
    """Make the way to the server for a client that keeps a socket."""
    payload = {"Authorization": f"Bearer {token}"}
    return WebsocketsTransport(url.replace("http", "ws", 1), init_payload=payload)


def code_of(error: TransportQueryError) -> object:
    """Give the code of the first error."""
    assert error.errors
    return error.errors[0]["extensions"]["code"]


def test_gql_asks_with_variables(url: str) -> None:
    LATEST.variable_values = {"first": 3}
    assert len(over_http(url).execute(LATEST)["posts"]["nodes"]) == 3


def test_gql_writes_as_whoever_its_token_names(url: str, token: str) -> None:
    client = over_http(url, token)
    assert client.execute(ME) == {"viewer": {"user": {"username": "author"}}}
    DRAFT.variable_values = {"input": {"title": "By gql", "body": "One."}}
    assert client.execute(DRAFT)["createPost"] == {
        "post": {"title": "By gql", "status": "DRAFT"},
        "errors": [],
    }


def test_gql_finds_what_a_form_got_wrong_in_the_payload(url: str, token: str) -> None:
    DRAFT.variable_values = {"input": {"title": "", "body": "One."}}
    assert over_http(url, token).execute(DRAFT)["createPost"] == {
        "post": None,
        "errors": [{"__typename": "ValidationError", "code": "REQUIRED", "path": ["title"]}],
    }


def test_gql_raises_the_errors_of_a_request_that_is_refused(url: str) -> None:
    with pytest.raises(TransportQueryError) as raised:
        over_http(url).execute(gql("{ nothing }"))
    assert code_of(raised.value) == "GRAPHQL_VALIDATION_FAILED"


def test_gql_checks_a_document_by_the_schema_file(url: str) -> None:
    client = Client(transport=HTTPXTransport(url), schema=SCHEMA.read_text(encoding="utf-8"))
    with pytest.raises(GraphQLError, match="Cannot query field 'nothing'"):
        client.execute(gql("{ nothing }"))


async def test_gql_asks_without_blocking(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    transport = HTTPXAsyncTransport(url, headers=headers, timeout=PATIENCE_S)
    async with Client(transport=transport) as session:
        assert (await session.execute(ME))["viewer"]["user"]["username"] == "author"


async def test_gql_asks_and_writes_over_one_socket(url: str, token: str) -> None:
    async with Client(transport=socket(url, token)) as session:
        assert (await session.execute(ME))["viewer"]["user"]["username"] == "author"
        DRAFT.variable_values = {"input": {"title": "By a socket", "body": "One."}}
        written = await session.execute(DRAFT)
        assert written["createPost"]["post"] == {"title": "By a socket", "status": "DRAFT"}


async def test_a_wrong_operation_of_gql_ends_alone_on_its_socket(url: str, token: str) -> None:
    async with Client(transport=socket(url, token)) as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(gql("{ nothing }"))
        assert code_of(raised.value) == "GRAPHQL_VALIDATION_FAILED"
        assert (await session.execute(ME))["viewer"]["user"]["username"] == "author"


async def test_gql_hears_that_its_token_proves_nothing(url: str) -> None:
    with pytest.raises(TransportConnectionFailed) as raised:
        await socket(url, "forged").connect()
    assert "4403" in repr(raised.value.__cause__)
