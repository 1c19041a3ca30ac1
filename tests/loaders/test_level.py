"""A level's keys at once: the values in order, in the wave of those who ask one by one."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.errors import UnavailableError
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Viewer
from tests.loaders.test_base import CancelledAtFirst, Doubling, FailingAtFirst
from tests.support.factories import Factory
from tests.support.patience import patience

_levels = st.lists(st.lists(st.integers(0, 9), unique=True), max_size=4)


async def test_a_level_has_the_values_of_its_keys_in_order(operation: Operation) -> None:
    loader = Doubling(operation)
    assert await loader.load_level([3, 1, 2]) == [6, 2, 4]
    assert loader.batches == [[3, 1, 2]]
    assert await loader.load_level([2, 3]) == [4, 6]
    assert loader.batches == [[3, 1, 2]], "what is known is not asked again"
    assert await loader.load_level([2, 4]) == [4, 8]
    assert loader.batches == [[3, 1, 2], [4]]


async def test_levels_of_a_wave_with_the_same_keys_have_each_its_own_order(
    operation: Operation,
) -> None:
    loader = Doubling(operation)
    levels = [loader.load_level(keys) for keys in ([2], [1, 2, 3], [3, 2, 1])]
    assert await asyncio.gather(*levels) == [[4], [2, 4, 6], [6, 4, 2]]
    assert loader.batches == [[2, 1, 3]]


async def test_a_level_without_keys_asks_nothing(operation: Operation) -> None:
    loader = Doubling(operation)
    assert await loader.load_level([]) == []
    assert loader.batches == []


async def test_levels_and_single_loads_of_a_wave_are_one_statement(
    loaders: Loaders,
    make: Factory,
    statements: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    one, other = await make.user(), await make.user()
    users = loaders.user_by_id
    with statements() as log:
        single = users.load(other.id)
        first, second = users.load_level([one.id, 99]), users.load_level([other.id, one.id])
        found = await asyncio.gather(single, first, second)
    assert log.loaders == {"UserById": 1}
    assert found[0] is not None
    assert found[0].id == other.id
    assert [row and row.id for row in found[1]] == [one.id, None]
    assert [row and row.id for row in found[2]] == [other.id, one.id]


@run_settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(waves=st.lists(st.tuples(_levels, st.lists(st.integers(0, 9), max_size=4)), max_size=4))
async def test_however_levels_and_single_loads_mix_each_wave_is_a_batch_of_distinct_keys(
    waves: list[tuple[list[list[int]], list[int]]], database: Database
) -> None:
    loader = Doubling(Operation(database.reader(1), Viewer()))
    for levels, keys in waves:
        n_batches = len(loader.batches)
        found = await asyncio.gather(*map(loader.load_level, levels), *map(loader.load, keys))
        assert found == [[key * 2 for key in level] for level in levels] + [k * 2 for k in keys]
        assert len(loader.batches) <= n_batches + 1
    for batch in loader.batches:
        assert len(batch) == len(set(batch))


@pytest.mark.parametrize(
    ("kind", "error"), [(FailingAtFirst, ValueError), (CancelledAtFirst, UnavailableError)]
)
async def test_a_level_that_fails_is_an_error_to_all_and_is_asked_again(
    kind: type[FailingAtFirst], error: type[Exception], operation: Operation
) -> None:
    loader = kind(operation)
    async with patience():
        asked = loader.load_level([1, 2]), loader.load_level([2]), loader.load(3)
        first = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in first] == [error] * 3
        assert await loader.load_level([1, 2]) == [2, 4]
        assert await loader.load(3) == 6
    assert loader.batches == [[1, 2, 3], [1, 2], [3]]


async def test_a_batch_of_the_wrong_length_leaves_nothing_that_is_known(
    operation: Operation,
) -> None:
    class Short(Doubling):
        async def batch_load_fn(self, keys: list[int]) -> list[int]:
            found = await super().batch_load_fn(keys)
            return found[1:] if len(self.batches) == 1 else found

    loader = Short(operation)
    asked = loader.load_level([1, 2]), loader.load(3)
    first = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in first] == [TypeError] * 2
    assert await loader.load_level([1, 2, 3]) == [2, 4, 6]


async def test_a_caller_that_is_cancelled_harms_nobody_who_waits_for_the_same_level(
    operation: Operation,
) -> None:
    class Waiting(Doubling):
        async def before(self) -> None:
            await go_on.wait()

    go_on = asyncio.Event()
    loader = Waiting(operation)
    leaving, staying = (asyncio.ensure_future(loader.load_level([1, 2])) for _ in range(2))
    single = loader.load(1)
    async with patience():
        while not loader.batches:  # noqa: ASYNC110  # a batch gives no sign of its start
            await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        go_on.set()
        assert leaving.cancelled()
        assert [await staying, await single] == [[2, 4], 2]
        assert await loader.load_level([2, 1]) == [4, 2]
    assert loader.batches == [[1, 2]]


async def test_what_is_under_way_is_not_asked_again(operation: Operation) -> None:
    class Waiting(Doubling):
        async def before(self) -> None:
            await go_on.wait()

    go_on = asyncio.Event()
    loader = Waiting(operation)
    early = asyncio.ensure_future(loader.load_level([1, 2]))
    async with patience():
        while not loader.batches:  # noqa: ASYNC110  # a batch gives no sign of its start
            await asyncio.sleep(0)
        late = asyncio.gather(loader.load_level([2, 1]), loader.load_level([1, 3]), loader.load(2))
        go_on.set()
        assert await early == [2, 4]
        assert list(await late) == [[4, 2], [2, 6], 4]
    assert loader.batches == [[1, 2], [3]]


async def test_a_level_that_waits_at_the_end_of_its_operation_is_answered(
    operation: Operation,
) -> None:
    loader = Doubling(operation)
    known = await loader.load_level([1])
    await operation.close()
    async with patience():
        assert await loader.load_level([1]) == known
        with pytest.raises(UnavailableError):
            await loader.load_level([1, 2])


@pytest.mark.parametrize("n_turns", [0, 1, 3, 4, 9])
async def test_whoever_asks_when_an_operation_has_ended_is_told_each_time(
    n_turns: int, operation: Operation
) -> None:
    loader = Doubling(operation)
    first = loader.load(1)
    for _ in range(n_turns):
        await asyncio.sleep(0)
    await operation.close()
    async with patience():
        await asyncio.wait([first])
        for key in (2, 3):
            with pytest.raises(UnavailableError):
                await loader.load(key)
    assert not operation.is_at_work


class Gated(Doubling):
    """Waits until it may answer."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self.go_on = asyncio.Event()
        self.factor = 1

    async def batch_load_fn(self, keys: list[int]) -> list[int]:
        """Answer with what was there when it was asked."""
        factor = self.factor
        found = await super().batch_load_fn(keys)
        await self.go_on.wait()
        return [factor * value for value in found]


