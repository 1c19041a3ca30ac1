"""What an operation loaded goes when it ends, without the garbage collector."""

import gc

import pytest

from graphql_api.db.database import Database
from graphql_api.execution import Mode
from tests.schema.client import Execute
from tests.support.factories import Factory

QUERY = """query ($n: Int, $tag: String!) {
    posts(first: $n, where: {anyTags: [$tag]}) { totalCount pageInfo { endCursor }
        edges { cursor node { id body author { posts { nodes { id } } }
            comments { nodes { id author { id } } } tags { nodes { id } } } } } }"""


PLAIN = """query ($n: Int = 2) {
    posts(first: $n) { nodes { id author { id } comments { nodes { id } } } } }"""


@pytest.mark.parametrize(
    ("query", "number"),
    [
        (QUERY, 2),
        (QUERY.replace("$n: Int", "$n: Int = 2"), None),  # a default that applies
        # the variables are coerced by graphql-core, and nothing else asks for its executor
        (PLAIN, None),
        (PLAIN, 2.0),
    ],
)
async def test_a_planned_operation_leaves_nothing_for_the_collector(
    query: str, number: float | None, database: Database, make: Factory
) -> None:
    given: dict[str, object] = {} if number is None else {"n": number}
    tag = await make.tag()
    if "$tag" in query:
        given["tag"] = tag.slug
    for _ in range(3):
        post = await make.post(tags=[tag])
        await make.comment(post=post)
    execute = Execute(database, modes=[Mode.PLAN])
    for _ in range(3):  # what is made once is made by now
        await execute.data(query, **given)
    while gc.collect():  # what earlier tests left, and what that held
        pass
    gc.disable()
    try:
        for _ in range(5):
            await execute.data(query, **given)
        left = gc.collect()
    finally:
        gc.enable()
    assert left == 0
