"""Migrations from Python: what `graphql-api db` and the readiness check need of Alembic."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.errors import OperatorError

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


async def upgrade(engine: AsyncEngine, revision: str = "head") -> None:
    """Apply the migrations up to ``revision``, all or none."""
    await _act(engine, lambda config: command.upgrade(config, revision))


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Take migrations back to ``revision``; ``base`` takes all back, with every row."""
    await _act(engine, lambda config: command.downgrade(config, revision))


async def check(engine: AsyncEngine) -> None:
    """Compare the database with the models.

    Raises:
        OperatorError: they differ; the sentence names the first difference.
    """
    await _act(engine, command.check)


async def current(engine: AsyncEngine) -> str | None:
    """Return the revision that the database is at; None before the first."""
    async with engine.connect() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )


@cache
def head() -> str | None:
    """Return the newest revision that this code has."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def _act(engine: AsyncEngine, action: Callable[[Config], None]) -> None:
    def on(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        action(config)

    async with engine.begin() as connection:
        try:
            await connection.run_sync(on)
        except CommandError as error:
            raise OperatorError(str(error)) from error


def _config() -> Config:
    if not _PROJECT.exists():
        raise OperatorError("the migrations are not here: install graphql-api from a clone of it")
    return Config(toml_file=_PROJECT)
