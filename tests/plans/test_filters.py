"""Every filter of posts and comments, for what is common and what is rare, uses an index."""

from collections.abc import Iterator

import pytest

from graphql_api.schema import global_id
from tests.plans.catalogue import PARENTS, inputs
from tests.plans.explain import Explainer, Plans


def _ids(type_name: str, *numbers: int) -> list[str]:
    return [f'"{global_id.encode(type_name, number)}"' for number in numbers]


def _lists(*values: str) -> list[str]:
    return [f"[{value}]" for value in values]


Samples = dict[str, dict[str, list[str]]]
"""Values for each condition of each field of a filter; a field that is a condition has one, ''."""

USERS = _ids("User", 1, 3_500, 3_700)
MANY_USERS = ", ".join(_ids("User", *range(1, 101)))
CATEGORIES = _ids("Category", 1, 200)

TWO_COMMON_TAGS = '"tag-1", "tag-2"'
ONE_COMMON_TAG_AND_ANOTHER = '{anyTags: ["tag-1"]}, {anyTags: ["tag-2"]}'

POSTS: Samples = {
    "author": {
        "eq": USERS,
        "in": _lists(", ".join(USERS), MANY_USERS),
        "notIn": _lists(USERS[0], MANY_USERS),
    },
    "category": {
        "eq": CATEGORIES,
        "in": _lists(", ".join(CATEGORIES)),
        "notIn": _lists(CATEGORIES[0]),
    },
    "anyTags": {
        "": _lists('"tag-1"', '"tag-450"', '"tag-470"', f'{TWO_COMMON_TAGS}, "tag-470"', '"none"')
    },
    "allTags": {"": _lists(TWO_COMMON_TAGS, '"tag-1", "tag-470"', '"tag-1", "none"')},
    "publishedAt": {
        "gte": ['"2025-09-01T00:00:00Z"', '"2030-01-01T00:00:00Z"'],
        "lt": ['"2020-02-01T00:00:00Z"', '"2030-01-01T00:00:00Z"'],
    },
    "likeCount": {"eq": ["0", "3", "1000"], "gte": ["1", "1000"], "lte": ["0", "5"]},
    "language": {
        "eq": ['"en"', '"is"', '"xx"'],
        "in": _lists('"ja", "is"'),
        "startsWith": ['"e"', '"i"', '"xx"'],
    },
    "AND": {
        "": _lists(
            f'{{author: {{eq: {USERS[0]}}}}}, {{language: {{eq: "ja"}}}}',
            ONE_COMMON_TAG_AND_ANOTHER,
        )
    },
    "OR": {
        "": _lists(
            f'{{author: {{eq: {USERS[2]}}}}}, {{anyTags: ["tag-470"]}}',
            f'{{author: {{eq: {USERS[0]}}}}}, {{anyTags: ["tag-1"]}}',
            '{language: {eq: "en"}}, {likeCount: {gte: 1000}}',
        )
    },
    "NOT": {"": [f"{{author: {{eq: {USERS[0]}}}}}", '{anyTags: ["tag-1"]}']},
}

COMMENTS: Samples = {
    "parent": {
        "eq": _ids("Comment", 1, 200_000),
        "in": _lists(", ".join(_ids("Comment", 1, 2))),
        "notIn": _lists(*_ids("Comment", 1)),
    },
    "author": {
        "eq": _ids("User", 1, 4_980),
        "in": _lists(", ".join(_ids("User", 1, 4_980))),
        "notIn": _lists(*_ids("User", 1)),
    },
    "createdAt": {
        "gte": ['"2020-01-01T00:00:00Z"', '"2030-01-01T00:00:00Z"'],
        "lt": ['"2020-01-03T00:00:00Z"', '"2030-01-01T00:00:00Z"'],
    },
    "topLevelOnly": {"": ["true"]},
}

BLOCKS = 500
"""Blocks for a page of 20: an index leads to the rows, and at most each tenth is of no use."""

MORE_BLOCKS = {
    f"allTags: [{TWO_COMMON_TAGS}]": 2_000,  # each post of the rarer tag is looked up
    f"AND: [{ONE_COMMON_TAG_AND_ANOTHER}]": 6_000,  # as are the posts of one of the tags here
    f"author: {{in: [{MANY_USERS}]}}": 1_000,  # the index is entered once for each of the hundred
    "likeCount: {eq: 3}": 1_000,  # newest first, while the index has them by likes
}
"""What takes more, and why."""

COMMENTS_OF_ONE_POST = 70_000
"""Blocks for a page and a total of 30,000 comments, where no index has the filter."""


def samples(filters: Samples) -> list[str]:
    """Write a filter for each value."""
    return list(_samples(filters))


def _samples(filters: Samples) -> Iterator[str]:
    for name, conditions in filters.items():
        for condition, values in conditions.items():
            for value in values:
                yield f"{name}: {{{condition}: {value}}}" if condition else f"{name}: {value}"


@pytest.mark.parametrize(("name", "filters"), [("PostWhere", POSTS), ("CommentWhere", COMMENTS)])
def test_every_condition_of_the_schema_has_samples(name: str, filters: Samples) -> None:
    assert {field: set(conditions) for field, conditions in filters.items()} == inputs(name)


@pytest.mark.parametrize("where", samples(POSTS))
async def test_a_filtered_page_of_posts_reads_little(where: str, explainer: Explainer) -> None:
    page = f"{{ posts(first: 20, where: {{{where}}}) {{ nodes {{ id }} }} }}"
    assert await explainer.blocks(page) <= MORE_BLOCKS.get(where, BLOCKS)


@pytest.mark.parametrize("where", samples(POSTS))
async def test_no_filter_makes_a_list_of_posts_read_a_table(
    where: str, explainer: Explainer
) -> None:
    liked = f"first: 20, where: {{{where}}}, orderBy: {{field: LIKES}}"
    for owner in ("Query", "User", "Tag", "Category"):
        parent = next(iter(PARENTS[owner].values()))  # which one makes no difference to the plan
        posts = f"posts({liked}) {{ totalCount nodes {{ id }} }}"
        for statement in await explainer.statements(parent % posts):
            plan = await explainer.plan(statement, Plans.CUSTOM)
            assert not plan.whole, f"{statement.sql}\n{plan}"


@pytest.mark.parametrize("where", samples(COMMENTS))
@pytest.mark.parametrize("order", ["CREATED_AT", "LIKES"])
@pytest.mark.parametrize("post", PARENTS["Post"])
async def test_a_filtered_page_of_comments_reads_those_of_its_post_at_most(
    where: str, order: str, post: str, explainer: Explainer
) -> None:
    arguments = f"first: 20, where: {{{where}}}, orderBy: {{field: {order}}}"
    page = PARENTS["Post"][post] % f"comments({arguments}) {{ totalCount nodes {{ id }} }}"
    assert await explainer.blocks(page) <= COMMENTS_OF_ONE_POST


@pytest.mark.parametrize(
    "where", [where for where in samples(COMMENTS) if where.startswith(("author: {eq", "top"))]
)
async def test_a_page_of_an_authors_comments_on_a_post_reads_little(
    where: str, explainer: Explainer
) -> None:
    page = PARENTS["Post"]["popular"] % f"comments(where: {{{where}}}) {{ nodes {{ id }} }}"
    assert await explainer.blocks(page) <= BLOCKS
