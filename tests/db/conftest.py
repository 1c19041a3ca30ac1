"""Databases with other settings, and one that is overheard."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.settings import Settings
from tests.db.reading import Open
from tests.support.postgres import address
from tests.support.proxy import Proxy, proxy


@pytest.fixture
def opened(settings: Settings) -> Open:
    """Open another database object with some settings changed."""

    @asynccontextmanager
    async def open_with(*, serving: bool = False, **changes: object) -> AsyncGenerator[Database]:
        changed = settings.model_copy(update=changes)
        engine = create_engine(changed, serving=serving)
        try:
            yield Database(engine, pgbouncer=changed.pgbouncer)
        finally:
            await engine.dispose()

    return open_with


@pytest.fixture
async def overheard(settings: Settings, opened: Open) -> AsyncGenerator[tuple[Database, Proxy]]:
    """Give a database with one connection of two at most, through a proxy that hears it."""
    async with proxy(settings.url) as between:
        there = SecretStr(address(between.url))
        async with opened(pool_size=2, database_url=there) as database:
            async with database.engine.connect():  # SQLAlchemy asks about the server itself
                pass
            between.take()
            yield database, between
