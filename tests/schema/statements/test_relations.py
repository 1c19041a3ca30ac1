"""A relation costs one statement, however many parents there are."""

import pytest

from graphql_api.schema import global_id
from tests.schema.client import Execute, Recorder
from tests.schema.statements.relation import (
    LISTS,
    RELATED,
    RELATIONS,
    costs,
    labels,
    parents,
    query,
    selection,
)
from tests.schema.statements.world import MOST, Ids


def test_every_relation_has_its_line_here() -> None:
    assert RELATED.keys() | LISTS.keys() == RELATIONS.keys()


@pytest.mark.parametrize("name", RELATED)
async def test_a_relation_costs_one_statement_at_any_number_of_parents(
    name: str, world: Ids, execute: Execute, statements: Recorder
) -> None:
    _, field = name.split(".")
    for number in (1, 2, MOST):
        with statements() as log:
            data = await execute.data(query(name, selection(name)), **parents(world, name, number))
        assert [labels(node[field]) for node in data["nodes"]] == [
            RELATED[name](i) for i in range(number)
        ]
        assert log.loaders == costs(name), number


@pytest.mark.parametrize("name", RELATED)
async def test_a_relation_of_nothing_costs_nothing(
    name: str, execute: Execute, statements: Recorder
) -> None:
    parent, _ = name.split(".")
    root = global_id.NODES[parent].__name__
    with statements() as log:
        assert await execute.data(query(name, selection(name)), ids=[]) == {"nodes": []}
    assert log.loaders == {}
    with statements() as log:
        unknown = [global_id.encode(parent, 10**6)]
        assert await execute.data(query(name, selection(name)), ids=unknown) == {"nodes": [None]}
    assert log.loaders == {root: 1}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_of_everything_costs_one_statement(
    name: str, execute: Execute, statements: Recorder
) -> None:
    _, field = name.split(".")
    for first in (2, 100):
        with statements() as log:
            data = await execute.data(query(name, selection(name, f"(first: {first})")))
        assert labels(data[field])[:2] == LISTS[name]
        assert log.loaders == costs(name)
