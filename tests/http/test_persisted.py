"""Documents that are named instead of sent: as clients do it, on the real server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.errors import PersistedQueryError, UnavailableError
from graphql_api.http import persisted
from graphql_api.http.persisted import PersistedDocuments
from graphql_api.http.refusal import RefusedError
from graphql_api.http.request import Asked
from graphql_api.models import Viewer
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.services.persisted.document import Document, hash_of, read_id
from graphql_api.services.persisted.operators import listed, load, remove
from graphql_api.services.persisted.store import register
from graphql_api.settings import Settings
from tests.http.running import running
from tests.support import asking
from tests.support.factories import Factory
from tests.support.patience import patience
from tests.support.serving import SECRET_KEY

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
QUERY = "query Categories { categories { id } }"
HASH = hash_of(QUERY)
FOUND: dict[str, Any] = {"data": {"categories": []}}
TRUSTED = "query Trusted { categories { slug } }"
CURSORS = CursorCodec(SECRET_KEY, 1)
MD5 = "3be4abb81fa595e25eb725b2c6a87508"
MUTATION = 'mutation Like { like(input: {subjectId: "x"}) { errors { code } } }'


def by_hash(document_id: str = HASH, **more: object) -> dict[str, Any]:
    """Name a document as Apollo's clients and urql do."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": document_id} | more}}


def post(http: httpx.Client, accept: str = JSON, **body: object) -> httpx.Response:
    """Send a body."""
    return http.post("/graphql", json=body, headers={"accept": accept})


def get(http: httpx.Client, accept: str = JSON, **parts: object) -> httpx.Response:
    """Send the same as parameters of an address."""
    parameters = {
        name: part if isinstance(part, str) else json.dumps(part) for name, part in parts.items()
    }
    headers = {"accept": accept, "apollo-require-preflight": "true"}
    return http.get("/graphql", params=parameters, headers=headers)


def new(query: str = QUERY) -> str:
    """Return a text that no process has seen."""
    return f"{query} # {uuid4()}"


def code(answer: httpx.Response) -> str:
    """Return the code of the one error in an answer without data."""
    assert answer.json().keys() == {"errors"}
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])


