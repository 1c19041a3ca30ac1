"""The PostgreSQL that the tests run on, and the databases they get from it.

``DATABASE_URL`` names a server from 15 on whose user may create databases; without it, all workers
of a run share one embedded server. Each worker migrates one database of its own, and empties it
before every test that uses it: 8 ms, where a clone of a template costs three times as much.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from graphql_api.db.embedded import embedded_server
from graphql_api.models import Base

ROOT = Path(__file__).parents[2]

ResultT = TypeVar("ResultT")

_TABLES = ", ".join(table.name for table in Base.metadata.sorted_tables)
# a test that leaves a transaction open makes the next one fail, not hang
_EMPTY = f"""
    SET lock_timeout = '10s';
    TRUNCATE {_TABLES} RESTART IDENTITY;
    INSERT INTO tenants (slug, name) VALUES ('default', 'Default')
"""  # noqa: S608  # the names are our tables'; the identity gives the tenant its number again


class Link:
    """A connection for synchronous fixtures, which stand outside the tests' event loops."""

    def __init__(self, url: URL) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(
            asyncpg.connect(address(url), server_settings={"jit": "off"})
        )

    def execute(self, sql: str, *values: object) -> None:
        """Run one statement with ``values`` for ``$1`` and so on, or several without."""
        self._loop.run_until_complete(self._connection.execute(sql, *values))

    def fetch(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one query and return its rows."""
        rows = self._loop.run_until_complete(self._connection.fetch(sql, *values))
        return [tuple(row) for row in rows]

    def close(self) -> None:
        """Close the connection and its loop."""
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


class Server:
    """Lends databases under names that no other run has."""

    def __init__(self, url: URL, link: Link) -> None:
        self._url = url
        self._link = link

    @contextmanager
    def empty_database(self) -> Iterator[URL]:
        """Create a database without tables, and drop it at the end, whoever is still connected."""
        name = f"graphql_api_test_{uuid4().hex}"
        self._link.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self._url.set(database=name)
        finally:
            self._link.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server(database_url: str | None, folder: Path) -> Iterator[Server]:
    """Reach the server at ``database_url``, or else run the embedded one in ``folder``."""
    with ExitStack() as stack:
        if database_url is None:
            embedded = stack.enter_context(embedded_server(folder, durable=False))
            database_url = embedded.url("postgres")
        url = make_url(database_url).set(drivername="postgresql+asyncpg")
        yield Server(url, stack.enter_context(closing(Link(url))))


@contextmanager
def migrated_database(server: Server) -> Iterator[tuple[URL, Callable[[], None]]]:
    """Lend a database with all tables, and what brings it back to its first state."""
    with server.empty_database() as url:
        migrate(url)
        with closing(Link(url)) as link:
            yield url, lambda: link.execute(_EMPTY)


def address(url: URL) -> str:
    """Return ``url`` as asyncpg, psql and ``DATABASE_URL`` take it, with its password."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def migrate(url: URL) -> None:
    """Bring the database at ``url`` to the newest revision."""
    alembic(url, lambda config: command.upgrade(config, "head"))


def alembic(url: URL, act: Callable[[Config], None]) -> None:
    """Run one of Alembic's commands on the database at ``url``, in one transaction."""

    def bound(connection: Connection) -> None:
        config = Config(toml_file=ROOT / "pyproject.toml")
        config.attributes["connection"] = connection
        act(config)

    async def run() -> None:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(bound)
        await engine.dispose()

    run_apart(run())


def run_apart(work: Coroutine[None, None, ResultT]) -> ResultT:
    """Finish ``work`` on an event loop of its own, from synchronous code."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
