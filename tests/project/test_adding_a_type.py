"""docs/adding-a-type.md is followed to the letter, on a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.support.postgres import address

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding-a-type.md"
BLOCK = re.compile(r"`([\w/.]+\.py)`\n\n```(python|diff)\n(.*?)```", re.DOTALL)

# two posts in two series, one without; run in the copy
QUERY = """
import asyncio, json
from sqlalchemy import text
from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.db.monitor import recorded
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.settings import Settings

async def main():
    engine = create_engine(Settings.load())
    async with engine.begin() as connection:
        for statement in (
            "INSERT INTO users (tenant_id, username, display_name) VALUES (1, 'ada', 'Ada')",
            "INSERT INTO series (tenant_id, slug, name) VALUES (1, 'a', 'A'), (1, 'b', 'B')",
            '''INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text,
               status, published_at, series_id)
               SELECT 1, 1, 'p' || n, 'P', '', '', '', 'published', now() - n * interval '1 h',
               nullif(n, 3) FROM generate_series(1, 3) n''',
        ):
            await connection.execute(text(statement))
    loaders = Loaders(Operation(Database(engine).reader(2), 1))
    context = Context(loaders=loaders, cursors=CursorCodec("x", 1))
    query = "{ posts { nodes { series { name } } } node(id: \\"U2VyaWVzOjI=\\") { id } }"
    with recorded(engine) as log:
        result = await build_schema().execute(query, context_value=context)
    assert result.errors is None, result.errors
    await engine.dispose()
    print(json.dumps([result.data, log.loaders]))

asyncio.run(main())
"""


def add_lines(path: Path, diff: str) -> None:
    """Put each ``+`` line of ``diff`` below the line that stands before it."""
    text = path.read_text()
    place = ""
    for line in diff.splitlines():
        if line.startswith("+"):
            assert text.count(place + "\n") == 1, f"{path.name}: not one line is {place!r}"
            text = text.replace(place + "\n", f"{place}\n{line[1:]}\n")
        place = line[1:]
    path.write_text(text)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy what the page changes, and apply every block of it."""
    for name in ("graphql_api", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("static"))
    (tmp_path / "graphql_api/http/static/graphiql/assets").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, kind, content in BLOCK.findall(PAGE.read_text()):
        path = tmp_path / name
        if kind == "diff":
            add_lines(path, content)
        else:
            path.write_text(content)
    return tmp_path


def test_the_page_gives_a_batched_relation(copy: Path, empty_database: URL) -> None:
    environment = os.environ | {
        "DATABASE_URL": address(empty_database),
        "GRAPHQL_API_SECRET_KEY": "k" * 32,
        "PYTHONPATH": str(copy),
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("-m", "alembic", "upgrade", "head")
    run("-m", "alembic", "revision", "--autogenerate", "-m", "series")
    run("-m", "alembic", "upgrade", "head")
    data, statements = json.loads(run("-c", QUERY))

    assert data["posts"]["nodes"] == [
        {"series": {"name": "A"}},
        {"series": {"name": "B"}},
        {"series": None},
    ]
    assert data["node"] == {"id": "U2VyaWVzOjI="}
    assert statements == {"Posts": 1, "SeriesById": 2}  # two levels: a list's, and the root's


def test_every_block_of_the_page_names_its_file() -> None:
    assert len(BLOCK.findall(PAGE.read_text())) == PAGE.read_text().count("\n```") // 2
