"""A request's deadline, its turn, and what becomes of it when its client leaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from graphql_api.db.database import Database
from graphql_api.http.attending import Attendant
from graphql_api.http.exchange import Exchange
from graphql_api.models import DEFAULT_TENANT, Viewer
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.settings import Settings
from tests.http.running import running
from tests.support.patience import PATIENCE_S, until

BODY = {"query": "{ categories { id } }"}
RESPONSE = {"accept": "application/graphql-response+json"}
CATEGORIES: dict[str, object] = {"data": {"categories": []}}
AT_WORK = text(
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)


@asynccontextmanager
async def locked(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Lock the categories, so that reads of them wait; give a connection that looks on."""
    async with engine.begin() as locker, engine.connect() as watcher:
        await watcher.execution_options(isolation_level="AUTOCOMMIT")
        await locker.execute(text("LOCK TABLE categories IN ACCESS EXCLUSIVE MODE"))
        yield watcher


async def until_at_work(watcher: AsyncConnection, number: int) -> None:
    """Wait until so many statements are under way on the server."""
    async with asyncio.timeout(PATIENCE_S):
        while (await watcher.execute(AT_WORK)).scalar() != number:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.02)


def asking(base: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(base_url=base, timeout=PATIENCE_S, headers=RESPONSE, limits=limits)


async def test_at_its_deadline_a_request_is_answered_and_its_statement_stopped_on_the_server(
    settings: Settings, engine: AsyncEngine
) -> None:
    hurried = settings.model_copy(update={"request_timeout_s": 0.3})
    with running(hurried) as base:
        async with locked(engine) as watcher, asking(base) as client:
            answer = await client.post("/graphql", json=BODY)
            assert answer.status_code == 504
            [error] = answer.json()["errors"]
            assert error["message"] == "the request took longer than 0.3 s"
            assert error["extensions"] == {"code": "TIMEOUT"}
            await until_at_work(watcher, 0)
        async with asking(base) as client:
            assert (await client.post("/graphql", json=BODY)).json() == CATEGORIES


async def test_at_its_deadline_what_was_loaded_is_answered(
    settings: Settings, engine: AsyncEngine
) -> None:
    hurried = settings.model_copy(update={"request_timeout_s": 0.3})
    both = '{ tag(slug: "a") { id } node(id: "Q2F0ZWdvcnk6MQ") { id } }'
    with running(hurried) as base:
        async with locked(engine), asking(base) as client:
            answer = await client.post("/graphql", json={"query": both})
    assert answer.status_code == 200
    said = answer.json()
    assert said["data"] == {"tag": None, "node": None}
    assert [error["path"] for error in said["errors"]] == [["node"]]


async def test_parts_that_are_deferred_come_before_the_deadline_of_their_request(
    settings: Settings, engine: AsyncEngine
) -> None:
    hurried = settings.model_copy(update={"request_timeout_s": 0.4, "pool_size": 1})
    deferred = {"query": '{ tag(slug: "a") { id } ... @defer { categories { id } } }'}
    n_asked = 6  # more than may run at once
    with running(hurried) as base:
        async with locked(engine) as watcher, asking(base) as client:
            client.headers["accept"] = "multipart/mixed"
            asked = (client.post("/graphql", json=deferred) for _ in range(n_asked))
            answers = await asyncio.gather(*asked)
            await until_at_work(watcher, 0)
        async with asking(base) as client:
            assert (await client.post("/graphql", json=BODY)).json() == CATEGORIES
    for answer in answers:
        assert '"data":{"tag":null}' in answer.text
        assert answer.text.count('"code":"TIMEOUT"') == 1
        assert answer.text.endswith("\r\n-----\r\n")


async def test_the_reads_of_a_client_that_left_are_stopped_on_the_server(
    settings: Settings, engine: AsyncEngine
) -> None:
    patient = settings.model_copy(update={"request_timeout_s": PATIENCE_S})
    body = json.dumps(BODY).encode()
    head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    request = head + b"content-length: %d\r\n\r\n%s" % (len(body), body)
    with running(patient) as base:
        async with locked(engine) as watcher:
            for _ in range(2):
                _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(base).port)
                writer.write(request)
                await writer.drain()
                await until_at_work(watcher, 1)
                writer.close()
                await until_at_work(watcher, 0)
        async with asking(base) as client:
            assert (await client.post("/graphql", json=BODY)).json() == CATEGORIES


