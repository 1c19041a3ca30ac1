"""100 posts with 10 comments each and their authors: four ways to resolve them, in one run.

And how the time of ours grows with the number of posts, and how much Python it runs for a request.
Every way writes its answer as JSON.

Uses the embedded PostgreSQL, or the server that DATABASE_URL names (in a database of its own, that
is dropped). The ways take turns, so that a busy machine slows them alike.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import uvloop
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks import bytecodes, naive, ours, selectin
from graphql_api.db import migrate
from graphql_api.db.embedded import embedded_server
from graphql_api.db.engine import create_engine
from graphql_api.db.monitor import recorded
from graphql_api.execution import Mode
from graphql_api.http.app import collect_less_garbage
from graphql_api.settings import Settings

ROUNDS = 15
POSTS = 100
COMMENTS = 10
GROWTH = (10, 100, 1000)
OURS, BY_CORE = "graphql-api", "graphql-api by graphql-core"

PLAIN = "{ posts { title comments { body author { displayName } } } }"

FILL = (
    """INSERT INTO users (tenant_id, username, display_name)
    SELECT 1, 'user-' || n, 'User ' || n FROM generate_series(1, 200) n""",
    """INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    SELECT 1, 1 + n % 200, 'post-' || n, 'Post ' || n, 'Body', '<p>Body</p>', 'Body', 'published',
        now() - n * interval '1 hour' FROM generate_series(1, :posts) n""",
    """INSERT INTO comments (tenant_id, post_id, author_id, body, body_html, body_text, status,
        created_at)
    SELECT 1, post, 1 + (post * 31 + n * 7) % 200, 'Comment ' || n, 'Comment', 'Comment',
        'approved', now() + n * interval '1 second'
    FROM generate_series(1, :posts) post, generate_series(1, :comments) n""",
    "ANALYZE",
)

Run = Callable[[], Awaitable[bytes]]


async def main(settings: Settings) -> None:
    """Fill the database, check that all ways answer alike, measure, and print."""
    engine = create_engine(settings, serving=True)
    await migrate.upgrade(engine)
    async with engine.begin() as connection:
        for statement in FILL:
            await connection.execute(text(statement), {"posts": max(GROWTH), "comments": COMMENTS})
    ours.allow_pages_of(max(GROWTH))
    ways: dict[str, Run] = {
        "naive resolvers": lambda: _encoded(naive.answer(engine, PLAIN)),
        "selectinload": lambda: _encoded(selectin.answer(engine, PLAIN)),
        BY_CORE: partial(ours.encoded, engine, Mode.REFERENCE, POSTS),
        OURS: partial(ours.encoded, engine, Mode.PLAN, POSTS),
    }
    answers = [_normal(orjson.loads(await run())["data"]) for run in ways.values()]
    assert all(answer == answers[0] for answer in answers), "the ways answer differently"
    statements = {name: await _statements(engine, run) for name, run in ways.items()}
    sizes: dict[str, Run] = {
        f"{number:,} posts": partial(ours.encoded, engine, Mode.PLAN, number) for number in GROWTH
    }
    grown = [await _statements(engine, run) for run in sizes.values()]
    collect_less_garbage()
    times, growth = await _times(ways), await _times(sizes)
    await engine.dispose()
    _print(statements, times)
    _print_growth(grown, growth)
    await bytecodes.table(settings)


async def _encoded(answering: Awaitable[Any]) -> bytes:
    return orjson.dumps({"data": await answering})


def _normal(data: Any) -> Any:  # JSON
    """Take the `nodes` of connections away."""
    if isinstance(data, list):
        return [_normal(entry) for entry in data]
    if isinstance(data, dict):
        return (
            _normal(data["nodes"]) if "nodes" in data else {k: _normal(v) for k, v in data.items()}
        )
    return data


async def _statements(engine: AsyncEngine, run: Run) -> int:
    with recorded(engine) as log:
        await run()
    return len(log)


async def _times(ways: dict[str, Run]) -> dict[str, tuple[float, float]]:
    """Take the median wall and CPU milliseconds of each way, in turns."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, run in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            await run()
            spent = (time.perf_counter() - wall, time.process_time() - cpu)
            measured[name].append((spent[0] * 1000, spent[1] * 1000))
    return {
        name: (statistics.median(w for w, _ in runs), statistics.median(c for _, c in runs))
        for name, runs in measured.items()
    }


def _print(statements: dict[str, int], times: dict[str, tuple[float, float]]) -> None:
    wall_of_ours, cpu_of_ours = times[OURS]
    print(f"{POSTS} posts, {COMMENTS} comments each, and their authors, as JSON")
    print(f"median of {ROUNDS} rounds in turns; what ours takes is 1\n")
    print(f"{'':28}{'statements':>12}{'time':>12}{'CPU (Python)':>14}{'time':>8}{'CPU':>7}")
    for name, (wall, cpu) in times.items():
        print(
            f"{name:28}{statements[name]:>12,}{wall:>9.1f} ms{cpu:>11.1f} ms"
            f"{wall / wall_of_ours:>8.1f}{cpu / cpu_of_ours:>7.1f}"
        )


def _print_growth(statements: list[int], times: dict[str, tuple[float, float]]) -> None:
    print(f"\n{OURS}, more posts\n")
    print(f"{'':28}{'statements':>12}{'time':>12}{'CPU (Python)':>14}{'time per post':>17}")
    for n_posts, number, (name, (wall, cpu)) in zip(GROWTH, statements, times.items(), strict=True):
        each = wall / n_posts * 1000
        print(f"{name:28}{number:>12,}{wall:>9.1f} ms{cpu:>11.1f} ms{each:>14,.0f} µs")


@asynccontextmanager
async def _own_database(url: str) -> AsyncGenerator[str]:
    """Make a database on the server of ``url``, and drop it afterwards."""
    name = f"graphql_api_bench_{os.getpid()}"
    admin = create_engine(Settings.load(database_url=url, secret_key="b" * 32))
    plain = admin.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        async with plain.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        await admin.dispose()


async def _run(url: str) -> None:
    async with _own_database(url) as own:
        await main(Settings.load(database_url=own, secret_key="b" * 32))


if __name__ == "__main__":
    with ExitStack() as stack:
        given = os.environ.get("DATABASE_URL")
        if given is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            given = stack.enter_context(embedded_server(folder)).url("postgres")
        uvloop.run(_run(given))  # as servers do
    sys.stdout.flush()
