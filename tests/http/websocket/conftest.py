"""One running application with streams for all tests of a worker."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL

from graphql_api.services.people.keys import token_keys
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.http.running import running
from tests.http.websocket import schema
from tests.schema.client import settings_for


@pytest.fixture(scope="session")
def streams_url(migrated_database: tuple[URL, Callable[[], None]]) -> Iterator[str]:
    """Run the application; give the base of its addresses."""
    url, _ = migrated_database
    with running(settings_for(url), schema.route(), schema.http_route()) as base:
        yield base


@pytest.fixture
def tokens(settings: Settings) -> AccessTokens:
    """Give what signs as the running application does."""
    return AccessTokens(token_keys(settings))
