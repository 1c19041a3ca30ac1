"""Every field that is part of a row: what it says, in every form it can take."""

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLObjectType, is_leaf_type
from graphql.type import get_named_type

from graphql_api.models import MinimizedReason
from graphql_api.schema import global_id
from graphql_api.schema.build import build_schema
from graphql_api.schema.permission import RULE
from tests.schema.client import Execute
from tests.support.factories import Factory

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
NOON_TEXT = "2026-03-04T12:00:00.123456+00:00"
TIME_TEXTS = {"createdAt": NOON_TEXT, "updatedAt": NOON_TEXT}


def leaves(name: str) -> list[str]:
    """Name the fields of a type that hold a value, whoever asks, and no other thing."""
    kind = build_schema()._schema.type_map[name]  # noqa: SLF001  # no public way
    assert isinstance(kind, GraphQLObjectType)
    return [
        field
        for field, about in kind.fields.items()
        if is_leaf_type(get_named_type(about.type))
        and not field.startswith("viewer")
        and RULE not in about.extensions["strawberry-definition"].metadata
    ]


async def everything(execute: Execute, name: str, number: int) -> dict[str, object]:
    """Ask for all fields that `leaves` names."""
    selected = " ".join(leaves(name))
    data = await execute.data(
        f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on {name} {{ {selected} }} }} }}",
        id=global_id.encode(name, number),
    )
    node: dict[str, object] = data["node"]
    assert node.pop("__typename") == name
    assert node.pop("id") == global_id.encode(name, number)
    return node


async def test_a_post_says_what_its_row_holds(execute: Execute, make: Factory) -> None:
    post = await make.post(
        slug="s",
        title="T",
        excerpt="E",
        body="*b*",
        body_html="<p><em>b</em></p>",
        body_text="b",
        language="ja",
        reading_minutes=3,
        view_count=2**40,
        version=7,
        published_at=NOON,
        created_at=NOON,
        updated_at=NOON,
    )
    await make.post_like(post=post)
    await make.comment(parent=await make.comment(post=post))
    assert await everything(execute, "Post", post.id) == TIME_TEXTS | {
        "databaseId": post.id,
        "slug": "s",
        "title": "T",
        "excerpt": "E",
        "body": "*b*",
        "status": "PUBLISHED",
        "publishedAt": NOON_TEXT,
        "readingMinutes": 3,
        "language": "ja",
        "commentCount": 2,
        "isDeleted": False,
        "deletedAt": None,
        "viewCount": 2**40,
        "version": 7,
        "likeCount": 1,
    }


async def test_a_comment_says_what_its_row_holds(execute: Execute, make: Factory) -> None:
    top = await make.comment()
    comment = await make.comment(
        parent=top,
        body="b",
        version=2,
        guest_name="Guest",
        minimized_reason="off_topic",
        created_at=NOON,
        updated_at=NOON,
    )
    await make.comment(parent=comment)
    await make.comment_like(comment=comment)
    assert await everything(execute, "Comment", comment.id) == TIME_TEXTS | {
        "databaseId": comment.id,
        "body": "b",
        "depth": 1,
        "guestName": "Guest",
        "isDeleted": False,
        "deletedAt": None,
        "isMinimized": True,
        "minimizedReason": "OFF_TOPIC",
        "replyCount": 1,
        "version": 2,
        "likeCount": 1,
    }


async def test_a_deleted_comment_says_that_it_was_and_not_what(
    execute: Execute, make: Factory
) -> None:
    guest: dict[str, Any] = {
        "body": "b",
        "body_html": "<p>b</p>",
        "body_text": "b",
        "guest_name": "Guest",
    }
    comment = await make.comment(**guest, deleted_at=NOON, created_at=NOON, updated_at=NOON)
    await make.comment(parent=comment)
    assert await everything(execute, "Comment", comment.id) == TIME_TEXTS | {
        "databaseId": comment.id,
        "body": "",
        "depth": 0,
        "guestName": None,
        "isDeleted": True,
        "deletedAt": NOON_TEXT,
        "isMinimized": False,
        "minimizedReason": None,
        "replyCount": 1,
        "version": 1,
        "likeCount": 0,
    }


@pytest.mark.parametrize("reason", MinimizedReason)
async def test_every_reason_for_folding_a_comment_away_has_a_name(
    reason: MinimizedReason, execute: Execute, make: Factory
) -> None:
    comment = await make.comment(minimized_reason=reason.value)
    found = await everything(execute, "Comment", comment.id)
    assert (found["isMinimized"], found["minimizedReason"]) == (True, reason.name)