class Switched:
    """Runs the application under other settings."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self._settings = settings
        self._stack = stack

    def __call__(self, **changed: object) -> httpx.Client:
        """Start it, and give a client of it."""
        base = self._stack.enter_context(running(self._settings.model_copy(update=changed)))
        return self._stack.enter_context(asking.client(base))


@pytest.fixture
def serve(settings: Settings) -> Iterator[Switched]:
    """Run applications on one database."""
    with ExitStack() as stack:
        yield Switched(settings, stack)


@pytest.fixture
async def trusted(database: Database) -> None:
    """Load a document as an operator does."""
    await load(database, 1, [Document(MD5, TRUSTED, "Trusted")])


@pytest.mark.parametrize("ask", [get, post])
@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (RESPONSE, 400)])
def test_a_document_is_known_to_every_process_once_it_was_sent_with_its_hash(
    ask: Callable[..., httpx.Response], accept: str, status: int, serve: Switched
) -> None:
    first, second = serve(), serve()
    unknown = ask(first, accept, **by_hash())
    assert unknown.status_code == status
    assert unknown.headers["content-type"].startswith(accept)
    assert unknown.headers["cache-control"] == "no-store"
    assert unknown.json() == {
        "errors": [
            {
                "message": "PersistedQueryNotFound",
                "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
            }
        ]
    }
    assert ask(first, accept, query=QUERY, **by_hash(miss=True)).json() == FOUND
    for http in (first, second):
        named = ask(http, accept, **by_hash())
        assert (named.status_code, named.json()) == (200, FOUND)
        assert ask(http, accept, documentId=f"sha256:{HASH}").json() == FOUND
        assert ask(http, accept, documentId=HASH, extensions={}, variables={}).json() == FOUND


async def test_it_is_kept_under_the_names_of_its_operations(
    http: httpx.Client, database: Database
) -> None:
    query = new()
    post(http, query=query, **by_hash(hash_of(query)))
    [found] = await listed(database, 1)
    assert (found.id, found.name, found.trusted) == (hash_of(query), "Categories", False)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("name", ["documentId", "doc_id"])
@pytest.mark.parametrize("ask", [get, post])
def test_a_trusted_document_is_run_by_the_id_of_its_compiler(
    ask: Callable[..., httpx.Response], name: str, http: httpx.Client
) -> None:
    assert ask(http, **{name: MD5}).json() == FOUND
    assert ask(http, **by_hash(MD5)).json() == FOUND
    assert ask(http, query=TRUSTED, **{name: MD5}).json() == FOUND


async def test_variables_and_the_operation_s_name_go_with_it(
    http: httpx.Client, make: Factory
) -> None:
    await make.post(slug="there")
    query = "query A($slug: String!) { post(by: {slug: $slug}) { slug } } query B { __typename }"
    more: dict[str, Any] = {"operationName": "A", "variables": {"slug": "there"}}
    expected = {"data": {"post": {"slug": "there"}}}
    assert post(http, query=query, **by_hash(hash_of(query)), **more).json() == expected
    for ask in (get, post):
        assert ask(http, **by_hash(hash_of(query)), **more).json() == expected


@pytest.mark.parametrize(
    "query",
    ["{", "{ nothing }", "query A { categories { id } } query A { __typename }", "{ a } # \0"],
)
async def test_what_is_not_valid_is_not_kept(
    query: str, http: httpx.Client, database: Database
) -> None:
    assert code(post(http, query=query, **by_hash(hash_of(query)))).startswith("GRAPHQL_")
    assert code(post(http, **by_hash(hash_of(query)))) == "PERSISTED_QUERY_NOT_FOUND"
    assert await listed(database, 1) == []


@pytest.mark.parametrize(
    ("headers", "code_then"),
    [
        ({}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"sec-fetch-site": "cross-site"}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"origin": "https://elsewhere.example"}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"content-type": "text/plain"}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"sec-fetch-site": "same-origin"}, None),
        ({"apollo-require-preflight": "1"}, None),
        ({"x-apollo-operation-name": "Categories"}, None),
    ],
)
def test_a_get_that_any_page_can_have_sent_is_answered_and_stores_nothing(
    headers: dict[str, str], code_then: str | None, http: httpx.Client
) -> None:
    query = new()
    named = by_hash(hash_of(query))
    parameters = {"query": query, "extensions": json.dumps(named["extensions"])}
    assert http.get("/graphql", params=parameters, headers=headers).json() == FOUND
    answer = post(http, **named)
    assert (code(answer) if code_then else None) == code_then


def test_a_mutation_is_kept_when_it_was_posted_and_never_run_by_get(http: httpx.Client) -> None:
    mutation = new(MUTATION)
    named = by_hash(hash_of(mutation))
    assert get(http, query=mutation, **named).status_code == 405
    assert code(post(http, **named)) == "PERSISTED_QUERY_NOT_FOUND"
    sent = post(http, query=mutation, **named).json()
    assert post(http, **named).json() == sent
    refused = get(http, **named)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


OTHER = "{ categories { slug } }"
WRONG: dict[str, dict[str, Any]] = {
    "the hash of another text": {"query": OTHER, **by_hash()},
    "an id that is no hash": {"query": OTHER, "documentId": "mine"},
    "another text of a known id": {"query": OTHER, "documentId": MD5},
    "no object": {"query": QUERY, "extensions": {"persistedQuery": HASH}},
    "a list": {"extensions": {"persistedQuery": [HASH]}},
    "no version": {"extensions": {"persistedQuery": {"sha256Hash": HASH}}},
    "version 2": {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": HASH}}},
    "version true": {"extensions": {"persistedQuery": {"version": True, "sha256Hash": HASH}}},
    "no hash": {"query": QUERY, "extensions": {"persistedQuery": {"version": 1}}},
    "a number": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
    "an empty hash": by_hash(""),
    "half a hash": {"documentId": "sha256:abc"},
    "an id with a blank": {"documentId": "a b"},
    "a long id": {"documentId": "a" * 201},
    "two documents": {"documentId": MD5, **by_hash()},
}


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("ask", [get, post])
def test_a_document_that_is_named_wrongly_is_a_bad_request(
    ask: Callable[..., httpx.Response], http: httpx.Client
) -> None:
    for name, asked in WRONG.items():
        answer = ask(http, **asked)
        assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST"), name


def test_a_request_without_text_and_id_is_told_so(http: httpx.Client) -> None:
    for extensions in ({}, {"a": 1}, {"persistedQuery": None}):
        answer = post(http, extensions=extensions)
        assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
        assert "query" in answer.json()["errors"][0]["message"]


def test_of_a_batch_each_operation_has_its_own_document(serve: Switched) -> None:
    http = serve(max_batch_operations=5)
    batch = [by_hash(), {"query": QUERY, **by_hash()}, {"query": OTHER}]
    unknown, sent, plain = http.post("/graphql", json=batch).json()
    assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"
    assert sent == plain == FOUND
    assert http.post("/graphql", json=[by_hash()] * 2).json() == [FOUND, FOUND]


@pytest.mark.usefixtures("trusted")
def test_where_only_trusted_documents_are_run_nothing_else_is(serve: Switched) -> None:
    post(serve(), query=QUERY, **by_hash())  # another process still takes any
    http = serve(persisted_documents="trusted", development=True)
    for named in ({"documentId": MD5}, {"doc_id": MD5}, by_hash(MD5)):
        for ask in (get, post):
            assert ask(http, **named).json()["data"] == FOUND["data"]
            assert ask(http, query=TRUSTED, **named).json()["data"] == FOUND["data"]
    introspection = "{ __schema { queryType { name } } }"
    for query, named in (
        (QUERY, {}),
        (TRUSTED, {}),
        (introspection, {}),
        (QUERY, by_hash()),
        (TRUSTED, by_hash(hash_of(TRUSTED))),
        ("{", {}),
    ):
        for ask in (get, post):
            assert code(ask(http, query=query, **named)) == "PERSISTED_QUERY_ONLY"
    for named in (by_hash(), {"documentId": "unknown"}):
        assert code(post(http, **named)) == "PERSISTED_QUERY_NOT_FOUND"
    assert code(post(http, query=QUERY, documentId=MD5)) == "BAD_REQUEST"


async def test_nor_is_it_over_a_websocket(serve: Switched) -> None:
    address = str(serve(persisted_documents="trusted").base_url).replace("http", "ws")
    protocol = Subprotocol("graphql-transport-ws")
    async with patience(), connect(f"{address}/graphql", subprotocols=[protocol]) as socket:
        await socket.send('{"type": "connection_init"}')
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        message = {"id": "1", "type": "subscribe", "payload": {"query": TRUSTED}}
        await socket.send(json.dumps(message))
        answer = json.loads(await socket.recv())
    assert answer["type"] == "error"
    assert answer["payload"][0]["extensions"] == {"code": "PERSISTED_QUERY_ONLY"}


@pytest.mark.usefixtures("trusted")
def test_where_they_are_off_clients_hear_it_and_texts_are_run(serve: Switched) -> None:
    http = serve(persisted_documents="off")
    for named in (by_hash(), {"documentId": MD5}):
        for ask in (get, post):
            answer = ask(http, **named)
            assert code(answer) == "PERSISTED_QUERY_NOT_SUPPORTED"
            assert answer.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
            assert ask(http, query=QUERY, **named).json() == FOUND


def test_documents_of_events_and_of_parts_are_named_too(http: httpx.Client) -> None:
    for accept in ("text/event-stream", "multipart/mixed"):
        query = new("{ categories { id } ... @defer { tags { totalCount } } }")
        named = by_hash(hash_of(query))
        assert "PersistedQueryNotFound" in post(http, accept, **named).text
        sent = post(http, accept, query=query, **named)
        assert sent.headers["content-type"].startswith(accept)
        assert post(http, accept, **named).text == sent.text
        assert '"categories":[]' in sent.text


class Process:
    """What a process knows of documents, on the tests' own loop."""

    def __init__(
        self, database: Database, mode: Literal["off", "automatic", "trusted"] = "automatic"
    ) -> None:
        self.documents = PersistedDocuments(database, build_schema(), mode)

    async def text(self, query: str | None = None, **named: Any) -> str | None:
        """Return the text that a request asks to run."""
        asked = Asked(query, None, None, named.get("extensions"), named.get("documentId"))
        await self.documents.fill_in(asked, 1)
        if asked.refused is not None:
            raise asked.refused
        return asked.query


