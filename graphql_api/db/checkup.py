"""Whether the database is what a server needs: one finding for each question."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from graphql_api.db import migrate
from graphql_api.db.engine import APPLICATION_NAME, create_engine
from graphql_api.settings import Settings

OLDEST = 15
"""The oldest version of PostgreSQL that will do."""

_FULL = 0.8  # of the connections that are to be had; the rest is for migrations and people
_SKEW_S, _WRONG_CLOCK_S = 1.0, 30.0

_CONNECTIONS = text("""
    SELECT current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0),
        (SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND application_name <> :ours
                AND pid <> pg_backend_pid()),
        (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
        (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)
""")


class State(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question, and what to do where it is not a good one."""

    check: str
    state: State
    said: str
    advice: str = ""


async def examine(settings: Settings, workers: int) -> list[Finding]:
    """Ask the database of these settings; without one there is but one finding."""
    # as behind PgBouncer: then it can be reached with one and without
    engine = create_engine(settings.model_copy(update={"pgbouncer": True}))
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            found = [each async for each in _findings(connection, settings, workers)]
        found.append(_migrations(await migrate.current(engine)))
    except (OSError, DBAPIError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error) or "nothing answers"
        advice = "check GRAPHQL_API_DATABASE_URL, that the server runs, and its pg_hba.conf"
        said = f"{engine.url.render_as_string()}: {reason.splitlines()[0]}"
        return [Finding("database", State.PROBLEM, said, advice)]
    finally:
        await engine.dispose()
    return found


async def _findings(
    connection: AsyncConnection, settings: Settings, workers: int
) -> AsyncIterator[Finding]:
    before = time.time()
    row = (await connection.execute(text("SELECT extract(epoch FROM clock_timestamp())"))).one()
    yield Finding("database", State.OK, f"{connection.engine.url.render_as_string()} answers")
    number = int(await connection.scalar(text("SHOW server_version_num")) or 0)
    yield _version(number)
    yield _clock(float(row[0]) - (before + time.time()) / 2)
    raw: Any = (await connection.get_raw_connection()).driver_connection
    # PgBouncer tells its clients a number of its own
    is_pooled = await connection.scalar(text("SELECT pg_backend_pid()")) != raw.get_server_pid()
    yield _pooler(is_pooled=is_pooled, is_told=settings.pgbouncer)
    if is_pooled:
        yield _timeouts(str(await connection.scalar(text("SHOW statement_timeout"))))
    else:
        most = (await connection.execute(_CONNECTIONS, {"ours": APPLICATION_NAME})).one()
        yield _connections(settings.pool_size, workers, *most)
    names = "SELECT extname FROM pg_extension"
    yield _extensions(set((await connection.execute(text(names))).scalars()))


def _version(number: int) -> Finding:
    said = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number // 10_000 >= OLDEST:
        return Finding("version", State.OK, said)
    return Finding("version", State.PROBLEM, said, f"move to PostgreSQL {OLDEST} or newer")


def _clock(skew_s: float) -> Finding:
    said = f"the clocks are {abs(skew_s):.1f} s apart"
    if abs(skew_s) < _SKEW_S:
        return Finding("clock", State.OK, said)
    advice = "run a time service on both machines: tokens and scheduled posts go by the clock"
    bad = abs(skew_s) >= _WRONG_CLOCK_S
    return Finding("clock", State.PROBLEM if bad else State.WARNING, said, advice)


def _pooler(*, is_pooled: bool, is_told: bool) -> Finding:
    said = "PgBouncer, or its like, is between" if is_pooled else "no PgBouncer is between"
    if is_pooled == is_told:
        return Finding("pgbouncer", State.OK, said)
    if is_pooled:
        return Finding("pgbouncer", State.PROBLEM, said, "set GRAPHQL_API_PGBOUNCER=true")
    advice = "unset GRAPHQL_API_PGBOUNCER: reads take longer with it"
    return Finding("pgbouncer", State.WARNING, said, advice)


def _timeouts(statement_timeout: str) -> Finding:
    said = f"statement_timeout is {statement_timeout}"
    if statement_timeout != "0":
        return Finding("timeouts", State.OK, said)
    advice = "give the role its limits, as docs/settings.md has them: PgBouncer does not pass ours"
    return Finding("timeouts", State.WARNING, said, advice)


def _connections(
    pool_size: int, workers: int, most: int, others: int, of_database: int, of_role: int
) -> Finding:
    limits = [most - others, *(each for each in (of_database, of_role) if each >= 0)]
    wanted, left = pool_size * workers, max(min(limits), 0)
    said = f"{workers} times {pool_size} = {wanted} connections at most, of {left} to be had"
    if wanted <= _FULL * left:
        return Finding("connections", State.OK, said)
    advice = "lower GRAPHQL_API_POOL_SIZE, or raise max_connections of the server"
    bad = wanted > left
    return Finding("connections", State.PROBLEM if bad else State.WARNING, said, advice)


def _extensions(installed: set[str]) -> Finding:
    if "pg_stat_statements" in installed:
        return Finding("extensions", State.OK, "none is needed; pg_stat_statements is there")
    said = "none is needed; pg_stat_statements is not there"
    advice = "add it to shared_preload_libraries, and CREATE EXTENSION: it ranks statements"
    return Finding("extensions", State.WARNING, said, advice)


def _migrations(revision: str | None) -> Finding:
    newest = migrate.head()
    if revision == newest:
        return Finding("migrations", State.OK, f"at {revision}, the newest")
    said = f"at {revision or 'nothing'}, where {newest} is the newest"
    return Finding("migrations", State.PROBLEM, said, "run: graphql-api db upgrade")
