"""The PostgreSQL that the tests run on, and the databases they get from it.

``DATABASE_URL`` names a server from 15 on whose user may create databases; without it, all workers
of a run share one embedded server. Each worker migrates one database of its own, and empties it
before every test that uses it: 8 ms, where a clone of a template costs three times as much.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from graphql_api.db import migrate
from graphql_api.db.embedded import embedded_server
from graphql_api.models import Base

_TABLES = ", ".join(table.name for table in Base.metadata.sorted_tables)
# a test that leaves a transaction open makes the next one fail, not hang
_EMPTY = f"""
    SET lock_timeout = '10s';
    TRUNCATE {_TABLES} RESTART IDENTITY;
    INSERT INTO tenants (slug, name) VALUES ('default', 'Default')
"""  # noqa: S608  # the names are our tables'; the identity gives the tenant its number again


# several servers may publish at once, and each may come in between
_MOST_DEADLOCKS = 9


class Link:
    """A connection for synchronous fixtures, which stand outside the tests' event loops."""

    def __init__(self, url: URL) -> None:
        self._loop = asyncio.new_event_loop()
        # nothing that a fixture waits for takes this long: what hangs fails, and says so
        options = {"jit": "off", "statement_timeout": "60s"}
        connecting = asyncpg.connect(address(url), server_settings=options)
        try:
            self._connection = self._loop.run_until_complete(connecting)
        except BaseException:
            self._loop.close()
            raise

    def execute(self, sql: str, *values: object) -> None:
        """Run one statement with ``values`` for ``$1`` and so on, or several without."""
        self._loop.run_until_complete(self._connection.execute(sql, *values))

    def fetch(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one query and return its rows."""
        rows = self._loop.run_until_complete(self._connection.fetch(sql, *values))
        return [tuple(row) for row in rows]

    def close(self) -> None:
        """Close the connection and its loop, without waiting for the server's part."""
        self._connection.terminate()
        self._loop.run_until_complete(asyncio.sleep(0))  # the transport closes in the next turn
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
        on_engine(url, migrate.upgrade)
        with closing(Link(url)) as link:
            yield url, lambda: _empty(link)


def _empty(link: Link) -> None:
    for _ in range(_MOST_DEADLOCKS):
        with suppress(asyncpg.DeadlockDetectedError):  # with servers of tests, just as they publish
            link.execute(_EMPTY)
            return
    link.execute(_EMPTY)


def address(url: URL) -> str:
    """Return ``url`` as asyncpg, psql and ``DATABASE_URL`` take it, with its password."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def on_engine(url: URL, act: Callable[[AsyncEngine], Coroutine[None, None, None]]) -> None:
    """Let ``act`` use an engine of the database at ``url``, from synchronous code."""

    async def run() -> None:
        engine = create_async_engine(url, poolclass=NullPool)
        await act(engine)
        await engine.dispose()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