@pytest.mark.usefixtures("trusted")
async def test_a_known_document_costs_a_statement_once(
    database: Database, statements: Callable[[], Any]
) -> None:
    process = Process(database)
    counts = []
    for _ in range(3):
        with statements() as log:
            assert await process.text(documentId=MD5) == TRUSTED
            assert await process.text(TRUSTED, documentId=MD5) == TRUSTED
        counts.append(len(log))
    assert counts == [2, 0, 0]  # it is looked up, and its use is noted
    with statements() as log:
        assert await Process(database).text(documentId=MD5) == TRUSTED
    assert len(log) == 1  # the use was noted within the hour
    assert not process.documents.concern(Asked(QUERY))


async def test_one_statement_serves_all_who_ask_at_once(
    database: Database, statements: Callable[[], Any]
) -> None:
    process = Process(database)
    with statements() as log:
        answers = await asyncio.gather(
            *(process.text(documentId=MD5) for _ in range(200)), return_exceptions=True
        )
    assert {type(answer).__name__ for answer in answers} == {"PersistedQueryNotFoundError"}
    assert len(log) == 1
    answers = await asyncio.gather(
        *(process.text(documentId=f"a{number}") for number in range(200)), return_exceptions=True
    )
    names = [type(answer).__name__ for answer in answers]
    assert (names.count("PersistedQueryNotFoundError"), names.count("UnavailableError")) == (
        100,
        100,
    )