async def test_what_is_cleared_while_it_is_loaded_is_loaded_again(operation: Operation) -> None:
    loader = Gated(operation)
    early = asyncio.ensure_future(loader.load_level([1, 2]))
    async with patience():
        while not loader.batches:  # noqa: ASYNC110  # a batch gives no sign of its start
            await asyncio.sleep(0)
        loader.clear(1)
        loader.factor = 10
        late = loader.load(1)
        loader.go_on.set()
        assert await early == [2, 4]
        assert await late == 20
    assert loader.batches == [[1, 2], [1]]


@pytest.mark.parametrize("all_of_it", [False, True])
async def test_what_is_cleared_while_others_are_loaded_is_answered_to_who_asked_before(
    all_of_it: bool,  # noqa: FBT001  # pytest passes it by name
    operation: Operation,
) -> None:
    loader = Gated(operation)
    loader.go_on.set()
    await loader.load_level([1])
    loader.go_on.clear()
    both = asyncio.ensure_future(loader.load_level([1, 2]))
    async with patience():
        while len(loader.batches) < 2:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0)
        loader.clear_all() if all_of_it else loader.clear(1)
        loader.go_on.set()
        assert await both == [2, 4]
        assert await loader.load(1) == 2
    assert loader.batches == [[1], [2], [1]]


async def test_a_batch_that_fails_takes_no_key_with_it_that_is_known(operation: Operation) -> None:
    class Failing(Doubling):
        async def batch_load_fn(self, keys: list[int]) -> list[int]:
            if 2 in keys:
                raise ValueError
            return await super().batch_load_fn(keys)

    loader = Failing(operation)
    await loader.load_level([1])
    known, failing = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert known == 2
    assert isinstance(failing, ValueError)
    assert loader.batches == [[1]]


@pytest.mark.parametrize("kind", [FailingAtFirst, CancelledAtFirst])
async def test_an_error_of_a_level_that_nobody_waits_for_is_no_complaint(
    kind: type[FailingAtFirst], operation: Operation, complaints: list[dict[str, Any]]
) -> None:
    loader = kind(operation)
    before, during, forgotten = (asyncio.ensure_future(loader.load_level([1])) for _ in range(3))
    before.cancel()
    asyncio.get_running_loop().call_later(0.01, during.cancel)
    await asyncio.wait([forgotten])
    forgotten.exception()
    del before, during, forgotten, loader
    gc.collect()
    assert complaints == []
