"""Loaders that select some columns alone: records of these, equal to the row objects' columns."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.db.database import Database
from graphql_api.loaders.base import names_of
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import KINDS, Loaders
from graphql_api.models import Viewer
from tests.loaders.comparison import Recorder, compare_selected
from tests.loaders.questions import LISTS, PUBLIC, batches
from tests.loaders.reference import Reference
from tests.loaders.test_page import FEW
from tests.loaders.world import Content, World, contents, written

TABLES = {
    "ancestors": "comments",
    "category": "categories",
    "children": "categories",
    "comment": "comments",
    "path": "categories",
    "post": "posts",
    "tag": "tags",
    "user": "users",
}
"""Whose rows a loader's keys are of, by the first word of its name."""

RELATIONS = sorted(set(PUBLIC) - set(LISTS))


def some_columns(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Generate sets of columns of a loader's rows, in any order; also of none."""
    kind: Any = KINDS[name]
    return st.lists(st.sampled_from(names_of(kind.row)), unique=True, max_size=6).map(tuple)


def every_key(name: str, world: World) -> Sequence[Any]:
    """List what a loader can be asked for, and what nobody has."""
    if name == "categories":
        return [True, False]
    rows = world.rows[TABLES[name.partition("_")[0]]]
    column = name.rpartition("_")[2]
    column = column if column in ("slug", "username") else "id"
    return [*(row[column] for row in rows), "nobody" if column != "id" else 99]


@pytest.mark.parametrize("name", RELATIONS)
@FEW
@given(content=contents(), data=st.data())
async def test_records_are_the_columns_that_were_selected_of_the_rows(
    name: str, content: Content, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    world = await written(database, content)
    columns = data.draw(some_columns(name))
    loaders = Loaders(Operation(database.reader(1), Viewer(world.tenant_id)))
    keys = list(every_key(name, world))

    objects = await getattr(loaders, name).load_many(keys)
    with statements() as log:
        records = await getattr(loaders.selecting(columns), name).load_level(keys)

    assert log.loaders == {KINDS[name].__name__: 1}
    for key, of_objects, of_records in zip(keys, objects, records, strict=True):
        assert (of_objects is None) == (of_records is None)
        for row, record in zip(listed(of_objects), listed(of_records), strict=True):
            assert record[0] == key
            assert record[1:] == tuple(getattr(row, column) for column in columns)


def listed(found: Any) -> list[Any]:  # what a loader gives for a key
    """List the rows of a key, of which some loaders give one at most."""
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("name", LISTS)
@FEW
@given(content=contents(), data=st.data())
async def test_pages_of_selected_columns_are_those_of_a_naive_reference_in_one_statement(
    name: str, content: Content, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    world = await written(database, content)
    keys = data.draw(batches(name, Reference(world)))
    columns = data.draw(some_columns(name))
    await compare_selected(name, world, keys, columns, database, statements)
