"""Filters that one index cannot serve: pages cut from several lists that share rows."""

from itertools import product
from typing import Any

import pytest

from graphql_api.db.database import Database
from graphql_api.loaders.filter import IdFilter, RangeFilter
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.page import PageKey
from graphql_api.loaders.post import PostFilter
from tests.loaders.comparison import Recorder, compare
from tests.loaders.reference import position
from tests.loaders.world import World, minute, written

ORDERS = [
    (Order("published_at", descending=True), Order("id", descending=True)),
    (Order("like_count"), Order("published_at", descending=True), Order("id")),
]

BY_ANN = PostFilter(author=IdFilter(eq=1))
SHELVED = PostFilter(category=IdFilter(any_of=(1, 2)))
EARLY = PostFilter(published_at=RangeFilter(lt=minute(1)))
MARKED = PostFilter(any_tags=("tag-1", "tag-2"))
BOTH = PostFilter(all_tags=("tag-1", "tag-3"))

FILTERS = {
    "tags that share posts": MARKED,
    "all of some tags": BOTH,
    "tags, and other conditions": PostFilter(any_tags=("tag-1", "tag-3"), author=IdFilter(eq=1)),
    "tags within tags": PostFilter(all_of=(MARKED, PostFilter(any_tags=("tag-3", "tag-1")))),
    "tags within all tags": PostFilter(any_tags=("tag-2",), all_of=(BOTH,)),
    "alternatives that share posts": PostFilter(any_of=(BY_ANN, SHELVED)),
    "an alternative twice": PostFilter(any_of=(BY_ANN, BY_ANN)),
    "one alternative": PostFilter(any_of=(EARLY,)),
    "alternatives with tags": PostFilter(any_of=(MARKED, BOTH, BY_ANN)),
    "alternatives beside tags": PostFilter(any_of=(BY_ANN, EARLY), any_tags=("tag-1", "tag-2")),
    "alternatives within": PostFilter(
        author=IdFilter(any_of=(1, 2)),
        all_of=(PostFilter(any_of=(SHELVED, EARLY)), PostFilter(any_of=(BY_ANN, MARKED))),
    ),
    "alternatives of alternatives": PostFilter(any_of=(PostFilter(any_of=(EARLY, SHELVED)), BOTH)),
    "an alternative that keeps all": PostFilter(any_of=(PostFilter(), BY_ANN)),
    "none of some alternatives": PostFilter(none_of=PostFilter(any_of=(BY_ANN, MARKED))),
    "not some tags": PostFilter(none_of=MARKED, any_of=(EARLY, SHELVED)),
}


@pytest.mark.parametrize("where", FILTERS.values(), ids=FILTERS)
async def test_a_filtered_list_is_right_at_every_place(
    where: PostFilter, database: Database, statements: Recorder
) -> None:
    world = await tagged(database)
    keys = []
    for order in ORDERS:
        places = [None, *(position(post, order) for post in world.rows["posts"])]
        for backward, after, before in product((False, True), places, places[::6]):
            key = PageKey(0, order, 1, backward, after, before, where=where)
            keys += [key, key._replace(size=3)]
    await compare("posts", world, keys, database, statements)


async def tagged(database: Database) -> World:
    """Write twelve posts, a few of them drafts, on which the bits of their numbers are tags."""
    texts = {"title": "", "body": "", "body_html": "", "body_text": ""}
    posts: list[dict[str, Any]] = [
        {"id": number, "slug": f"slug-{number}", "author_id": number % 3 + 1, **texts}
        | {"status": "draft" if number % 5 == 4 else "published", "like_count": number % 3}
        | {"category_id": number % 4 or None, "published_at": minute(number % 2)}
        for number in range(1, 13)
    ]
    tags = range(1, 4)
    content = {
        "users": [
            {"id": number, "username": f"user-{number}", "display_name": "A"} for number in tags
        ],
        "tags": [{"id": number, "slug": f"tag-{number}", "name": "T"} for number in tags],
        "categories": [{"id": number, "slug": f"slug-{number}", "name": "C"} for number in tags],
        "posts": posts,
        "comments": [],
        "post_tags": [
            {"post_id": post["id"], "tag_id": tag}
            for post, tag in product(posts, tags)
            if 1 << tag - 1 & post["id"]
        ],
    }
    return await written(database, content)
