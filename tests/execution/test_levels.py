"""Every relation is loaded once a level, with each key once."""

import asyncio

import pytest
from graphql import parse
from hypothesis import HealthCheck, given, seed, settings
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.execution import PlanExecutor
from tests.execution.comparison import quiet, run
from tests.execution.faults import make_world
from tests.execution.queries import Case, cases
from tests.execution.world import Context

N_CASES = 300


def test_each_relation_is_loaded_once_a_level_with_distinct_keys() -> None:
    n_loads = 0

    @seed(0)
    @settings(
        max_examples=N_CASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def check(case: Case) -> None:
        nonlocal n_loads
        n_loads += asyncio.run(_checked(case))

    check()

    assert n_loads > N_CASES // 2


async def _checked(case: Case) -> int:
    # errors end nothing but their own field, so that both ask for all there is
    document = quiet(parse(case.text))
    variables = case.variables[0]
    expected = Context(make_world(case.seed, 0.0))
    await run(StrawberryGraphQLCoreExecutionContext, document, variables, expected)
    found = Context(make_world(case.seed, 0.0))
    await run(PlanExecutor, document, variables, found)
    if any("property" in reason for reason in PlanExecutor.counters.rerun):
        raise AssertionError("a world without faults needed graphql-core")
    for level in found.loads:
        assert None not in level.keys
        assert len(level.keys) == len(set(level.keys)) <= level.n_parents
    assert len(found.loads) == len(expected.visited), case.text
    return len(found.loads)


@pytest.mark.parametrize("n_turns", [0, 1, 5])
async def test_siblings_of_any_speed_do_not_split_a_level(n_turns: int) -> None:
    text = """{
        articles(n: 6) { late author { boss { handle } } related(n: 3) { late author { handle } } }
        sureArticles(n: 6) { next { author { handle } } things { ... on Tag { owner { handle } } } }
        nodes { ... on Tag { owner { boss { handle } } } ... on Pin { other { id } } }
    }"""
    world = make_world(2, 0.0)
    world.n_turns = n_turns
    context = Context(world)
    result = await run(PlanExecutor, parse(text), {}, context)

    assert result.errors is None
    assert sorted(level.path for level in context.loads) == [
        "articles.author",
        "articles.author.boss",
        "articles.related.author",
        "nodes.other",
        "nodes.owner",
        "nodes.owner.boss",
        "sureArticles.next.author",
        "sureArticles.things.owner",
    ]
