"""How a command reaches the database."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.db.fault import translated
from graphql_api.errors import OperatorError
from graphql_api.settings import Settings

ResultT = TypeVar("ResultT")

_MISSING = ("42P01", "42703")  # SQLSTATE: no such table, no such column


def run_with_database(act: Callable[[Database], Awaitable[ResultT]]) -> ResultT:
    """Run ``act`` on the database that the settings name, and let go of it.

    Raises:
        OperatorError: the database cannot be reached, or is not migrated.
        UnavailableError: it went away meanwhile.
    """

    async def run() -> ResultT:
        settings = Settings.load()
        engine = create_engine(settings)
        try:
            await _reach(engine)
            return await act(Database(engine, pgbouncer=settings.pgbouncer))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _MISSING:
                said = "the database lacks a table or column; run: graphql-api db upgrade"
                raise OperatorError(said) from error
            raise translated(error) from error
        finally:
            await engine.dispose()

    return asyncio.run(run())


async def _reach(engine: AsyncEngine) -> None:
    """Connect once: what fails here is about the address and nothing else."""
    try:
        async with engine.connect():
            pass
    except (OSError, DBAPIError) as error:
        raise OperatorError(f"cannot use the database {engine.url}: {_reason(error)}") from error


def _reason(error: OSError | DBAPIError) -> str:
    if isinstance(error, DBAPIError):
        return str(error.orig)  # PostgreSQL's own words, such as `role "x" does not exist`
    if error.errno is None:  # several addresses were tried, or time was up
        return "nothing answers there"
    return os.strerror(error.errno) if error.errno > 0 else str(error.strerror)
