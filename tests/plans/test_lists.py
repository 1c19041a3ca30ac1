"""Every list in every order, from either end and deep inside, reads what it shows, no more."""

from typing import Any

import pytest

from tests.plans.catalogue import List, lists
from tests.plans.explain import Explainer

BLOCKS = 250
"""Blocks for a page of 20: four levels of two indexes and a row, for each of 21 rows, and more."""

PARTS = {"Category.posts includeDescendants: true": 120}
"""Lists that are merged from others, by how many of those the largest parent has."""

SORTED = ("Category.posts", "Tag.posts", "User.posts")
"""Lists whose other orders no index gives: all rows of the parent are read, for a cursor twice."""


async def most_blocks(one: List, explainer: Explainer) -> int:
    """Say how many blocks a page of a list may take."""
    name = f"{one.type_name}.{one.field}"
    if name in SORTED and one.order != "PUBLISHED_AT":
        counted = await explainer.data(one.operation("first: 1", "totalCount"))
        return BLOCKS + 13 * int(_list(counted)["totalCount"])
    return BLOCKS * PARTS.get(f"{name} {one.arguments}", 1)


def _list(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data.get("found", data)["list"]
    return found


async def pages(one: List, explainer: Explainer) -> list[str]:
    """Write operations for pages of 20 from both ends, and from far away from them."""
    start, end = "pageInfo { startCursor }", "pageInfo { endCursor }"
    if not one.both_ways:
        first = _list(await explainer.data(one.operation("first: 100", end)))
        cursor = first["pageInfo"]["endCursor"]
        after = f'first: 20, after: "{cursor}"' if cursor else "first: 20"
        return [one.operation(arguments, "nodes { id }") for arguments in ("first: 20", after)]
    last = _list(await explainer.data(one.operation("last: 100", start)))
    first = _list(await explainer.data(one.operation("first: 100", end)))
    deep, high = last["pageInfo"]["startCursor"], first["pageInfo"]["endCursor"]
    arguments = ["first: 20", "last: 20"]
    if deep and high:
        arguments += [
            f'first: 20, after: "{deep}"',
            f'last: 20, before: "{deep}"',
            f'first: 20, after: "{high}", before: "{deep}"',
        ]
    return [
        *(one.operation(each, "nodes { id } pageInfo { hasNextPage }") for each in arguments),
        one.operation("first: 20", "nodes { id }", descending=False),
    ]


@pytest.mark.parametrize("one", list(lists()), ids=str)
async def test_a_page_reads_little_more_than_it_shows(one: List, explainer: Explainer) -> None:
    most = await most_blocks(one, explainer)
    for page in await pages(one, explainer):
        assert await explainer.blocks(page) <= most, page
