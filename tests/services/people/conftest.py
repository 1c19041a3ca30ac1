"""People of tests: their passwords cost next to nothing, and their keys are made up."""

from collections.abc import Iterator

import pytest

from graphql_api.db.database import Database
from graphql_api.models import DEFAULT_TENANT, Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people.passwords import Passwords
from graphql_api.services.people.people import People
from graphql_api.services.people.sealing import Vault
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.services.permission import ANYBODY
from tests.services.people.cheap import CHEAP, NEW, OLD, ring


@pytest.fixture
def people() -> Iterator[People]:
    """Give what the services share."""
    passwords = Passwords(CHEAP)
    yield People(passwords, AccessTokens(ring(new=NEW)), Vault(ring(new=NEW, old=OLD)))
    passwords.close()


@pytest.fixture
def writer(database: Database) -> Writer:
    """Give the way to write of whoever has not logged in."""
    return Writer(database, Viewer(DEFAULT_TENANT), rule=ANYBODY)