@pytest.mark.usefixtures("trusted")
async def test_a_document_that_is_removed_is_forgotten_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process(database)
    monkeypatch.setattr(persisted, "KEPT_S", -1.0)
    assert await process.text(documentId=MD5) == TRUSTED
    await remove(database, 1, [MD5])
    with pytest.raises(PersistedQueryError, match="NotFound"):
        await process.text(documentId=MD5)


@pytest.fixture
async def hurried(settings: Settings) -> AsyncIterator[Database]:
    """Give a database that is taken for lost when it does not answer within a fifth of a second."""
    engine = create_engine(settings.model_copy(update={"command_timeout_s": 0.2}), serving=True)
    yield Database(engine)
    await engine.dispose()


@asynccontextmanager
async def silence(engine: AsyncEngine) -> AsyncIterator[None]:
    """Let the database answer nothing about documents."""
    async with engine.begin() as locker:
        await locker.execute(text("LOCK TABLE persisted_documents IN ACCESS EXCLUSIVE MODE"))
        yield


@pytest.mark.usefixtures("trusted")
async def test_without_a_database_what_is_known_is_run_and_what_is_sent(
    hurried: Database, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, only_trusted = Process(hurried), Process(hurried, "trusted")
    monkeypatch.setattr(persisted, "KEPT_S", -1.0)  # it looks again each time
    assert await process.text(documentId=MD5) == TRUSTED
    async with silence(engine):
        assert await process.text(documentId=MD5) == TRUSTED
        assert await process.text(QUERY, **by_hash()) == QUERY
        for asked in (process.text(**by_hash()), only_trusted.text(TRUSTED, documentId=MD5)):
            with pytest.raises(UnavailableError):
                await asked
    assert await listed(hurried, 1)


async def test_a_document_that_cannot_be_stored_costs_nobody_their_answer(
    hurried: Database, engine: AsyncEngine
) -> None:
    asked = Asked(QUERY, extensions=by_hash()["extensions"])
    await Process(hurried).documents.fill_in(asked, 1)
    await build_schema().execute(QUERY, context_value=Context.of(hurried, Viewer(), CURSORS))
    async with silence(engine):
        assert asked.keep is not None
        await asked.keep()
    assert await listed(hurried, 1) == []
    await asked.keep()
    assert [each.id for each in await listed(hurried, 1)] == [HASH]


SCRAPS = st.sampled_from(
    [HASH, f"sha256:{HASH}", MD5, hash_of(OTHER), "x-a:b", "sha256:", "", "\0", "\ud800", "ä" * 99]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | SCRAPS | st.text(max_size=5),
    lambda child: (
        st.lists(child, max_size=2)
        | st.dictionaries(st.sampled_from(["version", "sha256Hash", "a"]), child, max_size=3)
    ),
    max_leaves=4,
)
EXTENSIONS = st.none() | st.dictionaries(
    st.sampled_from(["persistedQuery", "a"]),
    JSON_VALUES | st.fixed_dictionaries({"version": st.just(1), "sha256Hash": SCRAPS}),
    max_size=2,
)
TEXTS = {HASH: QUERY, f"sha256:{HASH}": QUERY, MD5: TRUSTED}


@pytest.fixture
async def process(database: Database, trusted: None) -> Process:  # noqa: ARG001  # loads it
    """Give a process that can find an automatic document and a trusted one."""
    await register(database, 1, Document(HASH, QUERY))
    return Process(database)


@effort(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.none() | st.sampled_from(["", QUERY, TRUSTED, OTHER, "{ a } # \ud800"]),
    document_id=st.none() | SCRAPS | st.text(max_size=5),
    extensions=EXTENSIONS,
)
async def test_whatever_is_asked_the_right_document_is_run_or_a_coded_error_is_given(
    query: str | None, document_id: str | None, extensions: dict[str, Any] | None, process: Process
) -> None:
    asked = Asked(query, None, None, extensions, document_id)
    named = (extensions or {}).get("persistedQuery")
    given_id = named.get("sha256Hash") if isinstance(named, dict) else document_id
    try:
        await process.documents.fill_in(asked, 1)
    except RefusedError:  # its code is tested above
        return
    if asked.refused is not None:
        assert asked.refused.code == "PERSISTED_QUERY_NOT_FOUND"
        assert not query
        assert given_id not in TEXTS
    elif query:
        assert asked.query == query
        assert asked.keep is None or hash_of(query) == read_id(str(given_id))
    else:
        assert asked.query == (None if given_id is None else TEXTS[given_id])
