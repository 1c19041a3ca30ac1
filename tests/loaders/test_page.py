"""Pages and totals are those of a naive reference, one statement a batch, whatever is asked."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.page import Page, PageKey, PageLoader, TotalKey
from graphql_api.loaders.registry import Loaders
from tests.loaders.questions import LISTS, batches
from tests.loaders.reference import Reference
from tests.loaders.world import Content, RowDict, World, contents, minute, written

Recorder = Callable[[], AbstractContextManager[StatementLog]]


# to shrink a world takes minutes: the blob that is printed repeats it as it is
FEW = run_settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    print_blob=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MANY = run_settings(FEW, max_examples=500, derandomize=False)


@pytest.mark.parametrize("name", LISTS)
@FEW
@given(content=contents(), data=st.data())
async def test_pages_and_totals_are_those_of_a_naive_reference_in_one_statement_each(
    name: str, content: Content, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    await compare(name, await written(database, content), data, database, statements)


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTS)
@MANY
@given(content=contents(), data=st.data())
async def test_pages_and_totals_are_those_of_a_naive_reference_in_many_more_worlds(
    name: str, content: Content, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    await compare(name, await written(database, content), data, database, statements)


async def compare(
    name: str, world: World, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    """Load a batch of pages and totals, and work them out."""
    reference = Reference(world)
    keys = data.draw(batches(name, reference))
    loader: PageLoader[Any] = getattr(Loaders(Operation(database.reader(2), world.tenant_id)), name)

    with statements() as log:
        found = await asyncio.gather(*map(loader.load, keys))
        totals = await loader.totals.load_many([total_of(key) for key in keys])

    kind = type(loader).__name__
    assert log.loaders == {kind: 1, f"{kind}.totals": 1}
    for key, page, total in zip(keys, found, totals, strict=True):
        assert page == as_loaded(loader, reference.page(name, key)), key
        assert total == len(reference.ordered(name, (), total_of(key))), key


async def test_a_page_of_each_of_a_hundred_parents_is_right_and_one_statement(
    database: Database, statements: Recorder
) -> None:
    chance = Random(1)  # noqa: S311  # no secret: the same content in every run
    texts = {"body": "", "body_html": "", "body_text": ""}
    posts = [
        {"id": number, "author_id": 1, "slug": f"post-{number}", "title": "", **texts}
        | {"status": "published", "published_at": minute(0)}
        for number in range(1, 101)
    ]
    comments = [
        {"id": number, "post_id": chance.randint(1, 100), "created_at": minute(number % 5), **texts}
        | {"status": chance.choice(("approved", "approved", "pending"))}
        for number in range(1, 1001)
    ]
    people = [{"id": 1, "username": "ann", "display_name": "Ann"}]
    content = {"users": people, "tags": [], "categories": [], "posts": posts, "comments": comments}
    world = await written(database, content)
    order = (Order("created_at", descending=True), Order("id"))
    keys = [
        PageKey(number, order, size, backward=backward, after=after)
        for number in range(1, 101)
        for size, backward, after in ((3, False, None), (5, True, None), (4, False, (minute(2), 0)))
    ]
    loader = Loaders(Operation(database.reader(2), world.tenant_id)).comments_by_post

    with statements() as log:
        found = await loader.load_many(keys)

    assert log.loaders == {"CommentsByPost": 1}
    reference = Reference(world)
    for key, page in zip(keys, found, strict=True):
        assert page == as_loaded(loader, reference.page("comments_by_post", key)), key


def total_of(key: PageKey) -> TotalKey:
    return TotalKey(key.parent, key.where, key.deep)


def as_loaded(loader: PageLoader[Any], page: Page[RowDict]) -> Page[Any]:
    """Dress a page of the reference in the loader's rows."""
    names = [field.name for field in fields(loader.row)]
    rows = [loader.row(*(row[name] for name in names)) for row in page.rows]
    return Page(rows, has_next=page.has_next, has_previous=page.has_previous)
