"""docs/adding-a-type.md is followed to the letter, on a copy of the project."""

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
    for name in ("graphql_api", "migrations", "tests"):
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
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("-m", "alembic", "upgrade", "head")
    run("-m", "alembic", "revision", "--autogenerate", "-m", "series")
    run("-m", "alembic", "upgrade", "head")
    told = run("-m", "pytest", "-p", "no:cacheprovider", "tests/schema/test_series.py")

    assert " 1 passed " in told


def test_every_block_of_the_page_names_its_file() -> None:
    assert len(BLOCK.findall(PAGE.read_text())) == PAGE.read_text().count("\n```") // 2
