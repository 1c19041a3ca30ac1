"""The content that ships with the package keeps the rules of its README."""

import re
import tomllib
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import graphql_api

SAMPLE = Path(graphql_api.__file__).parent / "services" / "sample"
POST_FILES = sorted((SAMPLE / "posts").iterdir())

# every key of a table, and whether it has to be there
USER_KEYS = {"username": True, "display_name": True, "bio": False, "follows": True}
CATEGORY_KEYS = {"name": True, "slug": True, "parent": False, "description": True}
POST_KEYS = {
    "title": True,
    "slug": True,
    "language": True,
    "author": True,
    "category": True,
    "tags": True,
    "status": True,
    "published_at": False,
    "views": True,
    "liked_by": False,
    "comments": False,
}
COMMENT_KEYS = {
    "key": False,
    "reply_to": False,
    "author": False,
    "guest": False,
    "created_at": True,
    "status": False,
    "liked_by": False,
    "body": True,
}
MAX_LEVELS = 5
LINK = re.compile(r"\]\(([^)\s]+)\)")
ADDRESS = re.compile(r"[a-z+]+://[^\s)>`\"]+")

Table = dict[str, Any]


@cache
def tables(name: str, kind: str) -> list[Table]:
    """Read the tables ``[[kind]]`` of a file, which holds no others."""
    content = tomllib.loads((SAMPLE / name).read_text(encoding="utf-8"))
    assert list(content) == [kind]
    found: list[Table] = content[kind]
    return found


def users() -> list[Table]:
    return tables("authors.toml", "users")


def categories() -> list[Table]:
    return tables("categories.toml", "categories")


@cache
def post(path: Path) -> tuple[Table, str]:
    """Split one file into its front matter and its body."""
    before, front, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    assert before == ""
    return tomllib.loads(front), body.strip()


def fronts() -> list[Table]:
    return [post(path)[0] for path in POST_FILES]


def usernames() -> list[str]:
    return [user["username"] for user in users()]


def comments(front: Table) -> list[Table]:
    found: list[Table] = front.get("comments", [])
    return found


def assert_keys(table: Table, keys: dict[str, bool]) -> None:
    assert set(table) <= set(keys), "an unknown key"
    assert {key for key, needed in keys.items() if needed} <= set(table), "a key is missing"
    assert all(value not in ("", []) for value in table.values()), "an empty value"


def levels(front: Table) -> list[int]:
    """Return how deep each comment stands, from 1; a reply to none that came before is an error."""
    level_of: dict[str, int] = {}
    found = []
    for comment in comments(front):
        level = level_of[comment["reply_to"]] + 1 if "reply_to" in comment else 1
        found.append(level)
        if "key" in comment:
            assert comment["key"] not in level_of, "two comments with one key"
            level_of[comment["key"]] = level
    return found


one_post = pytest.mark.parametrize("path", POST_FILES, ids=lambda path: path.stem)


def test_users_have_the_known_keys_and_follow_others_and_tags() -> None:
    names = usernames()
    tags = {tag for front in fronts() for tag in front["tags"]}
    assert not tags & set(names), "a tag is named like a user"
    assert len(set(names)) == len(names) == 20
    for user in users():
        assert_keys(user, USER_KEYS)
        assert re.fullmatch(r"[a-z][a-z0-9-]+", user["username"])
        followed = user["follows"]
        assert len(set(followed)) == len(followed)
        assert set(followed) <= {*names, *tags} - {user["username"]}


def test_eight_users_write() -> None:
    assert {front["author"] for front in fronts()} == set(usernames()[:8])


def test_categories_are_a_tree_of_three_levels_with_parents_first() -> None:
    level_of: dict[str, int] = {}
    for category in categories():
        assert_keys(category, CATEGORY_KEYS)
        assert category["slug"] not in level_of
        level_of[category["slug"]] = level_of[category["parent"]] + 1 if "parent" in category else 1
    assert max(level_of.values()) == 3


def test_file_names_are_ascii_and_numbered_by_publication() -> None:
    names = [path.name for path in POST_FILES]
    assert all(re.fullmatch(r"\d\d-[a-z0-9-]+\.md", name) for name in names)
    assert [int(name[:2]) for name in names] == list(range(1, len(names) + 1))
    never = datetime.max.replace(tzinfo=UTC)
    published = [front.get("published_at", never) for front in fronts()]
    assert published == sorted(published)


def test_there_are_posts_of_each_language_and_status() -> None:
    assert Counter(front["language"] for front in fronts()) == {"en": 24, "ja": 12}
    statuses = Counter(front["status"] for front in fronts())
    assert statuses == {"published": 32, "draft": 2, "scheduled": 1, "archived": 1}


