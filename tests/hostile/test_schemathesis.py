"""Operations that Schemathesis makes of the schema: none is a fault of ours."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from graphql import DirectiveDefinitionNode, StringValueNode, parse, print_ast
from graphql.language import DocumentNode
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.models import Role, Viewer
from graphql_api.services.people.keys import token_keys
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.services.sample.loader import load_sample
from tests.hostile import oracle
from tests.schema.client import settings_for
from tests.support.factories import Factory
from tests.support.patience import PATIENCE_S
from tests.support.postgres import on_engine

SCHEMA = Path(__file__).parents[2] / "schema.graphql"
N_EXAMPLES = 3  # of each field of the roots


def _texts(*texts: str) -> Any:
    return st.sampled_from(texts).map(lambda text: StringValueNode(value=text))


schemathesis.graphql.scalar("DateTime", _texts("2024-01-01T00:00:00Z", "tomorrow", ""))
schemathesis.graphql.scalar("URI", _texts("https://example.org/a", "javascript:a", ""))
schemathesis.graphql.scalar("BigInt", _texts("1", "x", "9" * 40))
schemathesis.graphql.scalar("JSON", _texts("{}"))


def without_parts(sdl: str) -> str:
    """Take @defer and @stream out: Schemathesis runs an introspection, which does not know them."""
    document = parse(sdl)
    kept = [
        each
        for each in document.definitions
        if not (
            isinstance(each, DirectiveDefinitionNode) and each.name.value in {"defer", "stream"}
        )
    ]
    return print_ast(DocumentNode(definitions=tuple(kept)))


@pytest.fixture(scope="module")
def client(
    base_url: str, migrated_database: tuple[URL, Callable[[], None]]
) -> Iterator[httpx.Client]:
    """Ask as an administrator, who may do everything, on the sample content."""
    url, empty = migrated_database
    empty()
    made: list[Viewer] = []

    async def fill(engine: AsyncEngine) -> None:
        await load_sample(Database(engine))
        made.append(await Factory(Database(engine)).viewer(Role.ADMINISTRATOR))

    on_engine(url, fill)
    token = AccessTokens(token_keys(settings_for(url))).issue(made[0], uuid4()).text
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base_url, timeout=PATIENCE_S, headers=headers) as client:
        yield client


schema = schemathesis.graphql.from_file(StringIO(without_parts(SCHEMA.read_text(encoding="utf-8"))))


@schema.parametrize()
@settings(max_examples=N_EXAMPLES, deadline=None)
def test_no_operation_of_the_schema_is_a_fault_of_ours(case: Any, client: httpx.Client) -> None:
    oracle.check(client.post("/graphql", json={"query": case.body}))
