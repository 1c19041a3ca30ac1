"""Which slugs posts and terms have after an edited file was imported."""

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.services.wordpress import importer
from tests.services.wordpress.conftest import Import, Rows
from tests.services.wordpress.wxr import category, item, tag
from tests.support.factories import Factory


def named(*slugs: str) -> tuple[str, ...]:
    """Return posts with these slugs, which say something else than under another slug."""
    return tuple(item(number, post_name=slug) for number, slug in enumerate(slugs, 1))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("a b", "b a", "b a", id="swap"),
        pytest.param("a b c", "b c a", "b c a", id="turn"),
        pytest.param("a a-2", "a-2 a", "a-2 a", id="swap with a number"),
        pytest.param("a b", "c c c", "c c-2 c-3", id="all want one"),
        pytest.param("a b", "b c", "b c", id="move up"),
        pytest.param("a", "b a", "b a", id="new one takes what is left"),
        pytest.param("a a b", "b a a", "b a-2 a", id="number stays"),
    ],
)
@pytest.mark.parametrize("at_once", [1, 500])
async def test_an_edited_file_gives_every_post_the_slug_it_wants(
    load: Import,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    after: str,
    expected: str,
    at_once: int,
) -> None:
    monkeypatch.setattr(importer, "_ITEMS_AT_ONCE", at_once)
    await load(*named(*before.split()))
    await load(*named(*after.split()))
    found = await rows("SELECT slug, version FROM posts ORDER BY id")
    assert " ".join(row["slug"] for row in found) == expected
    assert {row["version"] for row in found} <= {1, 2}


async def test_a_slug_that_becomes_free_is_taken(
    load: Import, rows: Rows, database: Database
) -> None:
    await load(item(1, post_name="a"), item(2, post_name="a"))
    await load(item(1, post_name="a"), item(2, post_name="a", title="New"))
    assert await rows("SELECT slug FROM posts ORDER BY id") == [{"slug": "a"}, {"slug": "a-2"}]
    async with database.transaction() as session:
        await session.execute(text("UPDATE posts SET deleted_at = now() WHERE slug = 'a'"))
    await load(item(1, post_name="a"), item(2, post_name="a", title="Newer"))
    assert await rows("SELECT slug FROM posts ORDER BY id") == [{"slug": "a"}, {"slug": "a"}]


async def test_drafts_without_slugs_may_get_one_title(load: Import, rows: Rows) -> None:
    for titles in (("Alpha", "Beta"), ("Gamma", "Gamma"), ("Gamma", "Gamma", "Gamma")):
        await load(
            *(
                item(number, title=title, post_name="", status="draft")
                for number, title in enumerate(titles, 1)
            )
        )
    found = await rows("SELECT slug FROM posts ORDER BY id")
    assert [row["slug"] for row in found] == ["gamma", "gamma-2", "gamma-3"]


async def test_a_long_slug_with_a_number_stays(load: Import, rows: Rows) -> None:
    slug = "x" * 200
    for title in ("Old", "New"):
        await load(item(1, post_name=slug), item(2, post_name=slug, title=title))
    found = await rows("SELECT slug FROM posts ORDER BY id")
    assert [row["slug"] for row in found] == [slug, slug[:198] + "-2"]


async def test_a_slug_of_a_term_that_was_edited_here_stays(
    load: Import, rows: Rows, database: Database, make: Factory
) -> None:
    await load(category("c", "C"), tag("t", "T"))
    async with database.transaction() as session:
        for table in ("categories", "tags"):
            await session.execute(text(f"UPDATE {table} SET slug = 'ours'"))  # noqa: S608  # a constant
    await make.category(slug="c")
    await make.tag(slug="t")
    await load(category("c", "New"), tag("t", "New"))
    for table in ("categories", "tags"):
        found = await rows(f"SELECT slug FROM {table} WHERE name = 'New'")  # noqa: S608  # a constant
        assert found == [{"slug": "ours"}]