def test_slugs_are_unique() -> None:
    slugs = [front["slug"] for front in fronts()]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"\w+(-\w+)*", slug) for slug in slugs)
    assert 0 < sum(not slug.isascii() for slug in slugs) < len(slugs)


def test_every_category_but_some_roots_has_posts() -> None:
    used = {front["category"] for front in fronts()}
    without = [category for category in categories() if category["slug"] not in used]
    assert all("parent" not in category for category in without)


def test_tags_differ_by_more_than_their_case() -> None:
    tags = {tag for front in fronts() for tag in front["tags"]}
    assert len({tag.casefold() for tag in tags}) == len(tags) >= 30
    uses = Counter(tag for front in fronts() for tag in front["tags"])
    assert 1 in uses.values()


@one_post
def test_a_post_has_the_known_keys_and_refers_to_what_exists(path: Path) -> None:
    front, _ = post(path)
    assert_keys({**front, "views": front["views"] or 1}, POST_KEYS)
    assert front["category"] in {category["slug"] for category in categories()}
    assert front["author"] in usernames()
    assert set(front.get("liked_by", [])) <= set(usernames())
    assert len(set(front["tags"])) == len(front["tags"])


@one_post
def test_a_post_is_dated_as_its_status_says(path: Path) -> None:
    front, _ = post(path)
    if front["status"] == "draft":
        assert "published_at" not in front
        return
    published = front["published_at"]
    assert published.utcoffset() is not None
    assert (
        published.year == 2030 if front["status"] == "scheduled" else published.year in {2025, 2026}
    )


@one_post
def test_a_post_reads_in_a_few_minutes(path: Path) -> None:
    front, body = post(path)
    if front["language"] == "en":
        assert 150 <= len(body.split()) <= 600
    else:
        assert 350 <= len("".join(body.split())) <= 1500


@one_post
def test_a_comment_has_the_known_keys_and_one_writer(path: Path) -> None:
    for comment in comments(post(path)[0]):
        assert_keys(comment, COMMENT_KEYS)
        assert ("author" in comment) != ("guest" in comment)
        people = {*comment.get("liked_by", []), comment.get("author", usernames()[0])}
        assert people <= set(usernames())
        assert comment.get("status", "pending") in {"pending", "spam"}


@one_post
def test_comments_come_in_order_and_after_their_post(path: Path) -> None:
    front, _ = post(path)
    times = [comment["created_at"] for comment in comments(front)]
    if times:
        assert [front["published_at"], *times] == sorted([front["published_at"], *times])
        assert times[-1] < datetime(2026, 11, 1, tzinfo=UTC)


@one_post
def test_a_reply_names_an_earlier_comment_that_readers_see(path: Path) -> None:
    front, _ = post(path)
    assert max(levels(front), default=1) <= MAX_LEVELS
    replied_to = {comment["reply_to"] for comment in comments(front) if "reply_to" in comment}
    keyed = {comment["key"]: comment for comment in comments(front) if "key" in comment}
    assert set(keyed) == replied_to, "a key that no reply uses"
    assert not [key for key, comment in keyed.items() if "status" in comment]


def test_some_threads_are_long_and_some_posts_are_silent() -> None:
    sizes = [len(comments(front)) for front in fronts()]
    assert 200 <= sum(sizes) <= 250
    assert sum(size >= 20 for size in sizes) == 5
    assert sum(size == 0 for size in sizes) >= 5
    assert max(level for front in fronts() for level in levels(front)) == MAX_LEVELS


def test_some_comments_wait_and_some_are_spam() -> None:
    statuses = Counter(
        comment["status"]
        for front in fronts()
        for comment in comments(front)
        if "status" in comment
    )
    assert set(statuses) == {"pending", "spam"}


@one_post
def test_links_lead_to_earlier_posts_or_nowhere_real(path: Path) -> None:
    front, body = post(path)
    earlier = {f"/posts/{post(other)[0]['slug']}" for other in POST_FILES if other.name < path.name}
    texts = [body, *(comment["body"] for comment in comments(front))]
    for text in texts:
        for target in LINK.findall(text):
            assert target in earlier or target.startswith("/data/"), target
        for address in ADDRESS.findall(text):
            assert address.startswith("https://example.org/"), address
        assert not re.search(r"\w@\w", text), "this looks like a mail address"


def test_texts_are_in_composed_form() -> None:
    for path in [*POST_FILES, SAMPLE / "authors.toml", SAMPLE / "categories.toml"]:
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text)
        assert text.endswith("\n")
        assert not re.search(r"[\0\x01-\x08\x0b-\x1f\ufffd]", text)
