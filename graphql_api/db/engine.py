"""The engine: one pool of asyncpg connections a process, set up for short reads."""

from typing import Any
from uuid import uuid4

from asyncpg import PostgresError
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from graphql_api.db.connection import PREPARED_STATEMENTS
from graphql_api.db.fault import quotes_a_value
from graphql_api.db.figures import WAITS, count_statement
from graphql_api.db.pool import ReadyPool
from graphql_api.settings import Settings

APPLICATION_NAME = "graphql-api"

# What a statement of a server may take, in PostgreSQL's words; commands such as an import may take
# longer. 5 s: a request has 8, its reads take milliseconds, and its own deadline comes first.
_SERVER_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "4s",
    "idle_in_transaction_session_timeout": "10s",
}
_CONNECT_TIMEOUT_S = 3.0


def create_engine(settings: Settings, *, serving: bool = False) -> AsyncEngine:
    """Build the engine of one process, with a server's limits or, for commands, without.

    Nothing connects before the first statement.
    """
    engine = create_async_engine(
        settings.url,
        poolclass=ReadyPool,
        pool_size=settings.pool_size,
        max_overflow=0,  # more than the size would be opened and closed for each statement
        pool_timeout=settings.pool_timeout_s,
        pool_recycle=settings.pool_recycle_s,
        hide_parameters=True,  # values are users' data: they stay out of logs and errors
        connect_args=_connect_args(settings, serving=serving),
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    event.listen(engine.sync_engine, "connect", _count_connection)
    event.listen(engine.sync_engine, "before_cursor_execute", count_statement)
    if serving:
        event.listen(engine.sync_engine, "handle_error", _forget_values)
    return engine


def _forget_values(context: ExceptionContext) -> None:
    """Take from an error what it says of the values that were refused: a server logs it.

    Whoever runs a command is told: it is their own value.
    """
    error, cause = context.original_exception, context.original_exception.__cause__
    if isinstance(cause, PostgresError):
        cause.detail = None
    if isinstance(cause, Exception) and quotes_a_value(cause):
        for each in (cause, error, context.sqlalchemy_exception):  # each says it once more
            if each is not None:
                each.args = ("a value does not fit the statement",)


def _count_connection(_connection: DBAPIConnection, _record: object) -> None:
    WAITS.connects += 1


def _refuse_closed(connection: DBAPIConnection, _record: object, _fairy: object) -> None:
    """Have the pool replace a connection that its server closed, and all that are as old.

    The driver hears of it while nobody uses the connection; asking the server each time would be a
    round trip a statement.
    """
    driver: Any = connection
    if driver.driver_connection.is_closed():
        raise InvalidatePoolError


def _connect_args(settings: Settings, *, serving: bool) -> dict[str, Any]:
    timeouts = {
        "timeout": _CONNECT_TIMEOUT_S,
        "command_timeout": settings.command_timeout_s if serving else None,
    }
    if settings.pgbouncer:
        # PgBouncer hands each transaction another server connection and refuses most start-up
        # parameters: set `jit` and the timeouts with ALTER ROLE instead (docs/settings.md).
        return timeouts | {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
        }
    return timeouts | {
        # of writes, which go through SQLAlchemy; reads keep their own (`connection`)
        "prepared_statement_cache_size": PREPARED_STATEMENTS,
        # the driver's own, which neither uses: without one, what is prepared would have no name
        "statement_cache_size": PREPARED_STATEMENTS,
        "max_cached_statement_lifetime": 0,  # as long as the connection
        "server_settings": {
            "application_name": APPLICATION_NAME,
            # compiling a plan costs more than any of our statements, which touch few rows each
            "jit": "off",
            # nor do they gain from a second process, whose start takes longer than they do
            "max_parallel_workers_per_gather": "0",
            # a plan is made once and kept: the keys, sizes and cursors of a page are arrays, and no
            # plan depends on what is in them. Reads whose filters' values matter ask for another
            "plan_cache_mode": "force_generic_plan",
            "timezone": "UTC",
            # a cancelled request's wish to cancel can overtake its statement: look for the client
            "client_connection_check_interval": "1s",
            **(_SERVER_LIMITS if serving else {}),
        },
    }
