"""Plans give the answers that graphql-core gives, whatever the operation and its data."""

import asyncio
import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, seed, settings

from graphql_api.execution import PlanExecutor
from tests.execution.comparison import compare
from tests.execution.queries import Case, cases

N_SHARES = 4
N_CASES = 500
"""In each share; `make fuzz` runs as many as one likes."""


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """Keep one event loop for all cases."""
    with asyncio.Runner() as kept:
        yield kept


# graphql-core leaves coroutines behind where a resolver beside them fails at once
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("share", range(N_SHARES))
def test_plans_answer_as_graphql_core_does(share: int, runner: asyncio.Runner) -> None:
    planned = PlanExecutor.counters.planned
    fallen_back = PlanExecutor.counters.fallen_back.total()
    n_errors = n_cases = 0

    @seed(share)
    @settings(
        max_examples=N_CASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def check(case: Case) -> None:
        nonlocal n_errors, n_cases
        n_cases += 1
        n_errors += runner.run(compare(case, checks_text=n_cases % 10 == 0))

    check()
    gc.collect()  # what graphql-core left behind is of this test, not of a later one

    # the cases are not all empty, nor all at fault, nor run by graphql-core twice
    assert N_CASES / 4 < n_errors < N_CASES * 4
    assert PlanExecutor.counters.planned - planned >= N_CASES * 4
    assert PlanExecutor.counters.fallen_back.total() == fallen_back
