"""Loaders as a request has them: one fresh set on few connections, closed in the end."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, cast

import pytest
from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Viewer


@pytest.fixture
async def operation(database: Database) -> AsyncGenerator[Operation]:
    """Begin an operation of the default tenant on three connections, and end it."""
    operation = Operation(database.reader(3), Viewer())
    yield operation
    await operation.close()


@pytest.fixture
def loaders(operation: Operation) -> Loaders:
    """Give the operation's loaders."""
    return Loaders(operation)


@pytest.fixture
def n_connections_in_use(engine: AsyncEngine) -> Callable[[], int]:
    """Count the connections that somebody took and did not give back yet."""
    return cast("AsyncAdaptedQueuePool", engine.pool).checkedout


@pytest.fixture
async def complaints() -> AsyncGenerator[list[dict[str, Any]]]:
    """Collect what asyncio complains about, such as errors that nobody looked at."""
    found: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: found.append(context))
    yield found
    loop.set_exception_handler(None)
