"""One world for all tests here, which only read."""

from collections.abc import Callable

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.execution import Mode
from graphql_api.models import DEFAULT_TENANT, Role, Viewer
from graphql_api.settings import Settings
from tests.schema.client import Execute, settings_for
from tests.schema.statements.world import MOST, Ids, make_world
from tests.support.postgres import on_engine


@pytest.fixture(scope="package")
def world(migrated_database: tuple[URL, Callable[[], None]]) -> Ids:
    """Make the world, and return the ids of its parents in the order of their numbers."""
    url, empty = migrated_database
    empty()
    ids: Ids = {}

    async def fill(engine: AsyncEngine) -> None:
        ids.update(await make_world(Database(engine), range(MOST)))

    on_engine(url, fill)
    return ids


@pytest.fixture
def settings(world: Ids, migrated_database: tuple[URL, Callable[[], None]]) -> Settings:
    """Give the settings for the database that holds the world."""
    assert world
    url, _ = migrated_database
    return settings_for(url)


@pytest.fixture(params=list(Mode), ids=lambda mode: mode.value)
def execute(database: Database, request: pytest.FixtureRequest) -> Execute:
    """Give what runs operations by one executor, as who sees everything: statements are counted."""
    viewer = Viewer(DEFAULT_TENANT, 1, Role.ADMINISTRATOR)
    return Execute(database, viewer=viewer, modes=[request.param])
