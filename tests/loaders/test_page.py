"""Pages and totals are those of a naive reference, one statement a batch, whatever is asked."""

from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from graphql_api.db.database import Database
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.page import PageKey
from tests.loaders.comparison import Recorder, compare
from tests.loaders.questions import LISTS, batches
from tests.loaders.reference import Reference, position
from tests.loaders.world import Content, World, contents, minute, written

ORDER = (Order("created_at", descending=True), Order("id"))

# to shrink a world takes minutes: the blob that is printed repeats it as it is
FEW = run_settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    print_blob=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MANY = run_settings(FEW, max_examples=200, derandomize=False)


@pytest.mark.parametrize("name", LISTS)
@FEW
@given(content=contents(), data=st.data())
async def test_pages_and_totals_are_those_of_a_naive_reference_in_one_statement_each(
    name: str, content: Content, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    world = await written(database, content)
    keys = data.draw(batches(name, Reference(world)))
    await compare(name, world, keys, database, statements)


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTS)
@MANY
@given(content=contents(), data=st.data())
async def test_pages_and_totals_are_those_of_a_naive_reference_in_many_more_worlds(
    name: str, content: Content, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    world = await written(database, content)
    keys = data.draw(batches(name, Reference(world)))
    await compare(name, world, keys, database, statements)


async def test_a_page_of_each_of_a_hundred_parents_is_right(
    database: Database, statements: Recorder
) -> None:
    chance = Random(1)  # noqa: S311  # no secret: the same content in every run
    world = await commented(database, [chance.randint(1, 100) for _ in range(1000)])
    cuts: list[dict[str, Any]] = [
        {"size": 3},
        {"size": 5, "backward": True},
        {"size": 4, "after": (minute(1), 500)},
    ]
    keys = [PageKey(number, ORDER, **cut) for number in range(1, 101) for cut in cuts]
    await compare("comments_by_post", world, keys, database, statements)


async def test_every_size_and_place_in_a_short_list_is_right(
    database: Database, statements: Recorder
) -> None:
    world = await commented(database, [1] * 6 + [2] * 2)
    places = [None, *(position(row, ORDER) for row in world.rows["comments"]), (minute(1), 99)]
    between = product((1, 2, 3, 7), (False, True), places, places)
    keys = [PageKey(1, ORDER, *cut) for cut in between]
    middles = product(range(1, 9), range(1, 10))
    keys += [PageKey(1, ORDER, size, around=number) for size, number in middles]
    await compare("comments_by_post", world, keys, database, statements)


async def test_pages_that_differ_in_size_alone_are_right(
    database: Database, statements: Recorder
) -> None:
    world = await commented(database, [1] * 6 + [2] * 2)
    keys = [PageKey(number, ORDER, size) for number, size in product((1, 2), (3, 1, 5))]
    await compare("comments_by_post", world, keys, database, statements)
    backward = [key._replace(backward=True) for key in keys]
    await compare("comments_by_post", world, backward, database, statements)


async def commented(database: Database, post_ids: Sequence[int]) -> World:
    """Write a comment on each of these posts; there are only three moments."""
    texts = {"body": "", "body_html": "", "body_text": ""}
    post = {"author_id": 1, "title": "", "status": "published", "published_at": minute(0)}
    content = {
        "users": [{"id": 1, "username": "ann", "display_name": "Ann"}],
        "tags": [],
        "categories": [],
        "posts": [
            {"id": number, "slug": f"slug-{number}", **post, **texts}
            for number in sorted(set(post_ids))
        ],
        "comments": [
            {"id": number, "post_id": post_id, "status": "approved", **texts}
            | {"created_at": minute(number // 2 % 3)}
            for number, post_id in enumerate(post_ids, 1)
        ],
    }
    return await written(database, content)
