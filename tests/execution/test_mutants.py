"""The comparison finds faults: each of those put into the executor, one at a time."""

import asyncio
import gc
from itertools import chain
from random import Random

import pytest

from tests.execution.comparison import DifferenceError, compare
from tests.execution.mutants import MUTANTS
from tests.execution.queries import write_case

MOST_CASES = 1500
"""As many have to be enough for any fault; for most, twenty are."""
RARE_CASES = (82, 84, 152, 312, 414)
"""Tried first, as they found what few cases find: the search for it would take half a minute."""


# a faulty executor leaves behind what it likes, and graphql-core what a failing resolver was beside
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", MUTANTS)
def test_the_comparison_finds_that(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)
    found_at = asyncio.run(_first_difference())
    gc.collect()  # what was left behind is of this test, not of a later one
    assert found_at is not None, f"{name}: not found in {MOST_CASES} cases"


async def _first_difference() -> int | None:
    for number in chain(RARE_CASES, range(MOST_CASES)):
        try:
            await compare(write_case(Random(number)))  # noqa: S311  # cases of tests
        except DifferenceError:
            return number
    return None
