"""One large database for all tests of plans.

Filling it takes about ten seconds; each worker fills its own, at the same time.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL

from graphql_api.db import migrate
from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.execution import Mode
from graphql_api.models import DEFAULT_TENANT, Base, Role, Viewer
from graphql_api.services.seed.bare import bare
from tests.plans.explain import Explainer
from tests.schema.client import Execute, settings_for
from tests.support import postgres

# nobody else's statistics, and no second look at rows that VACUUM could not vouch for
ALONE = "ALTER TABLE {} SET (autovacuum_enabled = off)"
CONTENT = (Path(__file__).parent / "content.sql").read_text(encoding="utf-8")
EVERYTHING = Viewer(DEFAULT_TENANT, 1, Role.ADMINISTRATOR)
TABLES = [table.name for table in Base.metadata.sorted_tables if table.name != "tenants"]


@pytest.fixture(scope="session")
def large_database(server: postgres.Server) -> Iterator[URL]:
    """Keep one database with 100,000 posts."""
    with server.empty_database() as url:
        postgres.on_engine(url, migrate.upgrade)
        with closing(asyncio.new_event_loop()) as loop:
            loop.run_until_complete(_fill(url))
        yield url


async def _fill(url: URL) -> None:
    # VACUUM marks pages as visible only once their commit is on disk
    driver = await asyncpg.connect(
        postgres.address(url), server_settings={"synchronous_commit": "on"}
    )
    async with driver.transaction(), bare(driver, TABLES, lambda *_: None):
        await driver.execute("; ".join(map(ALONE.format, TABLES)))
        await driver.execute(CONTENT)
    await driver.execute("VACUUM (ANALYZE)")
    await driver.close()


@pytest.fixture
async def explainer(large_database: URL) -> AsyncGenerator[Explainer]:
    """Explain what operations on the large database send."""
    settings = settings_for(large_database)
    engine = create_engine(settings)
    # as the engine's own connections, but for what the tests set themselves
    driver = await asyncpg.connect(
        postgres.address(large_database),
        server_settings={"jit": "off", "max_parallel_workers_per_gather": "0"},
    )
    yield Explainer(Execute(Database(engine), viewer=EVERYTHING, modes=[Mode.PLAN]), engine, driver)
    await driver.close()
    await engine.dispose()
