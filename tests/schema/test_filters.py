"""Filters of posts and comments: each condition, their combinations, and their limits."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graphql_api.schema import global_id
from tests.schema.client import Execute
from tests.support.factories import Factory

POSTS = """
query ($w: PostWhere) {
  posts(where: $w, orderBy: [{field: CREATED_AT, direction: ASC}]) { nodes { slug } totalCount }
}
"""
A, B, NOBODY = (global_id.encode("User", number) for number in (1, 2, 9))
X, Y = (global_id.encode("Category", number) for number in (1, 2))

# 1 and 2 are by A, 3 and 4 by B; 1 and 3 stand on X, 2 on Y, 4 on none; 1 has the tags t and u, 2
# has t, 3 has u; post n has n - 1 likes and was published at noon on March n
WHERE: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "1234"),
    "author is": ({"author": {"eq": A}}, "12"),
    "author is nobody": ({"author": {"eq": NOBODY}}, ""),
    "author in": ({"author": {"in": [B, NOBODY]}}, "34"),
    "author in nothing": ({"author": {"in": []}}, ""),
    "author not in": ({"author": {"notIn": [A]}}, "34"),
    "author not in nothing": ({"author": {"notIn": []}}, "1234"),
    "author in and not in": ({"author": {"in": [A, B], "notIn": [B]}}, "12"),
    "author without a bound": ({"author": {}}, "1234"),
    "author beyond all rows": ({"author": {"eq": global_id.encode("User", 10**30)}}, ""),
    "category is": ({"category": {"eq": X}}, "13"),
    "category in": ({"category": {"in": [X, Y]}}, "123"),
    "category not in, or none": ({"category": {"notIn": [X]}}, "24"),
    "any tags": ({"anyTags": ["t", "none"]}, "12"),
    "any of all tags": ({"anyTags": ["t", "u", "t"]}, "123"),
    "any of no tags": ({"anyTags": []}, ""),
    "all tags": ({"allTags": ["t", "u"]}, "1"),
    "all tags, one twice": ({"allTags": ["t", "t"]}, "12"),
    "all tags, one unknown": ({"allTags": ["t", "none"]}, ""),
    "all of no tags": ({"allTags": []}, "1234"),
    "tags in another case": ({"anyTags": ["T"]}, ""),
    "published from": ({"publishedAt": {"gte": "2026-03-02T12:00:00Z"}}, "234"),
    "published before": ({"publishedAt": {"lt": "2026-03-02T12:00:00Z"}}, "1"),
    "published between": (
        {"publishedAt": {"gte": "2026-03-02T12:00:00Z", "lt": "2026-03-04T12:00:00Z"}},
        "23",
    ),
    "published at no time": (
        {"publishedAt": {"gte": "2026-03-03T00:00:00Z", "lt": "2026-03-02T00:00:00Z"}},
        "",
    ),
    "likes are": ({"likeCount": {"eq": 2}}, "3"),
    "likes are none": ({"likeCount": {"eq": 0}}, "1"),
    "likes from": ({"likeCount": {"gte": 2}}, "34"),
    "likes to": ({"likeCount": {"lte": 1}}, "12"),
    "likes between": ({"likeCount": {"gte": 1, "lte": 2}}, "23"),
    "language is": ({"language": {"eq": "ja"}}, "2"),
    "language in": ({"language": {"in": ["ja", "en-GB"]}}, "23"),
    "language in nothing": ({"language": {"in": []}}, ""),
    "language begins": ({"language": {"startsWith": "en"}}, "134"),
    "language begins with nothing": ({"language": {"startsWith": ""}}, "1234"),
    "language in another case": ({"language": {"eq": "JA"}}, ""),
    "two conditions": ({"author": {"eq": A}, "anyTags": ["u"]}, "1"),
    "null is absent": ({"author": None, "anyTags": None, "likeCount": {"eq": None}}, "1234"),
    "AND": ({"AND": [{"author": {"eq": A}}, {"category": {"eq": X}}]}, "1"),
    "AND of nothing": ({"AND": []}, "1234"),
    "OR": ({"OR": [{"author": {"eq": B}}, {"category": {"eq": Y}}]}, "234"),
    "OR of nothing": ({"OR": []}, ""),
    "OR beside a condition": ({"author": {"eq": A}, "OR": [{"category": {"eq": Y}}]}, "2"),
    "NOT": ({"NOT": {"author": {"eq": A}}}, "34"),
    "NOT of what may be missing": ({"NOT": {"category": {"eq": X}}}, "24"),
    "NOT of nothing": ({"NOT": {}}, ""),
    "NOT of tags": ({"NOT": {"anyTags": ["t"]}}, "34"),
    "NOT NOT": ({"NOT": {"NOT": {"category": {"eq": X}}}}, "13"),
    "all of them": (
        {
            "OR": [{"AND": [{"author": {"eq": A}}, {"NOT": {"anyTags": ["u"]}}]}, {"OR": []}],
            "NOT": {"likeCount": {"gte": 3}},
        },
        "2",
    ),
}


@pytest.fixture
async def posts(make: Factory) -> None:
    """Make the four posts that `WHERE` speaks of."""
    a, b = await make.user(), await make.user()
    x, y = await make.category(), await make.category()
    t, u = await make.tag(slug="t"), await make.tag(slug="u")
    about: list[dict[str, Any]] = [
        {"author": a, "category": x, "tags": [t, u]},
        {"author": a, "category": y, "tags": [t], "language": "ja"},
        {"author": b, "category": x, "tags": [u], "language": "en-GB"},
        {"author": b},
    ]
    made = [
        await make.post(slug=str(number), published_at=noon(number), **columns)
        for number, columns in enumerate(about, 1)
    ]
    for likes, post in enumerate(made):
        for _ in range(likes):
            await make.post_like(post=post)


def noon(day: int) -> datetime:
    """Return noon of a day in March."""
    return datetime(2026, 3, day, 12, tzinfo=UTC)


@pytest.mark.usefixtures("posts")
async def test_a_filter_keeps_what_meets_it(execute: Execute) -> None:
    for name, (where, expected) in WHERE.items():
        found = (await execute.data(POSTS, w=where))["posts"]
        assert "".join(node["slug"] for node in found["nodes"]) == expected, name
        assert found["totalCount"] == len(expected), name


def nested(levels: int, kind: str) -> dict[str, Any]:
    """Build a filter of so many levels."""
    where: dict[str, Any] = {}
    for _ in range(levels - 1):
        where = {kind: where if kind == "NOT" else [where]}
    return where


@pytest.mark.parametrize("kind", ["AND", "OR", "NOT"])
async def test_filters_nest_five_levels_deep_and_no_more(kind: str, execute: Execute) -> None:
    await execute.data(POSTS, w=nested(5, kind))
    said = await execute.refusal(POSTS, w=nested(6, kind))
    assert said == "AND, OR and NOT nest at most 5 levels deep"


LISTS: dict[str, Any] = {
    "author in": lambda n: {"author": {"in": [A] * n}},
    "author not in": lambda n: {"author": {"notIn": [A] * n}},
    "category in": lambda n: {"category": {"in": [X] * n}},
    "any tags": lambda n: {"anyTags": ["t"] * n},
    "all tags": lambda n: {"allTags": ["t"] * n},
    "language in": lambda n: {"language": {"in": ["en"] * n}},
}


@pytest.mark.parametrize("where", LISTS.values(), ids=LISTS)
async def test_a_list_takes_a_hundred_entries_and_no_more(where: Any, execute: Execute) -> None:
    await execute.data(POSTS, w=where(100))
    said = await execute.refusal(POSTS, w=where(101))
    assert said == "a list in a filter takes at most 100 entries"


@pytest.mark.parametrize("bound", ["eq", "in", "notIn"])
@pytest.mark.parametrize(("field", "kind"), [("author", "User"), ("category", "Category")])
async def test_a_filter_takes_ids_of_its_type(
    bound: str, field: str, kind: str, execute: Execute
) -> None:
    def where(text: str) -> dict[str, Any]:
        return {field: {bound: text if bound == "eq" else [text]}}

    said = await execute.refusal(POSTS, w=where(global_id.encode("Post", 1)))
    assert said == f"an id of a {kind} is needed here, but this is the id of a Post"
    assert "is not an id of this API" in await execute.refusal(POSTS, w=where("1"))


COMMENTS = """
query ($w: CommentWhere) {
  posts { nodes { comments(where: $w) { nodes { databaseId } totalCount } } }
}
"""
ADA, GUEST = (global_id.encode("User", number) for number in (1, 99))
TOP, OTHER_TOP = (global_id.encode("Comment", number) for number in (1, 2))

# 1 and 2 are at the top, 3 and 4 answer 1; 1 and 3 are by Ada, 4 is by a guest; a minute apart
COMMENT_WHERE: dict[str, tuple[dict[str, Any], list[int]]] = {
    "nothing": ({}, [1, 2, 3, 4]),
    "parent is": ({"parent": {"eq": TOP}}, [3, 4]),
    "parent without replies": ({"parent": {"eq": OTHER_TOP}}, []),
    "parent in": ({"parent": {"in": [TOP, OTHER_TOP]}}, [3, 4]),
    "parent not in, or none": ({"parent": {"notIn": [TOP]}}, [1, 2]),
    "author is": ({"author": {"eq": ADA}}, [1, 3]),
    "author not in, or a guest": ({"author": {"notIn": [ADA]}}, [2, 4]),
    "author is nobody": ({"author": {"in": [GUEST]}}, []),
    "top level": ({"topLevelOnly": True}, [1, 2]),
    "any level": ({"topLevelOnly": False}, [1, 2, 3, 4]),
    "no level given": ({"topLevelOnly": None}, [1, 2, 3, 4]),
    "written from": ({"createdAt": {"gte": "2026-03-03T12:00:00Z"}}, [3, 4]),
    "written before": ({"createdAt": {"lt": "2026-03-03T12:00:00Z"}}, [1, 2]),
    "two conditions": ({"author": {"eq": ADA}, "topLevelOnly": True}, [1]),
}


async def test_a_filter_of_comments_keeps_what_meets_it(execute: Execute, make: Factory) -> None:
    ada = await make.user()
    post = await make.post()
    top = await make.comment(post=post, author=ada, created_at=noon(1))
    await make.comment(post=post, created_at=noon(2))
    await make.comment(parent=top, author=ada, created_at=noon(3))
    await make.comment(parent=top, created_at=noon(4), author_id=None, guest_name="Guest")
    for name, (where, expected) in COMMENT_WHERE.items():
        [found] = (await execute.data(COMMENTS, w=where))["posts"]["nodes"]
        numbers = [node["databaseId"] for node in found["comments"]["nodes"]]
        assert numbers == expected, name
        assert found["comments"]["totalCount"] == len(expected), name


@pytest.mark.parametrize(("field", "kind"), [("parent", "Comment"), ("author", "User")])
async def test_a_filter_of_comments_takes_ids_of_its_type(
    field: str, kind: str, execute: Execute, make: Factory
) -> None:
    await make.post()
    said = await execute.refusal(COMMENTS, w={field: {"eq": global_id.encode("Tag", 1)}})
    assert said == f"an id of a {kind} is needed here, but this is the id of a Tag"


async def test_what_stands_beside_an_or_counts_for_each_of_its_entries(execute: Execute) -> None:
    one = {"likeCount": {"gte": 1}}
    await execute.data(POSTS, w={"AND": [one] * 4, "OR": [one] * 10})
    said = await execute.refusal(POSTS, w={"AND": [one] * 5, "OR": [one] * 10})
    assert said.startswith("a filter holds at most 50 conditions")
    values = {"author": {"eq": A, "in": [A], "notIn": [B]}, "anyTags": ["t"], "allTags": ["t"]}
    await execute.data(POSTS, w={"AND": [values] * 10})
    assert await execute.refusal(POSTS, w={"AND": [values] * 11}) == said


@pytest.mark.parametrize("part", ["AND", "OR"])
async def test_a_filter_has_at_most_twenty_parts(part: str, execute: Execute) -> None:
    await execute.data(POSTS, w={part: [{}] * 19})
    assert "at most 20 filters" in await execute.refusal(POSTS, w={part: [{}] * 20})
