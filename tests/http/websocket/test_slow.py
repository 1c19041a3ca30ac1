"""Clients that read slowly, or send faster than they read: what waits for them is bounded."""

import pytest
from websockets.frames import Frame, Opcode

from graphql_api.http.websocket import channel
from tests.http.websocket.client import CANARY, Raw, asked, begun
from tests.http.websocket.schema import PATH
from tests.http.websocket.test_subscriptions import number_of
from tests.support.patience import until

pytestmark = pytest.mark.usefixtures("settings")

ENDLESS = {"query": "subscription { large(length: 100000) }"}
MOST_BYTES = 16 * 2**20
"""What the two sides of a connection hold in the kernel, at most, and what may wait for them."""


async def test_a_client_that_never_reads_is_closed_and_little_is_made_for_it(
    streams_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "LONGEST_WAIT_S", 0.5)
    async with begun(streams_url, PATH) as other:
        before = await number_of(other, "made")
        async with Raw.opened(streams_url, PATH) as raw:
            raw.say(type="connection_init")
            for count in range(20):
                raw.say(id=str(count), type="subscribe", payload=ENDLESS)

            async def is_closed() -> bool:
                return await number_of(other, "streams") == 0

            async def has_begun() -> bool:
                return await number_of(other, "made") > before

            await until(has_begun)
            await until(is_closed)
            assert await number_of(other, "made") - before < MOST_BYTES
            assert await raw.code() == 1013


async def test_a_client_that_reads_gets_everything_however_much_that_is(streams_url: str) -> None:
    n_bytes = 0
    async with begun(streams_url, PATH) as other, Raw.opened(streams_url, PATH) as raw:
        raw.say(type="connection_init")
        raw.say(id="1", type="subscribe", payload=ENDLESS)
        while n_bytes < 50 * 2**20:
            frame = await raw.frame()
            assert frame is not None
            n_bytes += len(frame[1])
        assert (await asked(other, CANARY))["type"] == "next"


async def test_answers_that_wait_are_bounded_in_bytes(streams_url: str) -> None:
    async with Raw.opened(streams_url, PATH) as raw:
        raw.say(type="connection_init")
        for count in range(20):
            payload = {"query": "{ text(length: 3000000) }"}
            raw.say(id=str(count), type="subscribe", payload=payload)
        assert await raw.code() == 1013


async def test_pongs_do_not_pile_up_for_who_does_not_read_them(streams_url: str) -> None:
    n_pings = 150_000
    ping = Frame(Opcode.PING, b"x" * 125).serialize(mask=True)
    async with Raw.opened(streams_url, PATH) as raw:
        for _ in range(100):
            raw.write(ping * (n_pings // 100))
            await raw.drain()
        raw.write(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
        await raw.drain()
        n_pongs = 0
        while (frame := await raw.frame()) is not None and frame[0] == Opcode.PONG:
            n_pongs += 1
        assert 0 < n_pongs < 0.9 * n_pings
