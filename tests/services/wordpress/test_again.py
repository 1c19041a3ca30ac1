"""A second import: of the same file, and of an edited one."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from tests.services.wordpress.conftest import TABLES, Import, Rows, Snapshot
from tests.services.wordpress.wxr import author, category, comment, item, tag, term
from tests.support.factories import Factory

SITE = (
    author("ada", number=1, name="Ada"),
    author("bob", number=2, name="Bob"),
    category("c", "C"),
    category("d", "D", parent="c"),
    tag("t", "T"),
    tag("u", "U"),
)


def first(*comments: str, **fields: object) -> str:
    """Return the first post, with terms and comments, and changes in ``fields``."""
    return item(
        1,
        term("category", "c", "C"),
        term("post_tag", "t", "T"),
        comment(1),
        *comments,
        **fields,
    )


def second(**fields: object) -> str:
    """Return a second post, which shares nothing with the first but its tag."""
    return item(2, term("post_tag", "t", "T"), **{"creator": "bob"} | fields)


REPLY = comment(2, parent=1)
ORIGINAL = (*SITE, first(REPLY), second())


KEYS = {
    "imported_items": ("source", "kind", "external_id"),
    "post_tags": ("post_id", "tag_id"),
}


def differences(
    before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]
) -> dict[str, set[str]]:
    """Name the columns of each table that differ in some row; ``+`` and ``-`` for whole rows."""
    found: dict[str, set[str]] = {}
    for table in TABLES:
        keys = KEYS.get(table, ("id",))
        old, new = (
            {tuple(row[key] for key in keys): row for row in rows}
            for rows in (before[table], after[table])
        )
        names = {
            name
            for key in old.keys() & new.keys()
            for name in old[key]
            if old[key][name] != new[key][name]
        }
        names |= {sign for sign, gone in (("-", old.keys() - new), ("+", new.keys() - old)) if gone}
        if names:
            found[table] = names
    return found


async def test_the_same_file_changes_nothing(load: Import, snapshot: Snapshot) -> None:
    await load(*ORIGINAL)
    before = await snapshot()
    summary = await load(*ORIGINAL)
    assert await snapshot() == before
    for counts in (summary.users, summary.categories, summary.tags, summary.posts):
        assert (counts.added, counts.updated, counts.unchanged, counts.gone) == (0, 0, 2, 0)
    assert summary.comments.unchanged == 2


WRITTEN = {"xmin", "updated_at", "version"}
NOTED = {"xmin", "digest"}


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        pytest.param(
            (*SITE, first(REPLY, title="New"), second()),
            {"posts": WRITTEN | {"title"}, "imported_items": NOTED},
            id="title",
        ),
        pytest.param(
            (*SITE, first(REPLY, content="New"), second()),
            {
                "posts": WRITTEN | {"body", "body_html", "body_text", "excerpt"},
                "imported_items": NOTED,
            },
            id="body",
        ),
        pytest.param(
            (*SITE, first(REPLY, post_name="new"), second()),
            {"posts": WRITTEN | {"slug"}, "imported_items": NOTED},
            id="slug",
        ),
        pytest.param(
            (*SITE, first(REPLY), second(post_name="post-1")),
            {"posts": WRITTEN | {"slug"}, "imported_items": NOTED},
            id="slug of another",
        ),
        pytest.param(
            (*SITE, first(REPLY), second(creator="ada")),
            {
                "posts": WRITTEN | {"author_id"},
                "users": {"xmin", "post_count", "latest_post_at"},
                "imported_items": NOTED,
            },
            id="author of a post",
        ),
        pytest.param(
            (*SITE, first(REPLY, status="private"), second()),
            {
                "posts": WRITTEN | {"status", "visible", "comment_count"},
                "comments": {"xmin", "shown", "visible", "reply_count"},
                "users": {"xmin", "post_count", "latest_post_at"},
                "post_tags": {"xmin", "published_at"},
                "tags": {"xmin", "post_count"},
                "imported_items": NOTED,
            },
            id="status",
        ),
        pytest.param(
            (*SITE, first(REPLY), item(2, term("post_tag", "u", "U"), creator="bob")),
            {
                "posts": WRITTEN,
                "post_tags": {"-", "+"},
                "tags": {"xmin", "post_count"},
                "imported_items": NOTED,
            },
            id="tags of a post",
        ),
        pytest.param(
            (*SITE, first(REPLY), second(), item(3)),
            {
                "posts": {"+"},
                "users": {"xmin", "post_count"},
                "imported_items": {"+"},
            },
            id="another post",
        ),
        pytest.param(
            (*SITE, first(comment(2, "New", parent=1)), second()),
            {
                "comments": WRITTEN | {"body", "body_html", "body_text"},
                "imported_items": NOTED,
            },
            id="text of a comment",
        ),
        pytest.param(
            (*SITE, first(comment(2, parent=1, approved="0")), second()),
            {
                "posts": {"xmin", "comment_count"},
                "comments": WRITTEN | {"status", "shown", "visible", "reply_count"},
                "imported_items": NOTED,
            },
            id="approval of a comment",
        ),
        pytest.param(
            (*SITE, first(REPLY, comment(3, parent=2)), second()),
            {
                "posts": {"xmin", "comment_count"},
                "comments": {"+", "xmin", "reply_count"},
                "imported_items": {"+"},
            },
            id="another comment",
        ),
        pytest.param(
            (*SITE, first(comment(2, parent=0)), second()), {}, id="place of a comment: it stays"
        ),
        pytest.param(
            (author("ada", name="Countess"), *SITE[1:], first(REPLY), second()),
            {"users": WRITTEN | {"display_name", "name_key"}, "imported_items": NOTED},
            id="name of an author",
        ),
        pytest.param(
            (*SITE[:3], category("d", "D"), *SITE[4:], first(REPLY), second()),
            {"categories": WRITTEN | {"parent_id"}, "imported_items": NOTED},
            id="place of a category",
        ),
        pytest.param(
            (*SITE[:5], tag("u", "New"), first(REPLY), second()),
            {"tags": {"xmin", "updated_at", "name", "name_key"}, "imported_items": NOTED},
            id="name of a tag",
        ),
    ],
)
async def test_an_edited_file_changes_what_it_changed(
    load: Import,
    snapshot: Snapshot,
    consistent: Callable[[], Awaitable[None]],
    edited: tuple[str, ...],
    expected: dict[str, set[str]],
) -> None:
    await load(*ORIGINAL)
    before = await snapshot()
    await load(*edited)
    after = await snapshot()
    assert differences(before, after) == expected
    await consistent()
    versions = [row["version"] for table in ("posts", "comments") for row in after[table]]
    assert set(versions) <= {1, 2}
    assert versions.count(2) <= 1
    await load(*edited)
    assert await snapshot() == after


async def test_what_vanished_stays_and_is_reported(load: Import, snapshot: Snapshot) -> None:
    await load(*ORIGINAL)
    before = await snapshot()
    summary = await load(SITE[0], item(7, post_type="page"))
    assert await snapshot() == before
    gone = [getattr(summary, kind).gone for kind in ("users", "categories", "tags", "posts")]
    assert [*gone, summary.comments.gone] == [1, 2, 2, 2, 2]
    assert "  2 imported before, no longer in the file: they stay" in summary.lines()


async def test_what_was_purged_here_comes_again(
    load: Import, rows: Rows, database: Database
) -> None:
    await load(*ORIGINAL)
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM posts WHERE slug = 'post-1'"))
    summary = await load(*ORIGINAL)
    assert (summary.posts.added, summary.comments.added, summary.posts.gone) == (1, 2, 0)
    assert len(await rows("SELECT id FROM comments")) == 2


async def test_what_was_deleted_here_stays_deleted(
    load: Import, rows: Rows, database: Database
) -> None:
    await load(*ORIGINAL)
    async with database.transaction() as session:
        await session.execute(text("UPDATE posts SET deleted_at = now() WHERE slug = 'post-1'"))
    await load(*SITE, first(REPLY, title="New"), second())
    assert await rows("SELECT title FROM posts WHERE visible") == [{"title": "Post 2"}]


async def test_two_sites_do_not_mix(load: Import, rows: Rows) -> None:
    await load(*ORIGINAL)
    summary = await load(*ORIGINAL, site="https://other.example/")
    assert (summary.posts.added, summary.users.added, summary.tags.added) == (2, 2, 0)
    usernames = [row["username"] for row in await rows("SELECT username FROM users ORDER BY id")]
    assert usernames == ["ada", "bob", "ada-2", "bob-2"]
    sources = await rows("SELECT DISTINCT source FROM imported_items ORDER BY 1")
    assert [row["source"] for row in sources] == [
        "wordpress:https://blog.example",
        "wordpress:https://other.example",
    ]


async def test_content_from_elsewhere_is_not_touched(
    load: Import, rows: Rows, make: Factory, consistent: Callable[[], Awaitable[None]]
) -> None:
    post = await make.post()
    await make.comment(post=post)
    xmin = "SELECT xmin::text, * FROM {} WHERE id = 1"
    before = [await rows(xmin.format(table)) for table in ("posts", "comments", "users")]
    await load(*ORIGINAL)
    assert [await rows(xmin.format(table)) for table in ("posts", "comments", "users")] == before
    await consistent()
