"""How long a test waits for what must come: longer than any machine takes that gets there at all.

A limit here ends what hangs; it states nothing about speed.
"""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_S = 120.0


def patience() -> asyncio.Timeout:
    """End what hangs in an ``async with`` block."""
    return asyncio.timeout(PATIENCE_S)


async def until(probe: Callable[[], Awaitable[object]]) -> None:
    """Wait until ``probe`` gives something true."""
    async with patience():
        while not await probe():  # noqa: ASYNC110  # nobody tells us of it
            await asyncio.sleep(0.01)
