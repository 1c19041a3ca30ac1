"""What clients spend is counted window by window, in a process or in Redis."""

import asyncio
import logging
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from limits.aio.storage import RedisStorage

from graphql_api.errors import OperatorError
from graphql_api.schema.limits import meter as module
from graphql_api.schema.limits.meter import Counters, Meter
from graphql_api.settings import Settings
from tests.support.patience import PATIENCE_S


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """Run a Redis, where there is one."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [program, "--port", str(port), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


@pytest.fixture
async def meter_of() -> AsyncIterator[Callable[..., Meter]]:
    """Make meters, which are closed when the test is over."""
    made: list[Meter] = []

    def make(*given: Any) -> Meter:
        made.append(Meter(*given))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> str | None:
    """Give the address of what counts."""
    return None if request.param == "memory" else request.getfixturevalue("redis")


async def test_a_client_spends_until_nothing_is_left(
    storage: str | None, meter_of: Callable[..., Meter]
) -> None:
    meter = meter_of(10, 60, storage)
    name = f"spends {storage}"
    spent = [await meter.spend(name, cost) for cost in (4, 7, 6, 1, 0)]
    told = [(each.remaining, each.accepted) for each in spent if each is not None]
    assert told == [(6, True), (6, False), (0, True), (0, False), (0, True)]
    other = await meter.spend(f"other {storage}", 10)
    assert other is not None
    assert (other.limit, other.remaining, other.accepted) == (10, 0, True)


async def test_all_is_there_again_after_the_window(
    storage: str | None, meter_of: Callable[..., Meter]
) -> None:
    meter = meter_of(10, 1, storage)
    first = await meter.spend("again", 10)
    assert first is not None
    assert first.seconds_left <= 1
    until = time.monotonic() + PATIENCE_S
    while True:
        found = await meter.spend("again", 10)
        assert found is not None
        if found.accepted:
            break
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    assert found.resets_at >= first.resets_at + 0.5


async def test_a_limit_holds_for_requests_at_the_same_time(
    storage: str | None, meter_of: Callable[..., Meter]
) -> None:
    meter = meter_of(10, 60, storage)
    spent = await asyncio.gather(*(meter.spend("crowd", 1) for _ in range(30)))
    assert sum(each is not None and each.accepted for each in spent) == 10


async def test_who_is_refused_at_the_same_time_as_others_pays_nothing(
    storage: str | None, meter_of: Callable[..., Meter]
) -> None:
    meter = meter_of(10, 60, storage)
    spent = await asyncio.gather(*(meter.spend("together", 6) for _ in range(8)))
    assert sum(each is not None and each.accepted for each in spent) == 1
    rest = await meter.spend("together", 4)
    assert rest is not None
    assert rest.accepted


async def test_all_processes_count_in_one_redis(redis: str, meter_of: Callable[..., Meter]) -> None:
    meters = [meter_of(10, 60, redis) for _ in range(3)]
    spent = [await meter.spend("shared", 4) for meter in meters]
    assert [each is not None and each.accepted for each in spent] == [True, True, False]


async def test_nobody_is_refused_while_redis_is_away(
    caplog: pytest.LogCaptureFixture, meter_of: Callable[..., Meter]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    meter = meter_of(10, 60, f"redis://127.0.0.1:{port}/0")
    with caplog.at_level(logging.WARNING, "graphql_api.limits"):
        assert [await meter.spend("a", 50) for _ in range(3)] == [None] * 3
    [record] = caplog.records
    assert "not counted" in record.message


async def test_a_redis_that_does_not_answer_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, meter_of: Callable[..., Meter]
) -> None:
    monkeypatch.setattr(module, "_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        meter = meter_of(10, 60, f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        assert await asyncio.wait_for(meter.spend("a", 50), PATIENCE_S) is None


async def test_clients_whose_window_is_over_are_forgotten() -> None:
    counters = Counters()
    for number in range(1000):
        await counters.incr(f"client {number}", 0.0)
    await counters.incr("last", 60.0)
    assert list(counters.storage) == ["last"]
    assert list(counters.expirations) == ["last"]
    assert not counters.locks
    assert counters.timer is None


async def test_counting_looks_at_one_client_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters()
    await counters.incr("first", 60.0)

    class Watched(dict[str, float]):
        def items(self) -> None:  # type: ignore[override]  # it is not to be called
            raise AssertionError("all clients were looked through")

    monkeypatch.setattr(counters, "expirations", Watched(counters.expirations))
    assert [await counters.incr("first", 60.0, 5), await counters.incr("b", 60.0)] == [6, 1]


def test_a_storage_that_is_no_redis_is_refused_at_start() -> None:
    given = {"database_url": "postgresql://a@b/c", "secret_key": "x" * 32, "_env_file": None}
    with pytest.raises(OperatorError, match="RATE_STORAGE: must look like redis://host:port/0"):
        Settings.load(**given, rate_storage="memcached://hidden")


def test_redis_is_spoken_to_by_its_own_library() -> None:
    storage = module._storage("rediss://cache.example:6380/2")  # noqa: SLF001  # no connection is made
    assert isinstance(storage, RedisStorage)
