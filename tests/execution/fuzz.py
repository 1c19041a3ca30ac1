"""Compares the executors for as long as asked: ``make fuzz``, ``make fuzz CASES=1000``.

Every case has a number and can be had again: ``make fuzz CASES=1 FIRST=NUMBER``.
"""

import asyncio
import sys
import time
from random import Random

from graphql_api.execution import PlanExecutor
from tests.execution.comparison import DifferenceError, compare
from tests.execution.queries import write_case

MOST_DIFFERENCES = 5


async def fuzz(count: int, first: int) -> int:
    """Compare cases from a number on; return how many differ."""
    n_errors = n_different = 0
    start = time.monotonic()
    for number in range(first, first + count):
        case = write_case(Random(number))  # noqa: S311  # cases of tests
        try:
            n_errors += await compare(case, checks_text=number % 50 == 0)
        except DifferenceError as difference:
            n_different += 1
            sys.stdout.write(f"\ncase {number}: {difference}\n")
            if n_different == MOST_DIFFERENCES:
                return n_different
        done = number - first + 1
        if done % 1000 == 0 or done == count:
            sys.stdout.write(
                f"{done} cases from number {first} in {time.monotonic() - start:.0f} s,"
                f" {n_errors} runs with errors, {n_different} differences;"
                f" {PlanExecutor.counters}\n"
            )
            sys.stdout.flush()
    return n_different


if __name__ == "__main__":
    # graphql-core leaves coroutines behind where a resolver beside them fails at once
    sys.unraisablehook = lambda _: None
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    from_number = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() // 1000
    sys.exit(min(asyncio.run(fuzz(how_many, from_number)), 1))
