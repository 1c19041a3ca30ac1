"""The server as in production, on the sample content, with somebody who may write."""

from collections.abc import Iterator
from functools import partial

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

AUTHOR = "author"
LOGIN = """
mutation Login($username: String!, $password: String!) {
  login(input: {username: $username, password: $password}) { tokens { accessToken } }
}
"""


@pytest.fixture(scope="session")
def url(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the sample content; give the address of the endpoint."""
    folder = tmp_path_factory.mktemp("clients")
    with server.empty_database() as database, serving.serve(database, folder) as base:
        postgres.on_engine(database, partial(_add_people, database))
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
