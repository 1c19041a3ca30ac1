"""Statements of whole queries: deep ones, and paths that meet."""

import pytest

from tests.schema.client import Execute, Recorder
from tests.schema.statements.world import MOST, Ids

TWO_LEVELS = """
query ($first: Int) {
  posts(first: $first) { nodes { author { username } tags { nodes { slug } } } }
}
"""
FIVE_LEVELS = """
query ($first: Int) {
  posts(first: $first) { nodes {
    comments { nodes {
      author { posts { nodes { tags { nodes { posts(first: 1) { nodes { slug } } } } } } }
      replies { nodes { ancestors { post { category { path { slug } } } } } }
    } }
  } }
}
"""


@pytest.mark.parametrize("first", [1, 2, 100])
async def test_two_levels_cost_a_statement_for_each_relation(
    first: int, execute: Execute, statements: Recorder
) -> None:
    with statements() as log:
        data = await execute.data(TWO_LEVELS, first=first)
    assert log.loaders == {"Posts": 1, "TagsByPost": 1, "UserById": 1}
    assert len(data["posts"]["nodes"]) == first
    assert data["posts"]["nodes"][0] == {
        "author": {"username": f"author-{MOST - 1}"},
        "tags": {"nodes": [{"slug": f"a-{MOST - 1}"}]},
    }


# the newest half of the posts has no comments, so 51 is the first number with all levels
@pytest.mark.parametrize("first", [MOST + 1, MOST + 2, 100])
async def test_five_levels_cost_a_statement_for_each_relation(
    first: int, execute: Execute, statements: Recorder
) -> None:
    with statements() as log:
        data = await execute.data(FIVE_LEVELS, first=first)
    assert log.loaders == {
        "AncestorsByComment": 1,
        "CategoryById": 1,
        "CommentsByPost": 1,
        "PathByCategory": 1,
        "PostById": 1,
        "Posts": 1,
        "PostsByAuthor": 1,
        "PostsByTag": 1,
        "RepliesByComment": 1,
        "TagsByPost": 1,
        "UserById": 1,
    }
    last = MOST - 1
    top, reply, leaf, end = data["posts"]["nodes"][MOST]["comments"]["nodes"]
    newest = {"nodes": [{"slug": f"second-{last}"}]}
    assert top["author"]["posts"]["nodes"][0]["tags"]["nodes"] == [{"posts": newest}]
    assert reply["author"] == {"posts": {"nodes": []}}
    assert end["replies"] == {"nodes": []}
    assert leaf["author"] == {"posts": {"nodes": []}}
    shelf = {"path": [{"slug": "root"}, {"slug": f"shelf-{last}"}]}
    assert reply["replies"]["nodes"] == [{"ancestors": [{"post": {"category": shelf}}] * 2}]


async def test_one_relation_over_several_paths_of_a_level_is_one_statement(
    world: Ids, execute: Execute, statements: Recorder
) -> None:
    with statements() as log:
        data = await execute.data(
            """
            query ($ids: [ID!]!) {
              new: posts(first: 10) { nodes { author { username } } }
              old: posts(last: 10) { nodes { ... on Post { writer: author { username } } } }
              post(by: {slug: "first-7"}) { author { username } }
              nodes(ids: $ids) { ... on Post { author { username } } }
              comment: node(id: "Q29tbWVudDox") { ... on Comment { author { username } } }
            }
            """,
            ids=world["first"][:5],
        )
    assert log.loaders == {
        "CommentById": 1,
        "PostById": 1,
        "PostBySlug": 1,
        "Posts": 1,
        "UserById": 1,
    }
    assert data["post"] == {"author": {"username": "author-7"}}
    assert data["comment"] == {"author": {"username": "author-0"}}
    assert data["old"]["nodes"][-1] == {"writer": {"username": "author-0"}}


async def test_nodes_cost_one_statement_a_type(
    world: Ids, execute: Execute, statements: Recorder
) -> None:
    ids = [found for kind in world.values() for found in kind[:16]]
    mixed = ids[::3] + ids[1::3] + ids[2::3]
    with statements() as log:
        data = await execute.data("query ($i: [ID!]!) { nodes(ids: $i) { id } }", i=mixed)
    assert [node["id"] for node in data["nodes"]] == mixed
    assert log.loaders == {
        "CategoryById": 1,
        "CommentById": 1,
        "PostById": 1,
        "RevisionById": 1,
        "TagById": 1,
        "UserById": 1,
    }


async def test_what_is_computed_from_a_row_costs_nothing(
    execute: Execute, statements: Recorder
) -> None:
    with statements() as log:
        await execute.data(
            """{ posts { nodes {
              id databaseId slug title excerpt(length: 5) body(format: HTML) status publishedAt
              readingMinutes language createdAt updatedAt version commentCount likeCount viewCount
            } edges { cursor } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"""
        )
    assert log.loaders == {"Posts": 1}
