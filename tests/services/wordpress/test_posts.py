"""What becomes of posts (``docs/import-wordpress.md``)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphql_api.db.database import Database
from graphql_api.services.wordpress import import_wordpress
from tests.services.wordpress.conftest import Import, Rows
from tests.services.wordpress.wxr import comment, document, item
from tests.support.factories import Factory


@pytest.mark.parametrize(
    ("wordpress", "fields", "ours"),
    [
        ("publish", {}, "published"),
        ("publish", {"post_date_gmt": "2999-01-01 00:00:00"}, "scheduled"),
        ("future", {"post_date_gmt": "2999-01-01 00:00:00"}, "scheduled"),
        ("future", {}, "published"),
        ("publish", {"post_password": "enter"}, "archived"),
        ("publish", {"post_date": "0000-00-00 00:00:00", "post_date_gmt": ""}, "draft"),
        ("private", {}, "archived"),
        ("draft", {}, "draft"),
        ("pending", {}, "draft"),
        ("auto-draft", {}, "draft"),
        ("something-else", {}, "draft"),
    ],
)
async def test_a_status_is_translated(
    load: Import, rows: Rows, wordpress: str, fields: dict[str, str], ours: str
) -> None:
    await load(item(1, status=wordpress, **fields))
    [post] = await rows("SELECT status, visible FROM posts")
    assert post == {"status": ours, "visible": ours == "published"}


@pytest.mark.parametrize("status", ["trash", "inherit"])
async def test_what_is_in_the_bin_is_left_out(load: Import, rows: Rows, status: str) -> None:
    summary = await load(item(1, comment(1), status=status), item(2))
    assert summary.posts.left_out == {f"status {status}": 1}
    assert summary.comments.left_out == {f"on items of status {status}": 1}
    assert await rows("SELECT slug FROM posts") == [{"slug": "post-2"}]


async def test_other_types_are_left_out_and_counted(load: Import, rows: Rows) -> None:
    summary = await load(
        item(1, post_type="page"), item(2, post_type="attachment"), item(3, post_type="page")
    )
    assert summary.posts.left_out == {"type page": 2, "type attachment": 1}
    assert summary.posts.read == 3
    assert await rows("SELECT id FROM posts UNION SELECT id FROM users") == []


async def test_dates_are_utc_and_fall_back_to_the_local_ones(load: Import, rows: Rows) -> None:
    await load(
        item(1),
        item(2, post_date_gmt="0000-00-00 00:00:00"),
        item(3, post_date_gmt="-0001-11-30 00:00:00", post_date="2021-01-01 00:00:00"),
        item(4, post_modified_gmt="2020-05-05 05:05:05"),
        item(5, status="draft"),
        item(6, status="future", post_date_gmt="2999-01-01 00:00:00"),
    )
    found = await rows("SELECT published_at, created_at, updated_at FROM posts ORDER BY id")
    day = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found[0] == {"published_at": day, "created_at": day, "updated_at": day}
    assert found[1]["published_at"] == datetime(2020, 1, 2, 12, 4, 5, tzinfo=UTC)
    assert found[2]["published_at"] == datetime(2021, 1, 1, tzinfo=UTC)
    assert found[3]["updated_at"] == datetime(2020, 5, 5, 5, 5, 5, tzinfo=UTC)
    assert found[4] == {"published_at": None, "created_at": day, "updated_at": day}
    assert found[5]["created_at"] < datetime(2999, 1, 1, tzinfo=UTC) == found[5]["published_at"]


async def test_titles_are_plain_and_may_be_missing_or_long(load: Import, rows: Rows) -> None:
    await load(
        item(1, title="A <em>b</em> &amp; c"),
        item(2, title=""),
        item(3, title="x" * 1500),
        item(4, title=None),
    )
    titles = [row["title"] for row in await rows("SELECT title FROM posts ORDER BY id")]
    assert titles == ["A b & c", "", "x" * 1000, ""]


async def test_slugs_are_decoded_completed_and_told_apart(load: Import, rows: Rows) -> None:
    await load(
        item(1, post_name="%e6%97%a5%e6%9c%ac_1"),
        item(2, post_name="", title="Ein Café!"),
        item(3, post_name="", title=""),
        item(4, post_name="same"),
        item(5, post_name="same"),
        item(6, post_name="same"),
        item(7, post_name="a b/c%00"),
        item(8, post_name="y" * 300),
        item(9, post_name="y" * 300),
        item(10, post_name="same-3"),
    )
    slugs = [row["slug"] for row in await rows("SELECT slug FROM posts ORDER BY id")]
    assert slugs == [
        *("日本_1", "ein-café", "post-3", "same", "same-2", "same-4", "a-b-c"),
        *("y" * 200, "y" * 198 + "-2", "same-3"),
    ]


async def test_a_slug_that_another_post_has_gets_a_number(
    load: Import, rows: Rows, make: Factory
) -> None:
    await make.post(slug="post-1")
    await load(item(1))
    assert {row["slug"] for row in await rows("SELECT slug FROM posts")} == {"post-1", "post-1-2"}


async def test_bodies_are_kept_and_made_safe(load: Import, rows: Rows) -> None:
    body = "One\ntwo\n\n<script>steal()</script><b onclick=x>three</b>"
    await load(item(1, content=body), item(2, content="w " * 600, excerpt="An <i>excerpt</i>."))
    [first, second] = await rows("SELECT * FROM posts ORDER BY id")
    assert first["body"] == body
    assert first["body_html"] == "<p>One<br>two</p>\n<p><b>three</b></p>\n"
    assert first["body_text"] == "One\ntwo\nthree"
    assert first["excerpt"] == "One two three"
    assert (first["reading_minutes"], second["reading_minutes"]) == (1, 3)
    assert second["excerpt"] == "An excerpt."


async def test_what_is_too_long_is_shortened_and_said(load: Import, rows: Rows) -> None:
    long = comment(1, "c" * 100_001)
    summary = await load(item(1, long, content="b" * 1_000_010))
    [lengths] = await rows(
        "SELECT char_length(p.body) AS post, char_length(c.body) AS comment"
        " FROM posts p JOIN comments c ON c.post_id = p.id"
    )
    assert lengths == {"post": 1_000_000, "comment": 100_000}
    assert summary.posts.notes == {"shortened to 1,000,000 characters": 1}
    assert summary.comments.notes == {"shortened to 100,000 characters": 1}


@pytest.mark.parametrize(
    ("declared", "ours"),
    [("en-US", "en-US"), ("ja", "ja"), ("pt_BR", "pt-BR"), ("", "en"), ("no language!", "en")],
)
async def test_the_language_is_the_sites(
    load: Import, rows: Rows, declared: str, ours: str
) -> None:
    await load(item(1), language=declared)
    assert await rows("SELECT language FROM posts") == [{"language": ours}]


@pytest.mark.parametrize("blank", ["\n", "\ufeff\r\n", " \t\n\ufeff", " " * 600_000])
async def test_blanks_before_the_xml_declaration_are_skipped(
    database: Database, tmp_path: Path, blank: str
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(blank + document(item(1)), encoding="utf-8")
    assert (await import_wordpress(database, path)).posts.added == 1
