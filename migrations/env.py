"""How Alembic reaches the database: the caller's connection, or the one that the settings name."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from graphql_api.db.engine import create_engine
from graphql_api.models import Base
from graphql_api.settings import Settings

# any number, as long as all who migrate this database take the same
LOCK = text("SELECT pg_advisory_xact_lock(2026112017)")


def run(connection: Connection) -> None:
    """Migrate on ``connection``, all revisions in one transaction, one process after another."""
    connection.execute(LOCK)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Open the connection that the settings name; for the plain ``alembic`` command."""
    engine = create_engine(Settings.load())
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(connect_and_run())
