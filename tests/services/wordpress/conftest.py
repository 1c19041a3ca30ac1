"""What the tests of the import share: files, imports of them, and looks at every row."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.services.wordpress import ImportSummary, import_wordpress
from tests.services.wordpress.wxr import document
from tests.support.derived import WRONG

TABLES = ("categories", "comments", "imported_items", "post_tags", "posts", "tags", "users")

Import: TypeAlias = Callable[..., Awaitable[ImportSummary]]
Rows: TypeAlias = Callable[[str], Awaitable[list[dict[str, Any]]]]
Snapshot: TypeAlias = Callable[[], Awaitable[dict[str, list[dict[str, Any]]]]]


@pytest.fixture
def load(database: Database, tmp_path: Path) -> Import:
    """Give what imports a document made of parts."""

    async def run(*parts: str, **header: str) -> ImportSummary:
        path = tmp_path / "export.xml"
        path.write_text(document(*parts, **header), encoding="utf-8")
        return await import_wordpress(database, path)

    return run


@pytest.fixture
def rows(database: Database) -> Rows:
    """Read rows by SQL, each as a dictionary."""

    async def run(sql: str) -> list[dict[str, Any]]:
        found = await database.reader(1).rows(text(sql), {})
        return [dict(row) for row in found]

    return run


@pytest.fixture
def snapshot(rows: Rows) -> Snapshot:
    """Read every row that an import can touch, with the transaction that wrote it last."""

    async def run() -> dict[str, list[dict[str, Any]]]:
        return {
            table: await rows(f"SELECT xmin::text, * FROM {table} ORDER BY 1, 2, 3, 4")  # noqa: S608  # from TABLES
            for table in TABLES
        }

    return run


@pytest.fixture
def consistent(rows: Rows) -> Callable[[], Awaitable[None]]:
    """Hold every derived column against the rows that it is derived from."""

    async def run() -> None:
        assert await rows(WRONG) == []

    return run
