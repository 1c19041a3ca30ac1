"""Pages as the loaders give them beside those of the reference."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import Any

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.loaders.base import Columns
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.page import Page, PageKey, PageLoader, TotalKey
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Viewer
from tests.loaders.reference import Reference
from tests.loaders.world import RowDict, World

Recorder = Callable[[], AbstractContextManager[StatementLog]]


async def compare(
    name: str, world: World, keys: Sequence[PageKey], database: Database, statements: Recorder
) -> None:
    """Load a batch of pages and their totals, in a statement each, and work them out too."""
    reference = Reference(world)
    loader: PageLoader[Any] = getattr(
        Loaders(Operation(database.reader(2), Viewer(world.tenant_id))), name
    )

    with statements() as log:
        found = await asyncio.gather(*map(loader.load, keys))
        totals = await loader.totals.load_many([total_of(key) for key in keys])

    kind = type(loader).__name__
    assert log.loaders == {kind: 1, f"{kind}.totals": 1}
    for key, page, total in zip(keys, found, totals, strict=True):
        assert page == as_loaded(loader, reference.page(name, key)), key
        assert total == len(reference.ordered(name, (), total_of(key))), key


async def compare_selected(
    name: str,
    world: World,
    keys: Sequence[PageKey],
    columns: Columns,
    database: Database,
    statements: Recorder,
) -> None:
    """Load pages of some columns as a level, in one statement, and work them out too."""
    reference = Reference(world)
    loaders = Loaders(Operation(database.reader(2), Viewer(world.tenant_id))).selecting(columns)
    loader: PageLoader[Any] = getattr(loaders, name)
    distinct = list(dict.fromkeys(keys))

    with statements() as log:
        found = await loader.load_level(distinct)

    assert log.loaders == {type(loader).__name__: 1}
    for key, page in zip(distinct, found, strict=True):
        expected = reference.page(name, key)
        assert (page.has_next, page.has_previous) == (expected.has_next, expected.has_previous), key
        selected = [tuple(row[column] for column in columns) for row in expected.rows]
        assert [record[1:] for record in page.rows] == selected, key


def total_of(key: PageKey) -> TotalKey:
    return TotalKey(key.parent, key.where, key.deep)


def as_loaded(loader: PageLoader[Any], page: Page[RowDict]) -> Page[Any]:
    """Dress a page of the reference in the loader's rows."""
    names = [field.name for field in fields(loader.row)]
    rows = [loader.row(*(row[name] for name in names)) for row in page.rows]
    return Page(rows, has_next=page.has_next, has_previous=page.has_previous)
