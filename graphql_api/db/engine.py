"""The engine: one pool of asyncpg connections a process, set up for short reads."""

from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from graphql_api.settings import Settings

APPLICATION_NAME = "graphql-api"

# A statement's text is constant, so each is prepared once per connection; there are about a hundred
# texts (by relation, order and direction of the page), and one costs PostgreSQL some 50 kB.
_PREPARED_STATEMENTS = 256


def create_engine(settings: Settings) -> AsyncEngine:
    """Build the engine of one process; nothing connects before the first statement."""
    return create_async_engine(
        settings.url,
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        pool_timeout=settings.pool_timeout_s,
        pool_recycle=settings.pool_recycle_s,
        pool_pre_ping=settings.pool_pre_ping,
        hide_parameters=True,  # values are users' data: they stay out of logs and errors
        connect_args=_connect_args(settings),
    )


def _connect_args(settings: Settings) -> dict[str, Any]:
    if settings.pgbouncer:
        # PgBouncer hands each transaction another server connection and refuses most start-up
        # parameters: set `jit` and the timeouts with ALTER ROLE instead (docs/settings.md).
        return {
            "command_timeout": settings.command_timeout_s,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
        }
    return {
        "command_timeout": settings.command_timeout_s,
        "prepared_statement_cache_size": _PREPARED_STATEMENTS,
        "server_settings": {
            "application_name": APPLICATION_NAME,
            # compiling a plan costs more than any of our statements, which touch few rows each
            "jit": "off",
            "timezone": "UTC",
        },
    }
