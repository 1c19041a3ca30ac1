"""How a command reaches the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.settings import Settings

ResultT = TypeVar("ResultT")


def run_with_database(act: Callable[[Database], Awaitable[ResultT]]) -> ResultT:
    """Run ``act`` on the database that the settings name, and let go of it."""

    async def run() -> ResultT:
        engine = create_engine(Settings.load())
        try:
            return await act(Database(engine))
        finally:
            await engine.dispose()

    return asyncio.run(run())