async def test_who_comes_when_too_many_wait_is_sent_away_and_the_others_are_served(
    settings: Settings, engine: AsyncEngine
) -> None:
    # two run, two wait
    narrow = settings.model_copy(
        update={"pool_size": 1, "max_waiting_requests": 2, "request_timeout_s": PATIENCE_S}
    )
    with running(narrow) as base:
        async with asking(base) as client:
            async with locked(engine) as watcher:
                asked = [asyncio.create_task(client.post("/graphql", json=BODY)) for _ in range(5)]
                [sent_away], left = await asyncio.wait(asked, return_when="FIRST_COMPLETED")
                answer = sent_away.result()
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
                [error] = answer.json()["errors"]
                assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
                await until_at_work(watcher, 1)
            served = [(await each).json() for each in left]
    assert served == [CATEGORIES] * 4


async def test_who_waits_for_a_turn_waits_no_longer_than_the_deadline(
    settings: Settings, engine: AsyncEngine
) -> None:
    narrow = settings.model_copy(update={"pool_size": 1, "request_timeout_s": 0.5})
    with running(narrow) as base:
        async with locked(engine), asking(base) as client:
            answers = await asyncio.gather(*(client.post("/graphql", json=BODY) for _ in range(6)))
        codes = [answer.json()["errors"][0]["extensions"]["code"] for answer in answers]
        assert codes == ["TIMEOUT"] * 6
        async with asking(base) as client:
            assert (await client.post("/graphql", json=BODY)).json() == CATEGORIES


@pytest.mark.parametrize("n_clients", [64])
async def test_many_more_requests_than_connections_are_all_served(
    n_clients: int, settings: Settings
) -> None:
    narrow = settings.model_copy(update={"pool_size": 2, "request_timeout_s": PATIENCE_S})
    with running(narrow) as base:
        async with asking(base) as client:
            asked = (client.post("/graphql", json=BODY) for _ in range(n_clients))
            answers = await asyncio.gather(*asked)
    assert [answer.json() for answer in answers] == [CATEGORIES] * n_clients


async def test_a_change_that_has_begun_is_finished_and_none_begun_after_the_deadline(
    settings: Settings, engine: AsyncEngine
) -> None:
    """Two registrations: the first waits for a lock past the deadline, the second never runs."""
    hurried = settings.model_copy(update={"request_timeout_s": 0.3})
    register = (
        'a{n}: register(input: {{username: "name{n}", password: "{word}",'
        ' email: "{n}@example.org"}}) {{ errors {{ code message }} }}'
    )
    word = "correct horse battery"
    both = " ".join(register.format(n=number, word=word) for number in (1, 2))
    names = text("SELECT string_agg(username, ',') FROM users")
    with running(hurried) as base:
        async with asking(base) as client, engine.begin() as locker:
            await locker.execute(text("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE"))
            answer = await client.post("/graphql", json={"query": f"mutation {{ {both} }}"})
            [error] = answer.json()["errors"]
            assert (error["path"], error["extensions"]["code"]) == (["a1"], "TIMEOUT")
            assert "may still be saved" in error["message"]
        async with engine.connect() as looking:
            await looking.execution_options(isolation_level="AUTOCOMMIT")

            async def saved() -> object:
                return (await looking.execute(names)).scalar()

            await until(saved)
            assert await saved() == "name1"


async def test_a_change_that_the_end_of_the_process_cuts_off_may_still_be_saved(
    database: Database,
) -> None:
    for kind, said in (("query", "please try again"), ("mutation", "your change may still be")):
        context = Context.of(database, Viewer(), CursorCodec("x", DEFAULT_TENANT))
        context.notes.runs(kind, None)
        exchange = Exchange({})
        exchange.begin(context)
        assert said in exchange.cut_off().message


async def test_of_those_who_come_at_once_no_more_wait_than_may(database: Database) -> None:
    attendant, go = Attendant(1, 2, PATIENCE_S), asyncio.Event()
    contexts = [Context.of(database, Viewer(), CursorCodec("x", DEFAULT_TENANT)) for _ in range(6)]
    asked = [
        asyncio.create_task(attendant.run(context.loaders.operation, go.wait))
        for context in contexts
    ]
    while attendant.n_shed < 3:
        await asyncio.sleep(0)
        assert attendant.n_waiting <= 2
    go.set()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [each is True for each in told] == [True] * 3 + [False] * 3
    assert (attendant.n_running, attendant.n_waiting) == (0, 0)
