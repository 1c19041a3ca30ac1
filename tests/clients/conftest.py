"""The server on the sample content, with somebody who may write."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.models import Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people.people import people_of
from graphql_api.services.permission import ANYBODY
from graphql_api.services.sample.people import DEMO_PASSWORDS, add_people
from graphql_api.settings import Settings
from tests.support import asking, postgres, serving

GENERATED = Path(__file__).parent / "src" / "generated"
MANIFESTS = [GENERATED / "persisted-documents.json", GENERATED / "relay-documents.json"]
GRAPHQL_API = Path(sys.executable).with_name("graphql-api")
AUTHOR = "author"
LOGIN = """
mutation Login($username: String!, $password: String!) {
  login(input: {username: $username, password: $password}) { tokens { accessToken } }
}
"""


@pytest.fixture(scope="session")
def content(server: postgres.Server) -> Iterator[URL]:
    """Load the sample content, and those who may change it."""
    with server.empty_database() as database:
        postgres.on_engine(database, serving.fill)
        postgres.on_engine(database, partial(_add_people, database))
        yield database


@pytest.fixture(scope="session")
def url(content: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the content as in production; give the address of the endpoint.

    Four audits of GraphQL over HTTP ask for a type of the schema.
    """
    folder, open_schema = tmp_path_factory.mktemp("server"), {"GRAPHQL_API_INTROSPECTION": "true"}
    with serving.running(content, folder, **open_schema) as (_process, base):
        yield f"{base}/graphql"


@pytest.fixture(scope="session")
def trusted_url(content: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve it to who asks by the manifests of the built clients, and to nobody else."""
    folder = tmp_path_factory.mktemp("trusted")
    for manifest in MANIFESTS:
        subprocess.run(
            (GRAPHQL_API, "persisted", "load", manifest),
            cwd=folder,  # where no .env lies
            env=os.environ | serving.environment_for(content),
            check=True,
        )
    only_trusted = {"GRAPHQL_API_PERSISTED_DOCUMENTS": "trusted"}
    with serving.running(content, folder, **only_trusted) as (_process, base):
        yield f"{base}/graphql"


@pytest.fixture(scope="session")
def token(url: str) -> str:
    """Log in as an author; give the access token."""
    variables = {"username": AUTHOR, "password": DEMO_PASSWORDS[AUTHOR]}
    answer = asking.post(url, json={"query": LOGIN, "variables": variables}).json()
    given: str = answer["data"]["login"]["tokens"]["accessToken"]
    return given


async def _add_people(address: URL, engine: AsyncEngine) -> None:
    settings = Settings.load(
        _env_file=None, database_url=postgres.address(address), secret_key=serving.SECRET_KEY
    )
    with people_of(settings) as people:
        await add_people(Writer(Database(engine), Viewer(), None, ANYBODY, people), people)
