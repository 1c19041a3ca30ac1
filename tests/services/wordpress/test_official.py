"""WordPress's own theme test data, imported and held against the XML itself."""

import html
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import parse

from graphql_api.db.database import Database
from graphql_api.services.wordpress import ImportSummary, import_wordpress
from tests.services.wordpress.conftest import Rows, Snapshot

PATH = Path(__file__).parents[4] / "shared" / "data" / "wordpress-theme-test-data.xml"
WP = "{https://wordpress.org/export/1.2/}"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"

pytestmark = pytest.mark.skipif(
    not PATH.exists(), reason="the official export lies beside the repository, not in it"
)

KEYED = """
SELECT substr(external_id, strpos(external_id, ':') + 1) AS key, row.*
FROM imported_items JOIN {table} AS row ON row.id = row_id WHERE kind = '{table}'
"""


def text_of(element: Element, name: str) -> str:
    """Return the text of a child without the blanks around it."""
    return (element.findtext(name) or "").strip()


def in_words(markup: str) -> str:
    """Take tags and entities away, as a reader would."""
    return " ".join(html.unescape(re.sub(r"</?[a-z]+>", "", markup)).split())


def moment(element: Element, name: str) -> datetime:
    """Read a date of the file."""
    return datetime.fromisoformat(text_of(element, name)).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def channel() -> Element:
    """Parse the file with nothing of ours."""
    root = parse(PATH).getroot()
    assert root is not None
    return root[0]


@pytest.fixture(scope="module")
def posts(channel: Element) -> dict[str, Element]:
    """Find the items of type post by their ids."""
    return {
        text_of(item, f"{WP}post_id"): item
        for item in channel.iter("item")
        if text_of(item, f"{WP}post_type") == "post"
    }


@pytest.fixture
async def summary(database: Database) -> ImportSummary:
    """Import the file."""
    return await import_wordpress(database, PATH)


@pytest.fixture
def keyed(summary: ImportSummary, rows: Rows) -> Callable[[str], Awaitable[dict[str, Any]]]:
    """Read the rows of a table by their ids in the file."""

    async def run(table: str) -> dict[str, Any]:
        assert summary.posts.added
        return {row["key"]: row for row in await rows(KEYED.format(table=table))}

    return run


Keyed = Callable[[str], Awaitable[dict[str, Any]]]


async def test_every_post_has_its_title_slug_status_and_date(
    posts: dict[str, Element], keyed: Keyed
) -> None:
    found = await keyed("posts")
    assert found.keys() == posts.keys()
    assert len(found) == 58
    for key, item in posts.items():
        row = found[key]
        assert row["title"] == in_words(text_of(item, "title")), key
        assert row["slug"] == (text_of(item, f"{WP}post_name") or "draft"), key
        assert row["body"] == text_of(item, CONTENT), key
        assert row["language"] == "en"
        status = text_of(item, f"{WP}status")
        if status == "draft":
            assert (row["status"], row["published_at"]) == ("draft", None)
            continue
        date = moment(item, f"{WP}post_date_gmt")
        assert row["published_at"] == date, key
        if text_of(item, f"{WP}post_password"):
            assert row["status"] == "archived"
        else:
            assert row["status"] == ("scheduled" if date > datetime.now(UTC) else "published"), key


async def test_every_post_has_its_author(
    channel: Element, posts: dict[str, Element], keyed: Keyed
) -> None:
    users = {row["id"]: row for row in (await keyed("users")).values()}
    names = {
        text_of(author, f"{WP}author_login"): text_of(author, f"{WP}author_display_name")
        for author in channel.iter(f"{WP}author")
    }
    assert {row["username"]: row["display_name"] for row in users.values()} == names
    found = await keyed("posts")
    for key, item in posts.items():
        # one item's creator is misspelt, with a > before it
        login = text_of(item, CREATOR).lstrip(">")
        assert users[found[key]["author_id"]]["username"] == login, key


