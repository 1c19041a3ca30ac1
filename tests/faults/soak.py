"""Many requests of many kinds: what the process holds does not grow with their number."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.faults.load import CREATE, outcome_of
from tests.faults.rig import Rig
from tests.support.patience import PATIENCE_S

_KNOWN = [
    "{ posts(first: 10) { totalCount nodes { title author { displayName } } } }",
    "{ categories { name posts(first: 2) { nodes { title } } } }",
    "{ tags(first: 10) { nodes { name posts(first: 1) { nodes { id } } } } }",
]
_SIDE_BY_SIDE = 8


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds."""

    rss_mb: float
    files: int


@dataclass(frozen=True, slots=True)
class Soaked:
    """What many requests have left."""

    requests: int
    said: dict[str, int]
    per_second: float
    start: Held
    middle: Held
    end: Held


def held(pid: int) -> Held:
    """Ask the kernel."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    [kb] = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return Held(round(int(kb) / 1024, 1), len(list(Path(f"/proc/{pid}/fd").iterdir())))


async def soak(rig: Rig, n_requests: int) -> Soaked:
    """Send so many; every fourth with a document that nobody has sent before.

    A tenth of them goes before, so that what is filled once is full.
    """
    numbers = iter(range(n_requests + n_requests // 10))
    said: Counter[str] = Counter()
    await _send(rig, numbers, n_requests // 10, Counter())
    began, start = time.monotonic(), held(rig.process.pid)
    await _send(rig, numbers, n_requests // 2, said)
    middle = held(rig.process.pid)
    await _send(rig, numbers, n_requests - n_requests // 2, said)
    seconds = time.monotonic() - began
    end = held(rig.process.pid)
    return Soaked(n_requests, dict(said), n_requests / seconds, start, middle, end)


async def _send(rig: Rig, numbers: Any, number: int, said: Counter[str]) -> None:
    left = iter(range(number))

    async def send() -> None:
        async with httpx.AsyncClient(
            base_url=rig.base,
            timeout=PATIENCE_S,
            headers={"authorization": f"Bearer {rig.token}"},
            verify=False,  # noqa: S501  # no TLS here, and what it needs is slow to load
        ) as client:
            for _ in left:
                asked = _request(next(numbers))
                began = time.monotonic()
                answer = await client.post("/graphql", json=asked)
                if "query" in answer.request.content.decode() and answer.status_code == 400:
                    said["refused"] += 1
                else:
                    said[outcome_of(answer, began, is_write=False).said] += 1

    await asyncio.gather(*(send() for _ in range(_SIDE_BY_SIDE)))


def _request(number: int) -> dict[str, Any]:
    if number % 4 == 0:  # a document of its own
        alias = f"a{number}"
        query = f"{{ {alias}: posts(first: 3) {{ nodes {{ {alias}t: title id slug }} }} }}"
        return {"query": query}
    if number % 20 == 1:
        title = f"Soak {number}"
        return {"query": CREATE, "variables": {"input": {"title": title, "body": "Text"}}}
    return {"query": _KNOWN[number % len(_KNOWN)]}
