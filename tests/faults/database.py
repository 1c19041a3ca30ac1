"""The database goes away, in four ways, while the server reads and writes."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass

from tests.faults.load import Load, Served
from tests.faults.rig import Rig

_TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'graphql-api'
"""
Fault = Callable[[Rig, float], AbstractAsyncContextManager[float]]


@asynccontextmanager
async def _stopped(rig: Rig, gone_s: float, how: signal.Signals) -> AsyncIterator[float]:
    """Stop it by a signal, and start it again; give the moment when it answers."""
    await asyncio.to_thread(rig.stop_database, how)
    await asyncio.sleep(gone_s)
    again = rig.database_again()
    await asyncio.to_thread(again.__enter__)
    try:
        yield time.monotonic()
    finally:
        await asyncio.to_thread(again.__exit__, None, None, None)


def restarted(rig: Rig, gone_s: float) -> AbstractAsyncContextManager[float]:
    """End it as an operator does, and start it again."""
    return _stopped(rig, gone_s, signal.SIGINT)


def killed(rig: Rig, gone_s: float) -> AbstractAsyncContextManager[float]:
    """Kill all of its processes; it recovers when it starts."""
    return _stopped(rig, gone_s, signal.SIGKILL)


@asynccontextmanager
async def frozen(rig: Rig, gone_s: float) -> AsyncIterator[float]:
    """Have it do nothing, and say nothing, for a while."""
    rig.signal_database(signal.SIGSTOP)
    try:
        await asyncio.sleep(gone_s)
    finally:
        rig.signal_database(signal.SIGCONT)
    yield time.monotonic()


@asynccontextmanager
async def terminated(rig: Rig, gone_s: float) -> AsyncIterator[float]:
    """End all of the server's connections, several times."""
    end = time.monotonic() + gone_s
    while True:
        await asyncio.to_thread(rig.ask, _TERMINATE)
        if time.monotonic() > end:
            break
        await asyncio.sleep(0.1)
    yield time.monotonic()


@dataclass(frozen=True, slots=True)
class Figures(Served):
    """What a fault did."""

    read_after_s: float
    written_after_s: float
    longest_s: float
    connections: int
    frozen_transactions: int


async def suffered(
    rig: Rig, fault: Fault, *, gone_s: float, before_s: float = 1.0, after_s: float = 3.0
) -> Figures:
    """Let a fault happen under load, and look what it did."""
    async with Load(rig, n_readers=12, n_writers=6) as load:
        await asyncio.sleep(before_s)
        async with fault(rig, gone_s) as returned:
            await asyncio.sleep(after_s)
            await load.stop()
            served = await load.served()
            connections = await asyncio.to_thread(rig.connections)
            held = await asyncio.to_thread(rig.connections, "state LIKE 'idle in%'")
    return Figures(
        **asdict(served),
        read_after_s=load.first_success_after(returned, is_write=False),
        written_after_s=load.first_success_after(returned, is_write=True),
        longest_s=load.longest(),
        connections=connections,
        frozen_transactions=held,
    )
