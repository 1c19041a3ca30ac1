"""The server is told to end while it is read, written to and listened to."""

import asyncio
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import ConnectionClosed

from tests.faults.clients import locked
from tests.faults.load import OK, READ, Load, Served, outcome_of
from tests.faults.rig import Rig, wait_until
from tests.http.websocket.client import asked, begun
from tests.support.patience import PATIENCE_S, until

_POST = "{ posts(first: 1) { nodes { id } } }"
_COMMENTS = "{ posts(first: 1) { nodes { comments(first: 1) { nodes { body } } } } }"
_COMMENT = """mutation ($input: AddCommentInput!) {
    addComment(input: $input) { comment { body } errors { message } } }"""

_WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND wait_event = 'relation'"""
_SAVED = "SELECT count(*) FROM comments WHERE body = '{}'"
_HALF = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n{"
_N_SOCKETS = 6
_BEYOND_S = 0.3
"""Seconds that requests are held after the server has begun to finish what it has."""


@dataclass(frozen=True, slots=True)
class Ended(Served):
    """What an orderly end was like; requests are those before it, and while it served on."""

    held: dict[str, int]
    """What those were told that a lock held longer than the server takes new ones."""
    socket_answers: dict[str, int]
    """How many held data, or a code."""
    sockets_closed: dict[str, int]
    """How many, by the code."""
    unready_after_s: float
    ended_after_s: float
    exit_code: int


async def told_to_end(
    rig: Rig, *, drain_s: float, before_s: float = 1.0, for_ever: bool = False
) -> Ended:
    """Send SIGTERM under load; what a lock holds gets it a bit too late, or never."""
    answers, closed = Counter[str](), Counter[str]()
    async with Load(rig, n_readers=8, n_writers=4) as load, asyncio.TaskGroup() as sockets:
        for number in range(_N_SOCKETS):
            sockets.create_task(_listen(rig, answers, closed, is_idle=number % 2 == 1))
        await asyncio.sleep(before_s)
        async with _held(rig, for_ever=for_ever) as held:
            told = time.monotonic()
            rig.process.send_signal(signal.SIGTERM)
            ending = asyncio.create_task(_ending(rig, told))
            unready_s = await _unready(rig, told)
            if for_ever:
                await ending
            else:
                await asyncio.sleep(told + drain_s + _BEYOND_S - time.monotonic())
        told_held = Counter(await asyncio.gather(*held))
        code, ended_s = await ending
        await load.stop()
    # later ones may find nobody who listens: whoever spreads requests has heard of it by then
    taken = [each for each in load.outcomes if each.began < told + drain_s / 2]
    return Ended(
        **asdict(await load.served(taken)),
        held=dict(told_held),
        socket_answers=dict(answers),
        sockets_closed=dict(closed),
        unready_after_s=unready_s,
        ended_after_s=ended_s,
        exit_code=code,
    )


@asynccontextmanager
async def _held(rig: Rig, *, for_ever: bool) -> AsyncIterator[list[asyncio.Task[str]]]:
    """Have requests under way that cannot end within the block: reads, and one change."""
    async with httpx.AsyncClient(base_url=rig.base, timeout=PATIENCE_S) as client:
        answer = await client.post("/graphql", json={"query": _POST})
        [post] = answer.json()["data"]["posts"]["nodes"]
    asking = [_read(rig), _read_over_socket(rig)]
    if not for_ever:  # a change has more time to end than a read
        asking.append(_write(rig, post["id"]))
    address = urlsplit(rig.base)
    with socket.create_connection((address.hostname, address.port)) as half:
        if for_ever:
            half.sendall(_HALF)
        async with locked(rig, "comments"):
            held = [asyncio.create_task(each) for each in asking]
            is_waiting = partial(_number, rig, _WAITING, len(held))
            await asyncio.to_thread(wait_until, is_waiting)
            yield held


def _number(rig: Rig, sql: str, number: int) -> bool:
    return rig.ask(sql) == [(number,)]


async def _read(rig: Rig) -> str:
    return await _said(rig, {"query": _COMMENTS})


async def _write(rig: Rig, post_id: str) -> str:
    body = f"Under way at {rig.base}"
    given = {"input": {"postId": post_id, "body": body}}
    said = await _said(rig, {"query": _COMMENT, "variables": given})
    is_saved = await asyncio.to_thread(_number, rig, _SAVED.format(body), 1)
    return said if is_saved else "lost"


async def _said(rig: Rig, body: dict[str, object]) -> str:
    headers, began = {"authorization": f"Bearer {rig.token}"}, time.monotonic()
    async with httpx.AsyncClient(base_url=rig.base, timeout=PATIENCE_S) as client:
        try:
            answer = await client.post("/graphql", json=body, headers=headers)
        except httpx.TransportError as error:
            return repr(error)
    return outcome_of(answer, began, is_write=False).said


async def _read_over_socket(rig: Rig) -> str:
    try:
        async with begun(rig.base) as socket:
            return _word(await asked(socket, _COMMENTS))
    except ConnectionClosed as error:
        return _code(error)


def _word(answer: dict[str, Any]) -> str:
    return str(answer["payload"][0]["extensions"]["code"]) if answer["type"] == "error" else OK


def _code(error: ConnectionClosed) -> str:
    return str(error.rcvd.code) if error.rcvd else "no code"


async def _listen(rig: Rig, answers: Counter[str], closed: Counter[str], *, is_idle: bool) -> None:
    """Ask over a socket until the server closes it, or only wait for that."""
    async with begun(rig.base) as socket:
        try:
            while not is_idle:
                answers[_word(await asked(socket, READ))] += 1
            await socket.recv()
        except ConnectionClosed as error:
            closed[_code(error)] += 1


async def _unready(rig: Rig, told: float) -> float:
    """Wait until a balancer would see that the server goes; say how many seconds it took."""
    async with httpx.AsyncClient(base_url=rig.base, timeout=PATIENCE_S) as client:

        async def is_unready() -> bool:
            return (await client.get("/readyz")).status_code == httpx.codes.SERVICE_UNAVAILABLE

        await until(is_unready)
    return time.monotonic() - told


async def _ending(rig: Rig, told: float) -> tuple[int, float]:
    code = await asyncio.to_thread(rig.process.wait, PATIENCE_S)
    return code, time.monotonic() - told
