"""What becomes of authors, terms and comments (``docs/import-wordpress.md``)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from graphql_api.db.database import Database
from graphql_api.services.wordpress import import_wordpress
from tests.services.wordpress.conftest import Import, Rows
from tests.services.wordpress.wxr import author, category, comment, document, item, tag, term
from tests.support.factories import Factory


async def test_authors_become_users_without_their_addresses(load: Import, rows: Rows) -> None:
    await load(
        author("Ada", number=1, name="Ada &amp; Co", email="ada@mail.example"),
        author("jane@mail.example", number=2, name="jane@mail.example"),
        author("John Doe", number=3),
        item(1, creator="Ada"),
        item(2, creator=">ada"),
        item(3, creator="Undeclared"),
        item(4, creator=""),
    )
    users = await rows("SELECT username, display_name FROM users ORDER BY id")
    assert [tuple(user.values()) for user in users] == [
        ("ada", "Ada & Co"),
        ("jane", "jane"),
        ("john-doe", "John Doe"),
        ("undeclared", "Undeclared"),
        ("unknown", "Unknown"),
    ]
    authors = await rows(
        "SELECT username FROM posts JOIN users ON users.id = author_id ORDER BY posts.id"
    )
    assert [row["username"] for row in authors] == ["ada", "ada", "undeclared", "unknown"]
    everything = await rows(
        "SELECT users::text FROM users UNION SELECT i::text FROM imported_items i"
    )
    assert not [row for row in everything if "ada@" in str(row)]


async def test_a_username_that_is_taken_gets_a_number(
    load: Import, rows: Rows, make: Factory
) -> None:
    stranger = await make.user(username="ada")
    await load(author("ada"), item(1))
    assert await rows("SELECT username FROM users WHERE post_count > 0") == [{"username": "ada-2"}]
    [same] = await rows(f"SELECT version, post_count FROM users WHERE id = {stranger.id}")  # noqa: S608  # a number
    assert same == {"version": 1, "post_count": 0}


async def test_categories_are_a_tree_and_a_post_lies_in_its_first(load: Import, rows: Rows) -> None:
    summary = await load(
        category("leaf", "Leaf &amp; stem", parent="twig", description="<p>Green</p>"),
        category("twig", "Twig", parent="root"),
        category("root", "Root"),
        item(1, term("category", "leaf", "Leaf"), term("category", "new", "New")),
        item(2),
    )
    found = await rows(
        "SELECT c.slug, c.name, c.description, p.slug AS parent FROM categories c"
        " LEFT JOIN categories p ON p.id = c.parent_id ORDER BY c.slug"
    )
    assert [tuple(row.values()) for row in found] == [
        ("leaf", "Leaf & stem", "Green", "twig"),
        ("new", "New", None, None),
        ("root", "Root", None, None),
        ("twig", "Twig", None, "root"),
    ]
    lies = await rows(
        "SELECT c.slug FROM posts p LEFT JOIN categories c ON c.id = category_id ORDER BY p.id"
    )
    assert [row["slug"] for row in lies] == ["leaf", None]
    assert summary.categories.notes.total() == 1


async def test_terms_may_come_after_items_and_be_declared_as_terms(
    load: Import, rows: Rows
) -> None:
    await load(
        item(1, term("category", "a", "mentioned"), term("post_tag", "t", "mentioned")),
        "<wp:term><wp:term_taxonomy>category</wp:term_taxonomy><wp:term_slug>a</wp:term_slug>"
        "<wp:term_parent>b</wp:term_parent><wp:term_name>Declared A</wp:term_name></wp:term>",
        category("b", "B"),
        "<wp:term><wp:term_taxonomy>post_tag</wp:term_taxonomy><wp:term_slug>t</wp:term_slug>"
        "<wp:term_name>Declared T</wp:term_name></wp:term>",
        "<wp:term><wp:term_taxonomy>nav_menu</wp:term_taxonomy><wp:term_slug>m</wp:term_slug>"
        "<wp:term_name>Menu</wp:term_name></wp:term>",
    )
    names = await rows("SELECT name FROM categories UNION SELECT name FROM tags ORDER BY 1")
    assert [row["name"] for row in names] == ["B", "Declared A", "Declared T"]
    [child] = await rows("SELECT slug FROM categories WHERE parent_id IS NOT NULL")
    assert child == {"slug": "a"}


async def test_a_second_term_of_a_slug_is_left_out_and_counted(load: Import, rows: Rows) -> None:
    summary = await load(
        category("a", "A"),
        category("b", "B"),
        category("x", "First", parent="a"),
        category("x", "Second", parent="b"),
        tag("t", "First"),
        tag("t", "Second"),
    )
    assert await rows("SELECT name FROM tags") == [{"name": "First"}]
    assert len(await rows("SELECT id FROM categories")) == 3
    for counts in (summary.categories, summary.tags):
        assert counts.left_out == {"with the slug of an earlier one": 1}


async def test_tags_may_be_double_nameless_encoded_or_undeclared(load: Import, rows: Rows) -> None:
    summary = await load(
        tag("%e6%97%a5", ""),
        tag("", ""),
        tag("", "No Slug"),
        item(
            1,
            term("post_tag", "%E6%97%A5", "日"),
            term("post_tag", "日", "日"),
            term("post_tag", "new", "New"),
            term("post_tag", "", ""),
            term("nav_menu", "menu", "Menu"),
        ),
    )
    tags = await rows("SELECT slug, name, post_count FROM tags ORDER BY slug")
    assert [tuple(row.values()) for row in tags] == [
        ("new", "New", 1),
        ("no-slug", "No Slug", 0),
        ("日", "日", 1),
    ]
    assert summary.tags.left_out == {"without a name": 1}


async def test_terms_that_live_already_are_shared_and_left_as_they_are(
    load: Import, rows: Rows, make: Factory
) -> None:
    await make.tag(slug="t", name="Ours")
    await make.category(slug="c", name="Ours")
    summary = await load(
        category("c", "Theirs"), item(1, term("category", "c", "C"), term("post_tag", "t", "T"))
    )
    assert await rows("SELECT name, post_count FROM tags") == [{"name": "Ours", "post_count": 1}]
    assert await rows("SELECT name, version FROM categories") == [{"name": "Ours", "version": 1}]
    assert (summary.tags.added, summary.tags.unchanged) == (0, 1)


async def test_wxr_1_0_names_terms_twice(load: Import, rows: Rows) -> None:
    bare = '<category>Foo A</category><category domain="tag">Bar</category>'
    await load(
        item(1, bare, term("category", "foo-a-2", "Foo A"), term("tag", "bar", "Bar")),
        item(2, bare),
        version="1.0",
    )
    assert await rows("SELECT slug FROM categories ORDER BY 1") == [
        {"slug": "foo-a"},
        {"slug": "foo-a-2"},
    ]
    assert await rows("SELECT slug, post_count FROM tags") == [{"slug": "bar", "post_count": 2}]


async def test_comments_keep_their_nesting_and_approval(
    load: Import, rows: Rows, consistent: Callable[[], Awaitable[None]]
) -> None:
    await load(
        item(
            1,
            comment(13, parent=12),
            comment(11),
            comment(12, parent=11),
            comment(14, approved="0"),
            comment(15, approved="spam"),
            comment(16, approved="trash"),
            comment(17, parent=16),
            comment(18, approved="post-trashed"),
            comment(19, type="pingback", author="Elsewhere"),
        )
    )
    found = await rows("SELECT body, depth, status, visible FROM comments ORDER BY body")
    assert [tuple(row.values()) for row in found] == [
        ("Comment 11.", 0, "approved", True),
        ("Comment 12.", 1, "approved", True),
        ("Comment 13.", 2, "approved", True),
        ("Comment 14.", 0, "pending", False),
        ("Comment 15.", 0, "spam", False),
        ("Comment 16.", 0, "spam", False),
        ("Comment 17.", 1, "approved", False),
        ("Comment 18.", 0, "spam", False),
        ("Comment 19.", 0, "approved", True),
    ]
    assert await rows("SELECT comment_count FROM posts") == [{"comment_count": 4}]
    await consistent()


async def test_a_comment_is_an_authors_only_when_signed_in(load: Import, rows: Rows) -> None:
    await load(
        author("ada", number=7, email="Ada@mail.example", name="Ada"),
        item(
            1,
            comment(1, user_id=7),
            comment(2, user_id=99, author_email="ada@mail.example"),
            comment(3, user_id=0, author_email="ada@mail.example", author="Ada"),
            comment(4, user_id=99, author="A &laquo;B&#8217;s&raquo;"),
            comment(5, author=""),
            comment(6, author="guest@mail.example"),
        ),
    )
    found = await rows(
        "SELECT username, guest_name FROM comments"
        " LEFT JOIN users ON users.id = author_id ORDER BY body"
    )
    assert [tuple(row.values()) for row in found] == [
        ("ada", None),
        ("ada", None),
        (None, "Ada"),
        (None, "A «B\u2019s»"),
        (None, "Anonymous"),
        (None, "guest"),
    ]


async def test_a_comment_without_a_date_has_its_posts(load: Import, rows: Rows) -> None:
    none = "0000-00-00 00:00:00"
    await load(item(1, comment(1), comment(2, date_gmt=none), comment(3, date=none, date_gmt=none)))
    found = await rows("SELECT created_at FROM comments ORDER BY body")
    assert [row["created_at"] for row in found] == [
        datetime(2020, 1, 3, 3, tzinfo=UTC),
        datetime(2020, 1, 3, 12, tzinfo=UTC),
        datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
    ]


async def test_an_item_without_number_is_known_by_its_guid(load: Import) -> None:
    old = item(1, post_id=None, guid="https://blog.example/?p=1", post_type=None)
    assert (await load(old)).posts.added == 1
    assert (await load(old)).posts.unchanged == 1


async def test_everything_goes_to_the_tenant_that_is_named(
    database: Database, make: Factory, rows: Rows, tmp_path: Path
) -> None:
    tenant = await make.tenant()
    path = tmp_path / "export.xml"
    path.write_text(document(item(1, comment(1), term("category", "c", "C"))), encoding="utf-8")
    await import_wordpress(database, path, tenant_id=tenant.id)
    tables = ("categories", "comments", "imported_items", "posts", "users")
    counts = " UNION ALL ".join(f"SELECT tenant_id FROM {table}" for table in tables)  # noqa: S608  # constants
    assert {row["tenant_id"] for row in await rows(counts)} == {tenant.id}
    assert await rows("SELECT visible, comment_count FROM posts") == [
        {"visible": True, "comment_count": 1}
    ]


async def test_progress_tells_both_readings(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(document(item(1, content="x" * 600_000)), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    await import_wordpress(database, path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2 * path.stat().st_size, 2 * path.stat().st_size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(seen) > 4


async def test_the_summary_reads_well(load: Import) -> None:
    summary = await load(item(1, comment(1)), item(2, post_type="page"))
    assert summary.lines() == [
        "users: 1 read, 1 added, 0 updated, 0 unchanged, 0 left out",
        "categories: 0 read, 0 added, 0 updated, 0 unchanged, 0 left out",
        "tags: 0 read, 0 added, 0 updated, 0 unchanged, 0 left out",
        "posts: 2 read, 1 added, 0 updated, 0 unchanged, 1 left out",
        "  left out: 1 type page",
        "comments: 1 read, 1 added, 0 updated, 0 unchanged, 0 left out",
    ]
