"""What every test may ask for: a real PostgreSQL, emptied before each test, and rows in it."""

import os
import signal
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.db.monitor import StatementLog, recorded
from graphql_api.http.app import collect_less_garbage
from graphql_api.settings import PREFIX, Settings
from tests.support import postgres, serving
from tests.support.factories import Factory
from tests.support.hang import limited

SECRET_KEY = serving.SECRET_KEY


def pytest_configure() -> None:
    """End a terminated run as an interrupted one, so that no PostgreSQL stays behind.

    Garbage is collected as in a server: new documents have the collector come, and not for all.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    collect_less_garbage()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Have a test that hangs, or its fixtures, say where before the watchdog ends the run."""
    watchdog_s = float(str(item.config.getini("faulthandler_timeout")))
    with limited(item.nodeid, 0.8 * watchdog_s):
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def database_url() -> str | None:
    """Take ``DATABASE_URL`` and our own variables out of the environment that the tests see."""
    found = os.environ.pop("DATABASE_URL", None)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    return found


@pytest.fixture(scope="session")
def server(
    database_url: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[postgres.Server]:
    """Reach the PostgreSQL of this run, one for all workers."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with postgres.server(database_url, folder / "postgres") as found:
        yield found


@pytest.fixture(scope="session")
def migrated_database(server: postgres.Server) -> Iterator[tuple[URL, Callable[[], None]]]:
    """Keep one migrated database for all tests of this worker."""
    with postgres.migrated_database(server) as found:
        yield found


@pytest.fixture
def empty_database(server: postgres.Server) -> Iterator[URL]:
    """Lend a database without tables to one test."""
    with server.empty_database() as url:
        yield url


@pytest.fixture
def settings(migrated_database: tuple[URL, Callable[[], None]]) -> Settings:
    """Give the settings for a database that holds the default tenant and nothing else."""
    url, empty = migrated_database
    empty()
    return Settings.load(
        _env_file=None, database_url=postgres.address(url), secret_key=SECRET_KEY, pool_size=4
    )


@pytest.fixture
async def engine(settings: Settings) -> AsyncGenerator[AsyncEngine]:
    """Give an engine whose connections end with the test, on the test's own event loop."""
    engine = create_engine(settings)
    yield engine
    await engine.dispose()


@pytest.fixture
def database(engine: AsyncEngine) -> Database:
    """Give the database as services and loaders know it."""
    return Database(engine)


@pytest.fixture
async def served(settings: Settings) -> AsyncGenerator[Database]:
    """Give the database as a server has it."""
    engine = create_engine(settings, serving=True)
    yield Database(engine)
    await engine.dispose()


@pytest.fixture
def make(database: Database) -> Factory:
    """Make rows: ``post = await make.post(author=user)``."""
    return Factory(database)


@pytest.fixture
def statements(engine: AsyncEngine) -> Callable[[], AbstractContextManager[StatementLog]]:
    """Log what a ``with`` block sends to the database."""
    return partial(recorded, engine)


@pytest.fixture(scope="session")
def live_server(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the sample content as in development; give the base of its addresses."""
    with (
        server.empty_database() as database,
        serving.serve(
            database, tmp_path_factory.mktemp("server"), GRAPHQL_API_DEVELOPMENT="true"
        ) as base,
    ):
        yield base
