"""Whatever leads from rows to other rows, or finds them, looks at little more than those rows."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import TextClause

from graphql_api.db.monitor import Statement
from graphql_api.db.statement import Compiled
from graphql_api.schema import global_id
from graphql_api.services.purge import BATCH, DUE_COMMENTS, DUE_POSTS
from tests.plans.catalogue import PARENTS, fields
from tests.plans.explain import Explainer, Plans
from tests.support.factories import BEGINNING

POST, USER, TAG, ENTRY = (global_id.encode(name, 1) for name in ("Post", "User", "Tag", "Revision"))
COMMENT, CATEGORY = (global_id.encode(name, 200) for name in ("Comment", "Category"))

FOUND = {
    "node": [f'node(id: "{wanted}")' for wanted in (POST, USER, TAG, COMMENT, CATEGORY, ENTRY)],
    "nodes": [f'nodes(ids: ["{POST}", "{USER}", "{TAG}", "{COMMENT}", "{CATEGORY}", "{ENTRY}"])'],
    "post": [
        f'post(by: {{id: "{POST}"}})',
        'post(by: {slug: "post-99999"})',
        'post(by: {slug: "none"})',
        "post(by: {databaseId: 99999})",
    ],
    "user": [
        f'user(by: {{id: "{USER}"}})',
        'user(by: {username: "user-1"})',
        'user(by: {username: "none"})',
        "user(by: {databaseId: 1})",
    ],
    "tag": ['tag(slug: "tag-1")', 'tag(slug: "none")'],
    "category": ['category(slug: "category-200")', 'category(slug: "none")'],
    "categories": ["categories", "categories(rootsOnly: false)"],
}
"""Ways to find rows, by the fields of `Query`; its lists are with the other lists."""

POSTS = """
posts(first: 100, orderBy: {field: COMMENTS}) { nodes {
    author { id }
    category { id parent { id } children { id } path { id } }
    tags(first: 5) { nodes { id } }
    comments(first: 5) { nodes { id } }
    likers(first: 5) { nodes { id } }
    revisions(first: 5) { nodes { id actor { id } } }
} }
"""
COMMENTS = """
posts(first: 10, orderBy: {field: COMMENTS}) { nodes {
    comments(first: 10, orderBy: {field: LIKES, direction: DESC}) { nodes {
        author { id }
        post { id }
        parent { id }
        root { id }
        ancestors { id }
        replies(first: 5) { nodes { id } }
        likers(first: 5) { nodes { id } }
        revisions(first: 5) { nodes { id } }
    } }
} }
"""
AUTHORS = """
authors(first: 100, orderBy: {field: POSTS, direction: DESC}) { nodes {
    posts(first: 5) { nodes { id } }
    comments(first: 5) { nodes { id } }
    followers(first: 5) { nodes { id } }
    following(first: 5) { nodes { id } }
} }
"""
TAGS = "tags(first: 100) { nodes { posts(first: 5) { nodes { id } } } }"
CATEGORIES = """
categories(rootsOnly: false) { posts(first: 5, includeDescendants: false) { nodes { id } } }
"""
VIEWER = """
posts(first: 100, orderBy: {field: COMMENTS}) { nodes {
    viewerHasLiked
    author { viewerIsFollowing }
    tags(first: 5) { nodes { viewerIsFollowing } }
    comments(first: 5) { nodes { viewerHasLiked } }
} }
"""

BLOCKS = 50
"""Blocks for one row, or for the few of a way through a tree."""


def relations() -> list[tuple[str, str, str]]:
    """Name every field of a row that leads to other rows and is no list, for each parent."""
    return [
        (type_name, parent, field)
        for type_name, field, kind in fields()
        if "first" not in kind.args and type_name != "Query"
        for parent in PARENTS[type_name]
    ]


@pytest.mark.parametrize(("type_name", "parent", "field"), relations())
async def test_a_relation_reads_the_rows_that_it_leads_to(
    type_name: str, parent: str, field: str, explainer: Explainer
) -> None:
    operation = PARENTS[type_name][parent] % f"{field} {{ id }}"
    assert await explainer.blocks(operation) <= BLOCKS


def test_every_way_to_find_something_is_tried() -> None:
    ways = {field for name, field, kind in fields() if name == "Query" and "first" not in kind.args}
    assert set(FOUND) == ways


@pytest.mark.parametrize("way", [way for ways in FOUND.values() for way in ways])
async def test_what_is_found_by_a_key_is_found_by_an_index(way: str, explainer: Explainer) -> None:
    assert await explainer.blocks(f"{{ {way} {{ id }} }}") <= BLOCKS


@pytest.mark.parametrize(
    ("selection", "most"),
    [
        (POSTS, 10_000),
        (COMMENTS, 7_000),
        (AUTHORS, 15_000),
        (TAGS, 7_000),
        (CATEGORIES, 5_000),
        (VIEWER, 20_000),
    ],
    ids=["posts", "comments", "authors", "tags", "categories", "viewer"],
)
async def test_many_parents_at_once_read_what_each_shows(
    selection: str, most: int, explainer: Explainer
) -> None:
    assert await explainer.blocks(f"{{ {selection} }}") <= most


@pytest.mark.parametrize("due", [DUE_POSTS, DUE_COMMENTS], ids=["posts", "comments"])
async def test_a_purge_finds_what_is_due_by_an_index(due: TextClause, explainer: Explainer) -> None:
    compiled = Compiled(due)
    given = {
        "tenant": 1,
        "before": datetime.now(UTC),
        "last": 0,
        "last_at": BEGINNING,
        "most": BATCH,
    }
    plan = await explainer.plan(
        Statement(compiled.sql, values=compiled.values(given)), Plans.GENERIC, run=True
    )
    assert not plan.whole
    assert plan.blocks <= BLOCKS


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("comments", {"post_id": 1, "parent_id": 250_001}),  # of 30,000 under that post
        ("comments", {"author_id": 4_950}),
        ("posts", {"author_id": 4_950}),
        ("posts", {"category_id": 999}),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
async def test_a_purge_finds_what_hangs_on_a_row_by_an_index(
    table: str, keys: dict[str, int], explainer: Explainer
) -> None:
    columns = " AND ".join(f"{name} = ${n}" for n, name in enumerate(["tenant_id", *keys], 1))
    hanging = Statement(f"SELECT FROM {table} WHERE {columns}", values=(1, *keys.values()))
    plan = await explainer.plan(hanging, Plans.GENERIC, run=True)
    assert not plan.whole
    assert plan.blocks <= BLOCKS
