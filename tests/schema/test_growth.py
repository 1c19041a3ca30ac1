"""More data, same statements."""

import pytest

from graphql_api.db.database import Database
from graphql_api.execution import Mode
from tests.schema.client import Execute, Recorder
from tests.schema.statements.world import make_world

EVERYTHING = """
{
  posts(first: 100) { totalCount nodes {
    author { followers { nodes { following(first: 3) { totalCount nodes { username } } } } }
    category { path { slug } children { posts { totalCount nodes { slug } } } }
    tags { totalCount nodes { posts { nodes { likers(last: 5) { nodes { username } } } } } }
    comments(orderBy: [{field: LIKES}]) { totalCount nodes {
      root { id } parent { id } replies(first: 2) { nodes { likers { totalCount } } }
    } }
  } }
  authors(first: 100) { totalCount nodes { comments { totalCount nodes { body } } } }
  tags(first: 100) { totalCount nodes { name } }
  categories(rootsOnly: false) { children { slug } }
}
"""


@pytest.mark.parametrize("mode", Mode)
async def test_twice_the_data_costs_the_same_statements(
    mode: Mode, database: Database, statements: Recorder
) -> None:
    execute = Execute(database, modes=[mode])
    logs, sizes = [], []
    for numbers in (range(5), range(5, 10)):
        await make_world(database, numbers)
        with statements() as log:
            data = await execute.data(EVERYTHING)
        logs.append(log.loaders)
        sizes.append([data[name]["totalCount"] for name in ("posts", "authors", "tags")])
    assert sizes == [[10, 5, 10], [20, 10, 20]]
    assert logs[0] == logs[1]
    assert {name: number for name, number in logs[0].items() if number > 1} == {}
