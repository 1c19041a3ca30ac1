"""Migrations: forwards, back, and in step with the models."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db import migrate
from graphql_api.errors import OperatorError
from graphql_api.models import Base
from tests.support.derived import WRONG
from tests.support.postgres import Link, Server, address, on_engine
from tests.support.serving import SECRET_KEY

ROOT = Path(__file__).parents[2]
SCRIPTS = ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml"))
REVISIONS = list(SCRIPTS.walk_revisions())

# everything in the schema, each as one line that shows how it was made
EVERYTHING = """
SELECT format('%s %s', relkind, relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT format('column %s.%s %s %s %s', relname, attname,
        format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT format('type %s', typname) FROM pg_type
    WHERE typnamespace = 'public'::regnamespace
"""


def contents(url: URL) -> set[str]:
    """List what the database holds, apart from Alembic's own table; a default as a plain number."""
    with closing(Link(url)) as link:
        lines = [re.sub(r"'(\d+)'::\w+", r"\1", line) for (line,) in link.fetch(EVERYTHING)]
    return {line for line in lines if "alembic_version" not in line}


def test_up_down_up_ends_where_it_began(empty_database: URL) -> None:
    on_engine(empty_database, migrate.upgrade)
    made = contents(empty_database)
    assert {f"r {name}" for name in Base.metadata.tables} < made

    on_engine(empty_database, lambda engine: migrate.downgrade(engine, "base"))
    assert contents(empty_database) == set()

    on_engine(empty_database, migrate.upgrade)
    assert contents(empty_database) == made


@pytest.mark.parametrize("script", REVISIONS, ids=lambda script: script.revision)
def test_each_migration_can_be_undone_alone(script: Script, empty_database: URL) -> None:
    first = str(script.down_revision or "base")
    on_engine(empty_database, lambda engine: migrate.upgrade(engine, first))
    before = contents(empty_database)
    on_engine(empty_database, lambda engine: migrate.upgrade(engine, script.revision))
    assert contents(empty_database) - before
    on_engine(empty_database, lambda engine: migrate.downgrade(engine, "-1"))
    assert contents(empty_database) == before


# threads of approved comments, as 0001 has them: 1 over 2 over 3; 4 over 5 over 6; 7; 8 over 9
COMMENTS = """
INSERT INTO users (tenant_id, username, display_name) VALUES (1, 'user', 'U');
INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text, status,
        published_at)
    SELECT 1, 1, n, '', '', '', '', 'published', now() FROM generate_series(1, 2) AS n;
INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status)
    SELECT 1, n, 1 + n / 8, CASE WHEN n NOT IN (1, 4, 7, 8) THEN n - 1 END, '', '', '', 'approved'
    FROM generate_series(1, 9) AS n;
UPDATE comments SET deleted_at = now() WHERE id IN (1, 2, 6, 7, 8);
UPDATE comments SET status = 'spam' WHERE id = 5;
UPDATE posts SET status = 'draft' WHERE id = 2;
"""
STORED = """
SELECT id, visible, reply_count FROM comments
UNION ALL SELECT -id, visible, comment_count FROM posts ORDER BY 1
"""


def test_comments_from_before_the_marks_follow_the_new_rule_and_on_the_way_back_the_old(
    empty_database: URL,
) -> None:
    on_engine(empty_database, lambda engine: migrate.upgrade(engine, "0001"))
    with closing(Link(empty_database)) as link:
        link.execute(COMMENTS)
        before = link.fetch(STORED)
        assert [number for number, visible, _ in before if visible] == [-1, 4]

        on_engine(empty_database, lambda engine: migrate.upgrade(engine, "0002"))
        seen = "SELECT id FROM comments WHERE {} ORDER BY id"
        assert link.fetch(seen.format("visible")) == [(1,), (2,), (3,), (4,)]
        assert link.fetch(seen.format("shown")) == [(1,), (2,), (3,), (4,), (7,)]
        assert link.fetch(WRONG) == []

        on_engine(empty_database, lambda engine: migrate.downgrade(engine, "0001"))
        assert link.fetch(STORED) == before
        link.execute("UPDATE comments SET deleted_at = NULL")
        assert link.fetch("SELECT comment_count FROM posts ORDER BY id") == [(5,), (0,)]


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_a_migration_leaves_every_trigger_on(revision: str, empty_database: URL) -> None:
    on_engine(empty_database, migrate.upgrade)
    on_engine(empty_database, lambda engine: migrate.downgrade(engine, revision))
    off = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'"
    with closing(Link(empty_database)) as link:
        assert link.fetch(off) == []


def test_the_models_make_the_same_tables_as_the_migrations(
    server: Server, empty_database: URL
) -> None:
    async def create(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    on_engine(empty_database, migrate.upgrade)
    with server.empty_database() as url:
        on_engine(url, create)
        modelled = contents(url)
    migrated = contents(empty_database)
    code = {line for line in migrated if line.startswith(("CREATE OR REPLACE", "CREATE TRIGGER"))}
    assert modelled == migrated - code


def test_alembic_finds_nothing_left_to_migrate(empty_database: URL) -> None:
    on_engine(empty_database, migrate.upgrade)
    on_engine(empty_database, migrate.check)


def test_alembic_notices_a_column_that_no_migration_makes(empty_database: URL) -> None:
    on_engine(empty_database, migrate.upgrade)
    with closing(Link(empty_database)) as link:
        link.execute("ALTER TABLE users DROP COLUMN bio")
    with pytest.raises(OperatorError, match="bio"):
        on_engine(empty_database, migrate.check)


def test_there_is_one_newest_revision() -> None:
    assert SCRIPTS.get_heads() == [migrate.head()]


def test_a_database_says_which_revision_it_is_at(empty_database: URL) -> None:
    async def walk(engine: AsyncEngine) -> None:
        assert await migrate.current(engine) is None
        await migrate.upgrade(engine)
        assert await migrate.current(engine) == migrate.head()
        await migrate.downgrade(engine, "-1")
        assert await migrate.current(engine) == REVISIONS[0].down_revision

    on_engine(empty_database, walk)


def test_a_revision_that_does_not_exist_is_named(empty_database: URL) -> None:
    with pytest.raises(OperatorError, match="no_such"):
        on_engine(empty_database, lambda engine: migrate.upgrade(engine, "no_such"))


@pytest.mark.parametrize("script", REVISIONS, ids=lambda script: script.revision)
def test_a_migration_says_what_it_locks(script: Script) -> None:
    mode = r"\b[A-Z]{2,}(\s[A-Z]{2,})*\slock\b"
    assert re.search(rf"\blocks nothing\b|{mode}", script.longdoc or ""), script.path


def test_the_plain_alembic_command_goes_where_the_settings_say(empty_database: URL) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": address(empty_database),
            "GRAPHQL_API_SECRET_KEY": SECRET_KEY,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    on_engine(empty_database, migrate.check)
