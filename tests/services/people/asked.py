"""What the tests of people ask the services and the database."""

from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.services.change import Writer
from graphql_api.services.people.accounts import Registration, register
from graphql_api.services.people.people import People
from graphql_api.services.people.sessions import Session
from graphql_api.services.problem import Problem, RefusedError

PASSWORD = "correct horse"
EMAIL = "ada@example.org"


async def refused(doing: Awaitable[object]) -> list[tuple[str, str]]:
    """Check that something is refused, and list the codes, each with its place in the input."""
    return [(problem.code.value, ".".join(problem.path or ())) for problem in await problems(doing)]


async def problems(doing: Awaitable[object]) -> list[Problem]:
    """Check that something is refused, and list why."""
    with pytest.raises(RefusedError) as error:
        await doing
    return list(error.value.problems)


async def rows(database: Database, sql: str, **values: object) -> list[tuple[Any, ...]]:
    """Run a query."""
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(text(sql), values)]


async def execute(database: Database, sql: str, **values: object) -> None:
    """Run a statement."""
    async with database.transaction() as session:
        await session.execute(text(sql), values)


async def registered(
    writer: Writer, people: People, username: str = "ada", **given: Any
) -> Session:
    """Register somebody."""
    email = given.pop("email", f"{username}@example.org")
    password = given.pop("password", PASSWORD)
    return await register(writer, people, Registration(username, password, email, **given))
