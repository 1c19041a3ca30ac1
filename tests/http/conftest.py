"""One running application for all tests of a worker, on the database that `make` fills."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from sqlalchemy import URL

from graphql_api.settings import Settings
from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking


@pytest.fixture(scope="session")
def base_url(migrated_database: tuple[URL, Callable[[], None]]) -> Iterator[str]:
    """Run the application; give the base of its addresses."""
    url, _ = migrated_database
    with running(settings_for(url)) as base:
        yield base


@pytest.fixture
def http(base_url: str, settings: Settings) -> Iterator[httpx.Client]:  # noqa: ARG001  # empties it
    """Give a client of the application, whose database is empty."""
    with asking.client(base_url) as client:
        yield client
