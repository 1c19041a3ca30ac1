"""Readers and writers who know what the answer must be, and take down what they got."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.faults.rig import Rig
from tests.support.patience import PATIENCE_S

READ = """{ categories { name }
  posts(first: 5) { nodes { title author { displayName } tags { nodes { name } } } } }"""
CREATE = """mutation ($input: CreatePostInput!) {
    createPost(input: $input) { post { id title } errors { message } } }"""
BACK = "query ($id: ID!) { node(id: $id) { ... on Post { title } } }"

_WRITTEN = "SELECT title, count(*)::int FROM posts WHERE title LIKE 'Load %' GROUP BY title"

CLEAN = {("UNAVAILABLE", 503), ("TIMEOUT", 504)}
OK = "ok"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request."""

    began: float
    ended: float
    said: str
    """`ok`, the code of a clean error, or whatever should not be."""
    data: Any = None
    is_write: bool = False


def outcome_of(answer: httpx.Response, began: float, *, is_write: bool) -> Outcome:
    """Read an answer: it holds data alone, or is a clean error."""
    ended = time.monotonic()
    try:
        body = answer.json()
    except ValueError:
        return Outcome(began, ended, f"{answer.status_code} {answer.text}", None, is_write)
    errors = body.get("errors") or []
    codes = {error["extensions"]["code"] for error in errors}
    if not errors and answer.status_code == httpx.codes.OK:
        return Outcome(began, ended, OK, body["data"], is_write)
    [*rest] = codes
    is_clean = len(rest) == 1 and (rest[0], answer.status_code) in CLEAN
    if is_clean and (rest[0] == "TIMEOUT" or "retry-after" in answer.headers):
        return Outcome(began, ended, rest[0], None, is_write)
    if codes <= {"UNAVAILABLE", "TIMEOUT"} and answer.status_code == httpx.codes.OK:
        return Outcome(began, ended, "a part is missing", None, is_write)
    return Outcome(began, ended, f"{answer.status_code} {body}", None, is_write)


@dataclass(frozen=True, slots=True)
class Served:
    """What became of a load."""

    requests: int
    answered: int
    said_instead: dict[str, int]
    acknowledged: int
    lost: int
    """Acknowledged posts that are not there."""
    doubled: int
    """Posts that are there twice."""
    wrong_reads: int


@dataclass(slots=True)
class Load:
    """Reads and writes without a pause until it is stopped."""

    rig: Rig
    n_readers: int
    n_writers: int
    outcomes: list[Outcome] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The titles of posts, and their ids."""
    wrong_reads: list[Any] = field(default_factory=list)
    _name: str = field(default_factory=lambda: secrets.token_hex(4))
    """Of this load alone: what another has written is not written again."""
    _expected: Any = None
    _is_over: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        async with self._client() as client:
            first = await self._ask(client, READ, {})
        assert first.said == OK, first
        self._expected = first.data
        self._tasks = [asyncio.create_task(self._read()) for _ in range(self.n_readers)]
        self._tasks += [asyncio.create_task(self._write(n)) for n in range(self.n_writers)]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End when each has its answer."""
        self._is_over = True
        await asyncio.gather(*self._tasks)

    def first_success_after(self, moment: float, *, is_write: bool) -> float:
        """Return the seconds from a moment to the first answer with data after it."""
        ends = [
            each.ended
            for each in self.outcomes
            if each.said == OK and each.ended > moment and each.is_write is is_write
        ]
        return min(ends) - moment

    def longest(self) -> float:
        """Return the seconds that the longest request took."""
        return max(each.ended - each.began for each in self.outcomes)

    async def served(self, outcomes: Sequence[Outcome] | None = None) -> Served:
        """Look what came of all requests, or of some; of what was written always of all."""
        chosen = self.outcomes if outcomes is None else outcomes
        counts = Counter(each.said for each in chosen)
        written: dict[Any, Any] = dict(await asyncio.to_thread(self.rig.ask, _WRITTEN))
        return Served(
            requests=len(chosen),
            answered=counts.pop(OK, 0),
            said_instead=dict(counts),
            acknowledged=len(self.acknowledged),
            lost=len(self.acknowledged.keys() - written.keys()),
            doubled=sum(number != 1 for number in written.values()),
            wrong_reads=len(self.wrong_reads),
        )

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.rig.base, timeout=PATIENCE_S, verify=False)  # noqa: S501  # no TLS here, whose context takes long

    async def _ask(
        self, client: httpx.AsyncClient, query: str, variables: dict[str, Any]
    ) -> Outcome:
        began, is_write = time.monotonic(), query is CREATE
        headers = {"authorization": f"Bearer {self.rig.token}"}
        sent = {"query": query, "variables": variables}
        try:
            answer = await client.post("/graphql", json=sent, headers=headers)
        except httpx.TransportError as error:
            outcome = Outcome(began, time.monotonic(), repr(error), None, is_write)
        else:
            outcome = outcome_of(answer, began, is_write=is_write)
        self.outcomes.append(outcome)
        if outcome.said != OK:
            await asyncio.sleep(0.05)  # somebody who was told to wait, in a hurry
        return outcome

    async def _read(self) -> None:
        async with self._client() as client:
            while not self._is_over:
                outcome = await self._ask(client, READ, {})
                if outcome.said == OK and outcome.data != self._expected:
                    self.wrong_reads.append(outcome.data)

    async def _write(self, number: int) -> None:
        """Write posts, each until it is acknowledged, and read each back."""
        count = 0
        async with self._client() as client:
            while not self._is_over:
                count += 1
                title = f"Load {self._name} {number}-{count}"
                post = {
                    "title": title,
                    "body": "Text",
                    "tagNames": [title],
                    "idempotencyKey": title,
                }
                created = await self._until_answered(client, CREATE, {"input": post})
                if created is None:
                    return
                id_ = created["createPost"]["post"]["id"]
                self.acknowledged[title] = id_
                back = await self._until_answered(client, BACK, {"id": id_})
                if back is not None and back != {"node": {"title": title}}:
                    self.wrong_reads.append(back)

    async def _until_answered(
        self, client: httpx.AsyncClient, query: str, variables: dict[str, Any]
    ) -> Any:
        while True:
            outcome = await self._ask(client, query, variables)
            if outcome.said == OK:
                return outcome.data
            if self._is_over:
                return None
