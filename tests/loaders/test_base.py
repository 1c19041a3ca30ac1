"""The contract of a batch: every caller is answered, and none can harm another."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from graphql_api.db.monitor import StatementLog
from graphql_api.errors import UnavailableError
from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from tests.support.factories import Factory
from tests.support.patience import patience

LARGEST_ID = 2**63 - 1


class Doubling(BatchLoader[int, int]):
    """Doubles numbers, after all that ``before`` does."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self.batches: list[list[int]] = []

    async def before(self) -> None:
        """Do nothing."""

    async def batch_load_fn(self, keys: list[int]) -> list[int]:
        """Double each key."""
        self.batches.append(keys)
        await self.before()
        return [key * 2 for key in keys]


class FailingAtFirst(Doubling):
    """Fails in its first batch."""

    error: type[BaseException] = ValueError

    async def before(self) -> None:
        """Fail once."""
        if len(self.batches) == 1:
            raise self.error("no luck")


class CancelledAtFirst(FailingAtFirst):
    """Is cancelled in its first batch."""

    error = asyncio.CancelledError


async def test_keys_are_distinct_and_every_caller_gets_the_value_of_its_key(
    operation: Operation,
) -> None:
    loader = Doubling(operation)
    assert await loader.load_many([3, 1, 3, 2, 1]) == [6, 2, 6, 4, 2]
    assert loader.batches == [[3, 1, 2]]
    assert await loader.load(2) == 4
    assert loader.batches == [[3, 1, 2]], "what is known is not asked again"


async def test_rows_come_in_the_order_of_the_keys_and_none_where_there_is_none(
    loaders: Loaders, make: Factory
) -> None:
    one, other = await make.user(), await make.user()
    found = await loaders.user_by_id.load_many([other.id, 99, one.id])
    assert [row and row.username for row in found] == [other.username, None, one.username]


async def test_lists_come_in_the_order_of_the_keys_and_empty_where_there_is_none(
    loaders: Loaders, make: Factory
) -> None:
    root, leaf = await make.category(), await make.category()
    child = await make.category(parent=root)
    found = await loaders.children_by_category.load_many([leaf.id, root.id, 99])
    assert [[row.id for row in rows] for rows in found] == [[], [child.id], []]


@pytest.mark.parametrize(
    ("kind", "error"), [(FailingAtFirst, ValueError), (CancelledAtFirst, UnavailableError)]
)
async def test_a_batch_that_fails_is_an_error_to_each_caller_and_the_next_load_works(
    kind: type[FailingAtFirst], error: type[Exception], operation: Operation
) -> None:
    loader = kind(operation)
    async with patience():
        first = await asyncio.gather(*map(loader.load, [1, 2, 1]), return_exceptions=True)
        assert [type(answer) for answer in first] == [error] * 3
        assert await loader.load_many([1, 2]) == [2, 4]
    assert loader.batches == [[1, 2], [1, 2]]


async def test_a_batch_of_the_wrong_length_is_an_error_to_each_caller(operation: Operation) -> None:
    class Short(Doubling):
        async def batch_load_fn(self, keys: list[int]) -> list[int]:
            return keys[1:]

    answers = await asyncio.gather(*map(Short(operation).load, [1, 2]), return_exceptions=True)
    assert [type(answer) for answer in answers] == [TypeError] * 2


async def test_a_caller_that_leaves_harms_nobody_who_waits_for_the_same_key(
    operation: Operation,
) -> None:
    loader = Doubling(operation)
    leaving, staying = loader.load(1), loader.load(1)
    leaving.cancel()
    late = loader.load(1)
    async with patience():
        assert [await staying, await late] == [2, 2]
    assert loader.batches == [[1]]
    assert await loader.load(1) == 2


@pytest.mark.parametrize("kind", [FailingAtFirst, CancelledAtFirst])
async def test_an_error_that_nobody_waits_for_is_no_complaint(
    kind: type[FailingAtFirst], operation: Operation, complaints: list[dict[str, Any]]
) -> None:
    loader = kind(operation)
    before, during, forgotten = loader.load(1), loader.load(2), loader.load(3)
    before.cancel()
    asyncio.get_running_loop().call_later(0.01, during.cancel)
    await asyncio.wait([forgotten])
    del before, during, forgotten, loader
    gc.collect()
    assert complaints == []


async def test_forty_thousand_keys_are_one_statement(
    loaders: Loaders,
    make: Factory,
    statements: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    user = await make.user()
    with statements() as log:
        found = await loaders.user_by_id.load_many(range(1, 40_001))
    assert log.loaders == {"UserById": 1}
    assert [row.id for row in found if row] == [user.id]


async def test_the_largest_id_there_can_be_is_looked_for(loaders: Loaders, make: Factory) -> None:
    user = await make.user(id=LARGEST_ID)
    found = await loaders.user_by_id.load_many([LARGEST_ID, LARGEST_ID - 1, -1, 0])
    assert [row and row.id for row in found] == [user.id, None, None, None]
