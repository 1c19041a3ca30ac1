"""What stands around an import: paths, a file that changes, other writers, the database."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.errors import ImportFailedError
from graphql_api.services.wordpress import import_wordpress
from graphql_api.settings import Settings
from tests.services.wordpress.conftest import Rows, Snapshot
from tests.services.wordpress.wxr import comment, document, item

WAITING = """
SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE datname = current_database() AND NOT granted
"""
GOOD = document(item(1, comment(1)), item(2))
# more than one batch, so that posts are written before the last ones are read
LONG = document(*[item(number, content="x" * 900_000) for number in range(1, 10)])


async def test_a_path_that_is_no_file_is_refused(database: Database, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, problem in (
        (tmp_path / "absent.xml", "does not exist"),
        (tmp_path, "is no file"),
        (pipe, "is no file"),
        (tmp_path / ("x" * 300), "cannot be opened: File name too long"),
        (Path("/proc/self/mem"), "cannot be read: Input/output error"),
    ):
        with pytest.raises(ImportFailedError, match=re.escape(f"{path} {problem}")):
            await import_wordpress(database, path)


async def test_a_file_that_changes_meanwhile_is_refused(
    database: Database, snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(GOOD)

    def edit(done: int, total: int) -> None:
        if done == total // 2:
            path.write_text(GOOD.replace("Body of", "Bode of"))

    with pytest.raises(ImportFailedError, match="was changed while it was read"):
        await import_wordpress(database, path, progress=edit)
    assert not any((await snapshot()).values())


async def test_a_failure_half_way_leaves_nothing(
    database: Database, snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(LONG)

    class StopError(Exception):
        """What somebody who watches the progress may raise."""

    def stop(done: int, total: int) -> None:
        if done > total * 0.9:
            raise StopError

    with pytest.raises(StopError):
        await import_wordpress(database, path, progress=stop)
    assert not any((await snapshot()).values())


async def test_two_imports_at_once_end_as_one(
    database: Database, snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(GOOD)
    summaries = await asyncio.gather(*(import_wordpress(database, path) for _ in range(3)))
    assert sorted(summary.posts.added for summary in summaries) == [0, 0, 2]
    assert len((await snapshot())["posts"]) == 2


async def test_a_database_that_does_not_answer_is_a_sentence(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(GOOD)
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    engine = create_engine(settings.model_copy(update={"database_url": SecretStr(nowhere)}))
    with pytest.raises(ImportFailedError, match="was imported: the content database does not"):
        await import_wordpress(Database(engine), path)
    await engine.dispose()


async def test_a_database_without_tables_is_a_sentence(empty_database: URL, tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(GOOD)
    engine = create_async_engine(empty_database)
    with pytest.raises(ImportFailedError, match="no tables yet; run graphql-api db upgrade"):
        await import_wordpress(Database(engine), path)
    await engine.dispose()


async def test_a_tenant_that_is_not_there_is_a_sentence(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(GOOD)
    with pytest.raises(ImportFailedError, match="there is no tenant 99 to import into"):
        await import_wordpress(database, path, tenant_id=99)


async def test_a_rule_of_the_database_is_a_sentence(
    database: Database, rows: Rows, snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(GOOD)
    # as after a backup was restored without its sequences: this id is given once more
    await rows("SELECT setval(pg_get_serial_sequence('posts', 'id'), 1)")
    await import_wordpress(database, path)
    await rows("SELECT setval(pg_get_serial_sequence('posts', 'id'), 1)")
    before = await snapshot()
    path.write_text(document(item(3)))
    with pytest.raises(ImportFailedError, match="rule pk_posts forbids one of its rows") as caught:
        await import_wordpress(database, path)
    assert "\n" not in str(caught.value)
    assert await snapshot() == before


async def test_a_deadlock_is_a_sentence(database: Database, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(GOOD)
    async with database.transaction() as other:
        await other.execute(text("LOCK TABLE users IN ROW EXCLUSIVE MODE"))
        importing = asyncio.create_task(import_wordpress(database, path))
        while not await rows(WAITING):  # noqa: ASYNC110  # the database tells nobody
            await asyncio.sleep(0.01)
        # PostgreSQL ends who looks for a deadlock first
        await other.execute(text("SET LOCAL deadlock_timeout = '1min'"))
        await other.execute(text("LOCK TABLE categories IN ROW EXCLUSIVE MODE"))
        with pytest.raises(ImportFailedError, match="another writer was in the way"):
            await importing
