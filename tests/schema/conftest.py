"""The schema on the test database."""

import pytest

from graphql_api.db.database import Database
from tests.schema.client import Execute


@pytest.fixture
def execute(database: Database) -> Execute:
    """Give what runs operations on the schema, as the endpoint does."""
    return Execute(database)
