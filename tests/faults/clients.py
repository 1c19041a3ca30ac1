"""Clients that leave in mid request, and more of them than there is room for."""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

import asyncpg
import httpx

from tests.faults.load import OK, READ, Outcome, outcome_of
from tests.faults.rig import Rig, wait_until
from tests.support.patience import PATIENCE_S
from tests.support.postgres import address

_SLOW = json.dumps({"query": "{ categories { name } }"}).encode()
_REQUEST = (
    b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_SLOW), _SLOW)
)
_AT_ONCE = 200
_N_AFTERWARDS = 100
_CONNECTING_S = 1.0


@dataclass(frozen=True, slots=True)
class Left:
    """What clients that left have left behind."""

    clients: int
    settled_after_s: float
    """Seconds until no statement of theirs ran, the lock still being held."""
    connections: int
    answered_afterwards: int
    slowest_afterwards_s: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of requests that all came at once."""

    requests: int
    said: dict[str, int]
    median_s: float
    longest_s: float
    unfair: float
    """The longest time as a multiple of the median; 2 where each waits for those before it."""
    connections: int


@asynccontextmanager
async def locked(rig: Rig, table: str = "categories") -> AsyncIterator[None]:
    """Have each statement on a table take as long as it may."""
    connection = await asyncpg.connect(address(rig.database))
    try:
        await connection.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        await connection.close()


async def leave(rig: Rig, n_clients: int) -> Left:
    """Have so many clients ask for what takes long, and leave before it is there."""
    at_once, seen = asyncio.Semaphore(_AT_ONCE), asyncio.Event()
    async with locked(rig):
        leaving = [asyncio.create_task(_hang_up(rig.base, at_once, seen)) for _ in range(n_clients)]
        await asyncio.to_thread(wait_until, lambda: rig.connections("state = 'active'"))
        seen.set()
        await asyncio.gather(*leaving)
        settled_s = await asyncio.to_thread(rig.settled)
    answered = await gathered(rig, _N_AFTERWARDS, at_once=8)
    return Left(
        clients=n_clients,
        settled_after_s=settled_s,
        connections=await asyncio.to_thread(rig.connections),
        answered_afterwards=sum(each.said == OK for each in answered),
        slowest_afterwards_s=max(each.ended - each.began for each in answered),
    )


async def crowd(rig: Rig, n_requests: int, *, room: int | None = None) -> Crowd:
    """Send so many requests at once, on connections that are there.

    Where there is ``room`` for fewer, none is answered with data before the others were sent away.
    """
    go = asyncio.Event()
    asking = [asyncio.create_task(_ask(rig.base, go)) for _ in range(n_requests)]
    await asyncio.sleep(_CONNECTING_S + n_requests / 500)
    async with nullcontext() if room is None else locked(rig):
        go.set()
        for each in islice(asyncio.as_completed(asking), 0 if room is None else n_requests - room):
            await each
    outcomes = await asyncio.gather(*asking)
    seconds = [each.ended - each.began for each in outcomes if each.said == OK]
    median = statistics.median(seconds)
    return Crowd(
        requests=n_requests,
        said=dict(Counter(each.said for each in outcomes)),
        median_s=median,
        longest_s=max(seconds),
        unfair=max(seconds) / median,
        connections=await asyncio.to_thread(rig.connections),
    )


async def gathered(rig: Rig, number: int, *, at_once: int) -> list[Outcome]:
    """Ask for the same so many times."""
    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(
        base_url=rig.base,
        timeout=PATIENCE_S,
        limits=limits,
        verify=False,  # noqa: S501  # no TLS here, and what it needs is slow to load
    ) as client:

        async def ask() -> Outcome:
            began = time.monotonic()
            answer = await client.post("/graphql", json={"query": READ})
            return outcome_of(answer, began, is_write=False)

        return await asyncio.gather(*(ask() for _ in range(number)))


async def _ask(base: str, go: asyncio.Event) -> Outcome:
    address = urlsplit(base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    await go.wait()
    began = time.monotonic()
    body = json.dumps({"query": READ}).encode()
    writer.write(
        b"POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    )
    async with asyncio.timeout(PATIENCE_S):
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    writer.close()
    first, *lines = head.decode().split("\r\n")
    fields = [line.split(": ", 1) for line in lines]
    answer = httpx.Response(int(first.split()[1]), headers=dict(fields), content=body)
    return outcome_of(answer, began, is_write=False)


async def _hang_up(base: str, at_once: asyncio.Semaphore, seen: asyncio.Event) -> None:
    """Ask, and leave a little later, but not before a statement has been seen under way."""
    async with at_once:
        address = urlsplit(base)
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(_REQUEST)
        await writer.drain()
        await seen.wait()
        await asyncio.sleep(0.1)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
