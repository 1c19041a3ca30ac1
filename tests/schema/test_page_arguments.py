"""Pages without a size, of nothing, and around a comment."""

from typing import Any

import pytest

from graphql_api.schema import global_id
from tests.schema.client import Execute
from tests.support.factories import Factory

AROUND = """
query ($post: BigInt!, $id: ID, $first: Int, $order: [CommentOrder!]) {
  post(by: {databaseId: $post}) { comments(around: $id, first: $first, orderBy: $order) {
    nodes { databaseId } totalCount
    pageInfo { hasNextPage hasPreviousPage }
  } }
}
"""


def comment_id(number: int) -> str:
    """Build the global id of a comment."""
    return global_id.encode("Comment", number)


async def test_a_page_has_twenty_entries_unless_told_otherwise(
    execute: Execute, make: Factory
) -> None:
    for number in range(22):
        await make.tag(name=f"{number:02}")
    data = await execute.data(
        """query ($no: Int) {
          plain: tags { ...Page }
          null: tags(first: null) { ...Page }
          variable: tags(first: $no) { ...Page }
          all: tags(first: 100) { ...Page }
        }
        fragment Page on TagConnection { nodes { name } pageInfo { hasNextPage } totalCount }"""
    )
    everything = [{"name": f"{number:02}"} for number in range(22)]
    assert data.pop("all") == {
        "nodes": everything,
        "pageInfo": {"hasNextPage": False},
        "totalCount": 22,
    }
    for page in data.values():
        assert page["nodes"] == everything[:20]
        assert page["pageInfo"] == {"hasNextPage": True}


async def test_a_null_is_as_good_as_an_absent_argument(execute: Execute, make: Factory) -> None:
    top = await make.category(slug="top")
    await make.post(category=await make.category(slug="below", parent=top))
    data = await execute.data(
        """{ category(slug: "top") {
          absent: posts { totalCount }
          null: posts(includeDescendants: null) { totalCount }
          false: posts(includeDescendants: false) { totalCount }
        } absent: categories { slug } null: categories(rootsOnly: null) { slug } }"""
    )
    assert data["category"] == {
        "absent": {"totalCount": 1},
        "null": {"totalCount": 1},
        "false": {"totalCount": 0},
    }
    assert data["absent"] == data["null"] == [{"slug": "top"}]


async def test_a_null_size_leaves_the_other_one_in_force(execute: Execute, make: Factory) -> None:
    for number in range(3):
        await make.post(slug=f"p{number}")
    data = await execute.data(
        "{ a: posts(first: null, last: 1) { nodes { slug } }"
        " b: posts(first: 1, last: null, after: null, before: null) { nodes { slug } } }"
    )
    assert data == {"a": {"nodes": [{"slug": "p0"}]}, "b": {"nodes": [{"slug": "p2"}]}}


@pytest.mark.parametrize("field", ["posts", "authors", "tags"])
async def test_an_empty_list_has_no_ends(field: str, execute: Execute) -> None:
    data = await execute.data(
        f"{{ {field} {{ nodes {{ id }} edges {{ cursor }} totalCount"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    assert data[field] == {
        "nodes": [],
        "edges": [],
        "totalCount": 0,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


@pytest.mark.parametrize("order", ["by default", "by likes"])
async def test_a_page_around_a_comment_has_it_in_its_middle(
    order: str, execute: Execute, make: Factory
) -> None:
    post = await make.post()
    comments = [await make.comment(post=post) for _ in range(6)]
    await make.comment_like(comment=comments[-1])
    numbers = [comment.id for comment in comments]
    given: dict[str, Any] = {"post": post.id}
    if order == "by likes":
        given["order"] = [{"field": "LIKES", "direction": "DESC"}]
        numbers.reverse()
    for size in (1, 2, 3, 4, 5, 20):
        for place, number in enumerate(numbers):
            data = await execute.data(AROUND, id=comment_id(number), first=size, **given)
            found = data["post"]["comments"]
            start = max(0, min(place - size // 2, len(numbers) - size))
            expected = numbers[start : start + size]
            assert [node["databaseId"] for node in found["nodes"]] == expected
            assert found["totalCount"] == len(numbers)
            assert found["pageInfo"] == {
                "hasNextPage": start + size < len(numbers),
                "hasPreviousPage": start > 0,
            }


async def test_around_a_comment_that_is_not_in_the_list_is_nothing(
    execute: Execute, make: Factory
) -> None:
    post, elsewhere = await make.post(), await make.comment()
    await make.comment(post=post)
    for number in (elsewhere.id, 1000, 10**30):
        data = await execute.data(AROUND, post=post.id, id=comment_id(number))
        assert data["post"]["comments"] == {
            "nodes": [],
            "totalCount": 1,
            "pageInfo": {"hasNextPage": False, "hasPreviousPage": False},
        }


async def test_around_a_reply_pages_the_replies(execute: Execute, make: Factory) -> None:
    top = await make.comment()
    replies = [await make.comment(parent=top) for _ in range(3)]
    data = await execute.data(
        "query ($top: ID!, $id: ID!) { node(id: $top) { ... on Comment {"
        " replies(around: $id, first: 1) { nodes { databaseId } } } } }",
        top=comment_id(top.id),
        id=comment_id(replies[1].id),
    )
    assert data["node"]["replies"]["nodes"] == [{"databaseId": replies[1].id}]


@pytest.mark.parametrize("arguments", ["last: 1", 'after: "x"', 'before: "x"'])
async def test_around_goes_with_first_alone(
    arguments: str, execute: Execute, make: Factory
) -> None:
    await make.comment()
    said = await execute.refusal(
        f'{{ posts {{ nodes {{ comments(around: "{comment_id(1)}", {arguments}) {{ totalCount }}'
        " } } }"
    )
    assert said == "'around' goes with 'first' alone"


async def test_around_takes_the_id_of_a_comment_alone(execute: Execute, make: Factory) -> None:
    post = await make.post()
    said = await execute.refusal(AROUND, post=post.id, id=global_id.encode("Post", post.id))
    assert said == "an id of a Comment is needed here, but this is the id of a Post"
    assert "is not an id of this API" in await execute.refusal(AROUND, post=post.id, id="7")
