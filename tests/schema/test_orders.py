"""Orders of posts, authors and comments, moments in every spelling, and the beginnings of tags."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.schema.client import Execute
from tests.support.factories import Factory

ORDERED = "query ($o: [PostOrder!]) { posts(orderBy: $o) { nodes { slug } } }"


def day(number: int) -> datetime:
    """Return the beginning of a day in March."""
    return datetime(2026, 3, number, tzinfo=UTC)


async def slugs(execute: Execute, *order: tuple[str, str]) -> str:
    """Join the slugs of all posts in an order."""
    given = [{"field": field, "direction": direction} for field, direction in order]
    data = await execute.data(ORDERED, o=given)
    return "".join(node["slug"] for node in data["posts"]["nodes"])


async def make_posts(make: Factory) -> None:
    """Make a, b, c and d, which every order puts in another sequence."""
    rows = {"a": (1, 4, 2, 1), "b": (2, 3, 3, 0), "c": (3, 2, 1, 1), "d": (4, 1, 4, 0)}
    for slug, (published, created, updated, views) in rows.items():
        post = await make.post(
            slug=slug,
            published_at=day(published),
            created_at=day(created),
            updated_at=day(updated),
            view_count=views,
        )
        for _ in range({"b": 1, "d": 2}.get(slug, 0)):
            await make.post_like(post=post)
        for _ in range({"a": 1, "b": 2}.get(slug, 0)):
            await make.comment(post=post)


async def test_posts_come_in_every_order(execute: Execute, make: Factory) -> None:
    await make_posts(make)
    rising = {
        "PUBLISHED_AT": "abcd",
        "CREATED_AT": "dcba",
        "UPDATED_AT": "cabd",
        "LIKES": "acbd",
        "VIEWS": "bdac",
        "COMMENTS": "cdab",
    }
    for field, expected in rising.items():
        assert await slugs(execute, (field, "ASC")) == expected, field
        assert await slugs(execute, (field, "DESC")) == expected[::-1], field
    assert await slugs(execute) == "dcba"
    data = await execute.data("{ posts(orderBy: [{field: LIKES}]) { nodes { slug } } }")
    assert "".join(node["slug"] for node in data["posts"]["nodes"]) == "dbca"
    data = await execute.data("{ posts(orderBy: null) { nodes { slug } } }")
    assert "".join(node["slug"] for node in data["posts"]["nodes"]) == "dcba"


async def test_an_order_is_one_entry(execute: Execute) -> None:
    two = [{"field": "LIKES"}, {"field": "VIEWS"}]
    assert await execute.refusal(ORDERED, o=two) == "'orderBy' takes one entry"
    for order in ([{"field": "TITLE"}], [{"direction": "ASC"}], [{"field": "LIKES", "by": 1}]):
        said = await execute.refusal(ORDERED, o=order)
        assert said.startswith("Variable '$o' has invalid value at [0]"), said


async def test_authors_come_in_every_order(execute: Execute, make: Factory) -> None:
    for username, name, n_posts, n_followers in (
        ("a", "zoe", 2, 1),
        ("b", "Åsa", 1, 0),
        ("c", "Bo", 3, 0),
        ("d", "al", 1, 2),
    ):
        user = await make.user(username=username, display_name=name)
        for _ in range(n_posts):
            await make.post(author=user)
        for _ in range(n_followers):
            await make.user_follow(followed=user)
    rising = {"NAME": "dcab", "POSTS": "bdac", "FOLLOWERS": "bcad", "LATEST_POST": "abcd"}
    for field, expected in rising.items():
        for direction, due in (("ASC", expected), ("DESC", expected[::-1])):
            data = await execute.data(
                "query ($o: [AuthorOrder!]) { authors(orderBy: $o) { nodes { username } } }",
                o=[{"field": field, "direction": direction}],
            )
            found = "".join(node["username"] for node in data["authors"]["nodes"])
            assert found == due, (field, direction)
    data = await execute.data("{ authors { nodes { username } } }")
    assert "".join(node["username"] for node in data["authors"]["nodes"]) == "dcab"


async def test_comments_come_in_every_order(execute: Execute, make: Factory) -> None:
    post = await make.post()
    comments = [await make.comment(post=post) for _ in range(3)]
    await make.comment_like(comment=comments[0])
    for _ in range(2):
        await make.comment_like(comment=comments[2])
    first, second, third = (comment.id for comment in comments)
    rising = {"CREATED_AT": [first, second, third], "LIKES": [second, first, third]}
    for field, expected in rising.items():
        for direction, due in (("ASC", expected), ("DESC", expected[::-1])):
            data = await execute.data(
                "query ($o: [CommentOrder!]) {"
                " posts { nodes { comments(orderBy: $o) { nodes { databaseId } } } } }",
                o=[{"field": field, "direction": direction}],
            )
            [found] = data["posts"]["nodes"]
            numbers = [node["databaseId"] for node in found["comments"]["nodes"]]
            assert numbers == due, (field, direction)


PUBLISHED = "query ($t: DateTime) { posts(where: {publishedAt: {gte: $t}}) { totalCount } }"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAME_MOMENT = [
    "2026-03-01T12:00:00Z",
    "2026-03-01T12:00:00+00:00",
    "2026-03-01T12:00:00.000000Z",
    "2026-03-01 12:00:00",  # no offset: UTC
    "2026-03-01T12:00",
    "2026-03-01T21:00:00+09:00",
    "2026-03-01T00:00:00-12:00",
]


@pytest.mark.parametrize("text", SAME_MOMENT)
async def test_a_moment_is_read_in_every_spelling(
    text: str, execute: Execute, make: Factory
) -> None:
    await make.post(published_at=NOON)
    assert await execute.data(PUBLISHED, t=text) == {"posts": {"totalCount": 1}}
    later = text.replace("12:00", "12:01").replace("21:00", "21:01").replace("T00:00", "T00:01")
    assert await execute.data(PUBLISHED, t=later) == {"posts": {"totalCount": 0}}
    literal = PUBLISHED.replace("query ($t: DateTime)", "").replace("$t", f'"{text}"')
    assert await execute.data(literal) == {"posts": {"totalCount": 1}}


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_the_ends_of_time_are_moments(text: str, execute: Execute) -> None:
    assert await execute.data(PUBLISHED, t=text) == {"posts": {"totalCount": 0}}


NO_MOMENTS: list[Any] = [
    "",
    "yesterday",
    "2026",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-03-01T25:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-01:00",
    "2026-03-01T12:00:00Zzz",
    "1767225600",
    "\0",
    "\ud800",
    "x" * 10_240,
]


@pytest.mark.parametrize("text", NO_MOMENTS, ids=lambda text: ascii(text[:30]))
async def test_what_is_no_moment_is_refused_in_one_sentence(text: str, execute: Execute) -> None:
    said = await execute.refusal(PUBLISHED, t=text)
    assert said == (
        f"Variable '$t' has invalid value: {text[:50]!a} is not a DateTime such as"
        ' "2026-01-31T12:00:00Z"'
    )


@pytest.mark.parametrize("literal", ["1767225600", "1.5", "true", "{a: 1}", "[]", "NOW"])
async def test_a_moment_is_given_as_a_string(literal: str, execute: Execute) -> None:
    query = f"{{ posts(where: {{publishedAt: {{gte: {literal}}}}}) {{ totalCount }} }}"
    result = await execute(query)
    [error] = result.errors or []
    assert error.extensions == {"code": "BAD_USER_INPUT"}
    assert error.locations, "it points at the value"
    if literal != "NOW":
        assert error.message == 'a DateTime is a string such as "2026-01-31T12:00:00Z"'


async def test_tags_are_found_by_the_beginning_of_their_name(
    execute: Execute, make: Factory
) -> None:
    for name in ("Python", "pylons", "PostgreSQL", "100%", "日本", "日本語"):
        await make.tag(name=name)
    expected = {
        "": ["100%", "PostgreSQL", "pylons", "Python", "日本", "日本語"],
        "PY": ["pylons", "Python"],
        "p": ["PostgreSQL", "pylons", "Python"],
        "%": [],
        "_": [],
        "日本": ["日本", "日本語"],
        "日本語": ["日本語"],
        "x": [],
    }
    for beginning, names in expected.items():
        data = await execute.data(
            "query ($t: String) { tags(startsWith: $t) { nodes { name } totalCount } }",
            t=beginning,
        )
        found = [node["name"] for node in data["tags"]["nodes"]]
        assert (found, data["tags"]["totalCount"]) == (names, len(names)), beginning