async def test_every_post_has_its_category_and_tags(
    posts: dict[str, Element], keyed: Keyed, rows: Rows
) -> None:
    categories = {row["id"]: row["slug"] for row in (await keyed("categories")).values()}
    tags = {row["id"]: row["slug"] for row in (await keyed("tags")).values()}
    links = {(row["post_id"], tags[row["tag_id"]]) for row in await rows("SELECT * FROM post_tags")}
    found = await keyed("posts")
    expected = set()
    for key, item in posts.items():
        terms = [(term.get("domain"), term.get("nicename")) for term in item.iter("category")]
        lies_in = next((slug for domain, slug in terms if domain == "category"), None)
        category_id = found[key]["category_id"]
        assert (categories[category_id] if category_id else None) == lies_in, key
        marks = {slug for domain, slug in terms if domain == "post_tag"}
        expected |= set(product([found[key]["id"]], marks))
    assert links == expected


async def test_the_category_tree_is_the_files(channel: Element, keyed: Keyed) -> None:
    found = await keyed("categories")
    slugs = {row["id"]: row["slug"] for row in found.values()}
    tree = {
        text_of(each, f"{WP}category_nicename"): (
            text_of(each, f"{WP}cat_name"),
            text_of(each, f"{WP}category_parent") or None,
        )
        for each in channel.iter(f"{WP}category")
    }
    assert len(tree) == 68
    assert {slug: (row["name"], slugs.get(row["parent_id"])) for slug, row in found.items()} == tree


async def test_every_comment_has_its_place_words_and_approval(
    posts: dict[str, Element], keyed: Keyed
) -> None:
    found = await keyed("comments")
    rows = await keyed("posts")
    ids = {row["id"]: key for key, row in found.items()}
    n_visible = 0
    for key, item in posts.items():
        comments = list(item.iter(f"{WP}comment"))
        depths = {"0": -1}
        for comment in sorted(comments, key=lambda each: int(text_of(each, f"{WP}comment_id"))):
            number = text_of(comment, f"{WP}comment_id")
            parent = text_of(comment, f"{WP}comment_parent")
            depths[number] = depths[parent] + 1
            row = found.pop(number)
            assert row["post_id"] == rows[key]["id"]
            assert ids.get(row["parent_id"], "0") == parent
            assert row["depth"] == depths[number]
            assert row["body"] == text_of(comment, f"{WP}comment_content")
            assert row["created_at"] == moment(comment, f"{WP}comment_date_gmt")
            approved = text_of(comment, f"{WP}comment_approved") == "1"
            assert row["status"] == ("approved" if approved else "pending")
            if row["author_id"] is None:
                assert row["guest_name"] == in_words(text_of(comment, f"{WP}comment_author"))
        n_approved = sum(text_of(each, f"{WP}comment_approved") == "1" for each in comments)
        hidden = rows[key]["status"] != "published"
        assert rows[key]["comment_count"] == (0 if hidden else n_approved), key
        n_visible += rows[key]["comment_count"]
    assert found == {}
    assert n_visible == 26


async def test_the_authors_own_comments_are_theirs(keyed: Keyed) -> None:
    users = {row["id"]: row["username"] for row in (await keyed("users")).values()}
    own = {
        key: users[row["author_id"]]
        for key, row in (await keyed("comments")).items()
        if row["author_id"]
    }
    assert own == dict.fromkeys(("903", "910", "915"), "themedemos")


async def test_everything_is_consistent_and_a_second_import_changes_nothing(
    summary: ImportSummary,
    database: Database,
    snapshot: Snapshot,
    consistent: Callable[[], Awaitable[None]],
) -> None:
    await consistent()
    assert summary.posts.left_out == {
        "type nav_menu_item": 70,
        "type attachment": 37,
        "type page": 21,
    }
    before = await snapshot()
    again = await import_wordpress(database, PATH)
    assert await snapshot() == before
    assert (again.posts.unchanged, again.comments.unchanged) == (58, 28)


async def test_bodies_are_readable_and_safe(keyed: Keyed) -> None:
    found = await keyed("posts")
    tags = found["1178"]["body_html"]
    for fragment in ("<h1>Header one</h1>", "<blockquote><p>", "<table>", "<dl>", "<pre>", "<kbd>"):
        assert fragment in tags
    everything = "".join(row["body_html"] for row in found.values())
    assert not re.search(r"<script|<iframe|<style|\son\w+=|javascript:|<!--", everything)
    assert found["996"]["body_text"].startswith("This content is before the more tag.")
    assert "[gallery" not in everything