async def test_a_user_says_what_its_row_holds(execute: Execute, make: Factory) -> None:
    user = await make.user(
        username="u",
        display_name="U",
        bio="B",
        avatar_url="https://example.org/u.png",
        version=3,
        created_at=NOON,
        updated_at=NOON,
    )
    await make.post(author=user, published_at=NOON)
    await make.user_follow(followed=user)
    await make.user_follow(follower=user, followed=await make.user())
    await make.user_follow(follower=user, followed=await make.user())
    assert await everything(execute, "User", user.id) == TIME_TEXTS | {
        "databaseId": user.id,
        "username": "u",
        "displayName": "U",
        "bio": "B",
        "avatarUrl": "https://example.org/u.png",
        "followerCount": 1,
        "followingCount": 2,
        "postCount": 1,
        "latestPostAt": NOON_TEXT,
        "version": 3,
    }


async def test_a_tag_says_what_its_row_holds(execute: Execute, make: Factory) -> None:
    tag = await make.tag(slug="s", name="N")
    await make.post(tags=[tag])
    await make.tag_follow(tag=tag)
    await make.tag_follow(tag=tag)
    assert await everything(execute, "Tag", tag.id) == {
        "slug": "s",
        "name": "N",
        "postCount": 1,
        "followerCount": 2,
    }


async def test_a_category_says_what_its_row_holds(execute: Execute, make: Factory) -> None:
    category = await make.category(slug="s", name="N", description="D")
    assert await everything(execute, "Category", category.id) == {
        "slug": "s",
        "name": "N",
        "description": "D",
        "version": 1,
    }


async def test_a_body_comes_in_three_formats(execute: Execute, make: Factory) -> None:
    post = await make.post(body="*b*", body_html="<p><em>b</em></p>", body_text="b")
    await make.comment(
        post=post, body="**c**", body_html="<p><strong>c</strong></p>", body_text="c"
    )
    formats = "markdown: body(format: MARKDOWN) html: body(format: HTML) text: body(format: TEXT)"
    data = await execute.data(
        f"{{ posts {{ nodes {{ {formats} comments {{ nodes {{ {formats} }} }} }} }} }}"
    )
    [found] = data["posts"]["nodes"]
    [comment] = found.pop("comments")["nodes"]
    assert found == {"markdown": "*b*", "html": "<p><em>b</em></p>", "text": "b"}
    assert comment == {"markdown": "**c**", "html": "<p><strong>c</strong></p>", "text": "c"}


@pytest.mark.parametrize(
    ("length", "text"), [(1, "…"), (9, "One two…"), (13, "One two three"), (500, "One two three")]
)
async def test_an_excerpt_is_cut_between_words(
    length: int, text: str, execute: Execute, make: Factory
) -> None:
    await make.post(excerpt="One two three")
    data = await execute.data(
        "query ($n: Int) { posts { nodes { excerpt(length: $n) } } }", n=length
    )
    assert data["posts"]["nodes"] == [{"excerpt": text}]


@pytest.mark.parametrize("length", [-1, 0, 501, 2**31 - 1])
async def test_an_excerpt_of_another_length_is_refused(
    length: int, execute: Execute, make: Factory
) -> None:
    await make.post()
    said = await execute.refusal(
        "query ($n: Int) { posts { nodes { excerpt(length: $n) } } }", n=length
    )
    assert said == f"'length' must lie between 1 and 500, but is {length}"


async def test_an_edge_says_since_when_somebody_is_in_a_list(
    execute: Execute, make: Factory
) -> None:
    like = await make.post_like(post=await make.post())
    data = await execute.data(
        "{ posts { nodes { likers { edges { since } } } } authors { edges { since } } }"
    )
    [post] = data["posts"]["nodes"]
    assert post["likers"]["edges"] == [{"since": like.created_at.isoformat()}]
    assert data["authors"]["edges"] == [{"since": None}]


async def test_the_fields_of_interfaces_are_those_of_their_types(
    execute: Execute, make: Factory
) -> None:
    comment = await make.comment(version=3)
    likes = [await make.comment_like(comment=comment) for _ in range(2)]
    tag = await make.tag()
    data = await execute.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
          __typename
          ... on Likeable { likeCount likers(last: 1) { nodes { databaseId } } }
          ... on Versioned { version }
          ... on Followable { followerCount }
        } }""",
        ids=[global_id.encode("Comment", comment.id), global_id.encode("Tag", tag.id)],
    )
    assert data["nodes"] == [
        {
            "__typename": "Comment",
            "likeCount": 2,
            "likers": {"nodes": [{"databaseId": likes[0].user_id}]},
            "version": 3,
        },
        {"__typename": "Tag", "followerCount": 0},
    ]


async def test_categories_are_those_at_the_top_unless_all_are_wanted(
    execute: Execute, make: Factory
) -> None:
    top = await make.category(name="top")
    await make.category(name="below", parent=top)
    await make.category(name="Another top")
    data = await execute.data(
        """query ($no: Boolean) {
          plain: categories { name } null: categories(rootsOnly: $no) { name }
          yes: categories(rootsOnly: true) { name } all: categories(rootsOnly: false) { name }
        }""",
        no=None,
    )
    roots = [{"name": "Another top"}, {"name": "top"}]
    assert data.pop("all") == [{"name": "Another top"}, {"name": "below"}, {"name": "top"}]
    assert data == {"plain": roots, "null": roots, "yes": roots}
