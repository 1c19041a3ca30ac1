"""A database that does not answer: what clients are told, and when."""

import asyncio
import socket

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.db.fault import UNAVAILABLE
from graphql_api.errors import UnavailableError
from graphql_api.settings import Settings
from tests.db.reading import FOR_LONG, SLEEP, Open, taken, value
from tests.support.patience import patience


async def test_a_database_nobody_listens_at_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgresql://someone:hidden@127.0.0.1:{port}/nowhere"
    engine = create_engine(Settings.load(_env_file=None, database_url=url, secret_key="k" * 32))
    with pytest.raises(UnavailableError) as failed:
        await value(Database(engine), "SELECT 1")
    assert failed.value.message == UNAVAILABLE
    assert failed.value.extensions == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
    await engine.dispose()


async def test_a_database_that_never_answers_is_unavailable_in_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://someone:hidden@127.0.0.1:{silent.getsockname()[1]}/nowhere"
        engine = create_engine(Settings.load(_env_file=None, database_url=url, secret_key="k" * 32))
        async with asyncio.timeout(30):
            with pytest.raises(UnavailableError):
                await value(Database(engine), "SELECT 1")
        await engine.dispose()


async def test_a_pool_that_stays_exhausted_is_unavailable(opened: Open) -> None:
    async with opened(pool_size=1, pool_timeout_s=0.1) as database, database.engine.connect():
        with pytest.raises(UnavailableError) as failed:
            async with patience():
                await value(database, "SELECT count(*) FROM posts")
        assert failed.value.message == UNAVAILABLE


async def test_what_a_client_is_told_names_no_statement_and_no_host(settings: Settings) -> None:
    told = UNAVAILABLE.lower()
    for secret in ("select", "posts", "sql", str(settings.url.host), "127.0.0.1", "5432"):
        assert secret.lower() not in told


async def test_a_statement_that_takes_too_long_is_unavailable(opened: Open) -> None:
    async with opened(serving=True, command_timeout_s=1) as database:
        with pytest.raises(UnavailableError):
            async with patience():
                await database.reader(1).rows(SLEEP, FOR_LONG)
        assert taken(database) == 0
        assert await value(database, "SELECT 1") == 1


async def test_a_statement_that_the_server_stops_is_unavailable(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("SET statement_timeout = '50ms'"))
        await connection.commit()
    with pytest.raises(UnavailableError):
        await database.reader(1).rows(SLEEP, FOR_LONG)
