"""What is meant to keep a server busy is refused, or answered, after a bounded amount of work.

The work is counted in calls of functions, which a slow machine makes no more of: half a million of
them take about 50 ms.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from graphql import get_introspection_query

from graphql_api.http.request import from_object
from graphql_api.schema.build import build_schema
from tests.schema.limits.hostile import DOCUMENTS, MOST_BYTES, VARIABLES

MOST_CALLS = 400_000


class Calls:
    """How many calls of functions were made."""

    n = 0

    def note(self, _frame: FrameType, event: str, _argument: object) -> None:
        """Count one."""
        self.n += event in {"call", "c_call"}


@contextmanager
def counted() -> Iterator[Calls]:
    """Count the calls that the block makes."""
    calls = Calls()
    sys.setprofile(calls.note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


async def run(text: str, variables: dict[str, Any]) -> tuple[Calls, set[str]]:
    """Have a document read, measured and validated, and what is left of it executed."""
    with counted() as calls:
        result = await build_schema().execute(text, variables)
    return calls, {str((error.extensions or {}).get("code")) for error in result.errors or ()}


# without a database: what is allowed fails where it would begin to load
REFUSED = {"LIMIT_EXCEEDED", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT"}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_costs_a_bounded_amount_of_work(name: str) -> None:
    await run("{ __typename }", {})
    calls, codes = await run(f"{DOCUMENTS[name]} #{name}", {})
    assert calls.n <= MOST_CALLS
    assert codes <= REFUSED | {"INTERNAL"}
    if "INTERNAL" not in codes and DOCUMENTS[name] != get_introspection_query():
        assert codes


@pytest.mark.parametrize("name", VARIABLES)
async def test_variables_cost_a_bounded_amount_of_work(name: str) -> None:
    text, value = VARIABLES[name]
    assert from_object({"query": text, "variables": {"v": value}}).variables
    calls, codes = await run(text, {"v": value})
    assert calls.n <= MOST_CALLS
    assert codes <= {"BAD_USER_INPUT", "INTERNAL"}


def test_the_corpus_is_as_large_as_a_request_may_be() -> None:
    assert max(map(len, DOCUMENTS.values())) > MOST_BYTES * 0.99
