"""Seeded content: the same from the same numbers, skewed like real content, and consistent."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Row, text

from graphql_api.db.database import Database
from graphql_api.errors import OperatorError
from graphql_api.models import Base
from graphql_api.services.seed import seed
from graphql_api.services.seed.run import TABLES
from graphql_api.services.text import excerpt, reading_minutes, render_markdown
from tests.support.derived import WRONG
from tests.support.factories import Factory

# ruff: noqa: S608  # the statements are put together from the names of our tables

POSTS = 400

# the same dice give the same rows in a process that orders sets of words otherwise
DIGEST_PROGRAM = """
from hashlib import sha256
from graphql_api.services.seed.people import People, catalogue
from graphql_api.services.seed.post import Posts
from graphql_api.services.seed.run import NUMBERED, Run
run = Run(1, 7, 50, dict.fromkeys(NUMBERED, 1))
people = People(run)
batches = [catalogue(run, people), *Posts(run, people).batches(20)]
print(sha256(repr([sorted(batch.items()) for batch in batches]).encode()).hexdigest())
"""


async def rows(database: Database, sql: str) -> Sequence[Row[Any]]:
    """Read rows by SQL, each a tuple with names."""
    async with database.engine.connect() as connection:
        return (await connection.execute(text(sql))).all()


async def one(database: Database, sql: str) -> Any:  # whatever the statement gives
    return (await rows(database, sql))[0][0]


async def by_status(database: Database, table: str) -> dict[str, int]:
    """Return how many rows have each status."""
    found = await rows(database, f"SELECT status, count(*) AS n FROM {table} GROUP BY 1")
    return {row.status: row.n for row in found}


async def content(database: Database) -> dict[str, str]:
    """Return a digest of every row of each table."""
    digest = "SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {} AS t"
    return {table: await one(database, digest.format(table)) for table in TABLES}


async def test_two_databases_get_the_same_rows(database: Database) -> None:
    await seed(database, posts=60, seed=7)
    first = await content(database)
    async with database.transaction() as session:
        tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
        await session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
        await session.execute(text("INSERT INTO tenants (slug, name) VALUES ('t', 'T')"))
    assert await one(database, "SELECT count(*) FROM posts") == 0

    await seed(database, posts=60, seed=7)

    assert await content(database) == first


def test_two_processes_make_the_same_rows() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST_PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }

    assert len(digests) == 1


async def test_a_second_run_adds_nothing_and_says_so(database: Database) -> None:
    summary = await seed(database, posts=30)
    before = await content(database)

    again = await seed(database, posts=30)

    assert summary.rows == {
        table: await one(database, f"SELECT count(*) FROM {table}") for table in TABLES
    }
    assert summary.rows["comments"] == 300
    assert again.rows == {}
    assert await content(database) == before


async def test_another_seed_is_added_beside_the_first(database: Database) -> None:
    await seed(database, posts=30, seed=1)
    first = await rows(database, "SELECT * FROM posts ORDER BY id")

    await seed(database, posts=20, seed=2)

    assert (await rows(database, "SELECT * FROM posts ORDER BY id"))[:30] == first
    assert await one(database, "SELECT count(*) FROM posts") == 50
    assert await rows(database, WRONG) == []


async def test_a_seed_cannot_change_its_size(database: Database) -> None:
    await seed(database, posts=30)

    with pytest.raises(OperatorError, match="seed 1 is here already with 30 posts"):
        await seed(database, posts=31)

    assert await one(database, "SELECT count(*) FROM posts") == 30


async def test_a_name_that_is_taken_stops_the_run(database: Database, make: Factory) -> None:
    await make.tag(slug="sourdough-1-1")

    with pytest.raises(OperatorError, match=r"sourdough-1-1.* seed another number"):
        await seed(database, posts=30)

    assert await one(database, "SELECT count(*) FROM users") == 0
    await seed(database, posts=30, seed=2)


async def test_only_one_seed_runs_at_a_time(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(7365656411)"))

        with pytest.raises(OperatorError, match="another seed is running"):
            await seed(database, posts=30)


@pytest.mark.parametrize(
    ("posts", "tenant_id", "sentence"),
    [(0, 1, "a seed needs 1 post or more"), (9, 9, "there is no tenant 9")],
)
async def test_impossible_numbers_are_refused(
    database: Database, posts: int, tenant_id: int, sentence: str
) -> None:
    with pytest.raises(OperatorError, match=sentence):
        await seed(database, posts=posts, tenant_id=tenant_id)


async def test_another_tenant_gets_content_of_its_own(database: Database, make: Factory) -> None:
    tenant = await make.tenant()
    await seed(database, posts=30)

    await seed(database, posts=30, tenant_id=tenant.id)

    for table in TABLES:
        counts = await rows(database, f"SELECT count(*) FROM {table} GROUP BY tenant_id")
        assert len(counts) == 2, table
        assert len(set(counts)) == 1, table
    assert await rows(database, WRONG) == []


async def test_derived_columns_are_what_the_triggers_would_have_made(database: Database) -> None:
    await seed(database, posts=POSTS)

    assert await rows(database, WRONG) == []


async def test_indexes_keys_and_triggers_are_as_before(database: Database) -> None:
    schema = """
        SELECT indexdef AS thing FROM pg_indexes WHERE schemaname = 'public'
        UNION SELECT concat(conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
        FROM pg_constraint
        UNION SELECT concat(pg_get_triggerdef(oid), tgenabled)
        FROM pg_trigger WHERE NOT tgisinternal
        ORDER BY thing
    """
    before = await rows(database, schema)

    await seed(database, posts=30)

    assert len(before) > 80
    assert await rows(database, schema) == before


async def test_the_triggers_are_back_and_agree(database: Database) -> None:
    await seed(database, posts=POSTS)
    before = await content(database)

    async with database.transaction() as session:
        for table in ("posts", "comments"):
            await session.execute(text(f"UPDATE {table} SET status = status"))

    assert await content(database) == before
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET deleted_at = now() WHERE id = 1"))
    assert await content(database) != before
    assert await rows(database, WRONG) == []


async def test_new_rows_get_ids_after_the_seeded_ones(database: Database, make: Factory) -> None:
    await seed(database, posts=30)

    comment = await make.comment()

    assert comment.id == 301
    assert comment.post_id == 31


async def test_few_posts_and_people_have_most_of_it(database: Database) -> None:
    await seed(database, posts=POSTS)

    share = """
        SELECT sum(n) FILTER (WHERE place <= {}) / sum(n) FROM (
            SELECT count(*) AS n, row_number() OVER (ORDER BY count(*) DESC) AS place
            FROM comments WHERE author_id IS NOT NULL GROUP BY {}
        ) AS counts
    """
    top_posts = await one(database, share.format(POSTS // 10, "post_id"))
    top_users = await one(database, share.format(4, "author_id"))
    assert await one(database, "SELECT count(*) FROM comments") == 10 * POSTS
    assert top_posts > 0.4
    assert top_users > 0.25
    assert await one(database, "SELECT max(depth) FROM comments") == 8


async def test_what_the_public_may_not_see_is_there_too(database: Database) -> None:
    await seed(database, posts=POSTS)

    assert await by_status(database, "posts") == {
        "published": 396,
        "draft": 2,
        "scheduled": 1,
        "archived": 1,
    }
    assert set(await by_status(database, "comments")) == {"pending", "approved", "spam"}
    for table in ("users", "posts", "comments", "tags", "categories"):
        deleted = f"SELECT count(*) FROM {table} WHERE deleted_at IS NOT NULL"
        assert 1 <= await one(database, deleted) <= 80, table


async def test_dates_span_three_years_and_some_are_equal(database: Database) -> None:
    await seed(database, posts=POSTS)

    published = "FROM posts WHERE status = 'published'"
    days = f"SELECT extract(day FROM max(published_at) - min(published_at)) {published}"
    assert 1050 <= await one(database, days) <= 1096
    assert await one(database, f"SELECT count(*) - count(DISTINCT published_at) {published}") > 0
    ties = "SELECT count(*) - count(DISTINCT (post_id, created_at)) FROM comments"
    assert await one(database, ties) > 0
    backwards = """
        SELECT count(*) FROM comments AS reply JOIN comments AS parent
        ON parent.id = reply.parent_id AND parent.created_at > reply.created_at
    """
    assert await one(database, backwards) == 0


async def test_rendered_columns_are_what_the_renderer_gives(database: Database) -> None:
    await seed(database, posts=POSTS)

    posts = await rows(database, "SELECT * FROM posts")
    for post in posts:
        result = render_markdown(post.body)
        assert (post.body_html, post.body_text) == (result.html, result.text)
        assert post.excerpt == excerpt(result.text)
        assert post.reading_minutes == reading_minutes(result.text)
    for comment in await rows(database, "SELECT * FROM comments WHERE id <= 500"):
        result = render_markdown(comment.body)
        assert (comment.body_html, comment.body_text) == (result.html, result.text)
    assert {post.language for post in posts} == {"en", "ja", "fr", "de", "es", "ar", "he"}
    together = "".join(post.body_html for post in posts)
    for tag in ("<h2>", "<blockquote>", "<ul>", "<ol>", "<pre>", "<strong>", "<a href="):
        assert tag in together


async def test_progress_is_told(database: Database) -> None:
    told: list[tuple[str, int, int]] = []

    await seed(database, posts=30, progress=lambda *step: told.append(step))

    assert told[0] == ("posts", 30, 30)
    last = {what: (done, total) for what, done, total in told}
    assert list(last) == ["posts", "indexes", "tables"]
    assert all(done == total for done, total in last.values())
