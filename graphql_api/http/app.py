"""The ASGI application: routes, and what lives as long as a process."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.execution import caches_of
from graphql_api.http.answer import of_refusal
from graphql_api.http.attending import Attendant
from graphql_api.http.cors import readable_by
from graphql_api.http.endpoint import GraphQLEndpoint
from graphql_api.http.exchange import identified
from graphql_api.http.graphiql import graphiql_assets
from graphql_api.http.health import healthz, readyz
from graphql_api.http.leaving import Leaving, leaving_on_signals
from graphql_api.http.logs import set_up
from graphql_api.http.metrics import Metrics, answer_metrics
from graphql_api.http.observing import Observer
from graphql_api.http.persisted import PersistedDocuments
from graphql_api.http.rate import Rate
from graphql_api.http.refusal import RefusedError
from graphql_api.http.runner import Runner
from graphql_api.http.watching import watched
from graphql_api.http.websocket.endpoint import SocketEndpoint, no_such_socket
from graphql_api.schema.build import build_schema
from graphql_api.services.people.people import People, people_of
from graphql_api.services.publish import keep_publishing
from graphql_api.settings import Settings


class State(TypedDict):
    """What the lifespan hands to each request."""

    database: Database
    settings: Settings
    people: People
    attendant: Attendant
    rate: Rate
    leaving: Leaving
    observer: Observer
    metrics: Metrics
    documents: PersistedDocuments


class _Application(Starlette):
    """Starlette, but for operations: they need none of what it does around a request."""

    def __init__(self, endpoint: ASGIApp, **given: Any) -> None:
        super().__init__(**given)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a POST to the endpoint, unless somebody added a middleware that is to see it."""
        is_operation = scope.get("path") == "/graphql" and scope.get("method") == "POST"
        if is_operation and not (self.user_middleware or scope.get("root_path")):
            scope["app"] = self
            await self._endpoint(scope, receive, send)
        else:
            told = identified(scope, send) if scope["type"] == "http" else send
            await super().__call__(scope, receive, told)


def create_app(settings: Settings | None = None) -> Starlette:
    """Build the application; without settings it reads the environment."""
    chosen = settings or Settings.load()

    schema = build_schema()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[State]:
        engine = create_engine(chosen, serving=True)
        database = Database(engine, pgbouncer=chosen.pgbouncer)
        publishing = asyncio.create_task(keep_publishing(database))
        attendant = Attendant(
            2 * chosen.pool_size, chosen.max_waiting_requests, chosen.request_timeout_s
        )
        documents = PersistedDocuments(database, schema, chosen.persisted_documents)
        caches = caches_of(schema) | {"persisted": documents.kept}
        collect_less_garbage()
        rate = Rate.of(chosen)
        try:
            with (
                people_of(chosen) as people,
                leaving_on_signals(chosen.drain_s) as leaving,
                watched(chosen, database, attendant, caches) as (observer, metrics),
            ):
                yield {
                    "database": database,
                    "settings": chosen,
                    "people": people,
                    "attendant": attendant,
                    "rate": rate,
                    "leaving": leaving,
                    "observer": observer,
                    "metrics": metrics,
                    "documents": documents,
                }
        finally:
            publishing.cancel()
            await asyncio.wait([publishing])
            await rate.close()
            await database.settle(_SETTLING_S)
            await engine.dispose()

    runner = Runner(schema)
    endpoint = GraphQLEndpoint(runner)
    served = readable_by(chosen.allowed_origins, endpoint)
    app = _Application(
        served,
        lifespan=lifespan,
        exception_handlers={HTTPException: partial(_refused, chosen.allowed_origins)},
        routes=[
            # a Route and no Mount: that one answers 307 to a path without its slash
            Route("/graphql", served),
            WebSocketRoute("/graphql", SocketEndpoint(runner)),
            # before the Mount, which would take a socket for a request of a file
            WebSocketRoute("/{address:path}", no_such_socket),
            Mount("/graphiql", graphiql_assets),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", answer_metrics),
        ],
    )
    app.router.redirect_slashes = False  # a client whose address is wrong should know
    return app


def create_served() -> Starlette:
    """Build the application for a process that does nothing else, and set up its log."""
    set_up()
    return create_app()


async def _refused(origins: Collection[str], _request: Request, error: Exception) -> ASGIApp:
    """Answer with JSON where Starlette would with text: no such path, no such method."""
    assert isinstance(error, HTTPException)  # noqa: S101  # as registered
    status = HTTPStatus(error.status_code)
    said = f"{status.phrase}: operations are sent to /graphql"
    # a page that may ask is to see that it asked at the wrong place
    return readable_by(origins, of_refusal(RefusedError(said, status, headers=error.headers)))


# a change whose database answers takes less; one whose database does not has no end
_SETTLING_S = 5.0

# objects made before the youngest generation is looked through, and how seldom the older ones are:
# an answer is thousands of objects that all live until it is sent (docs/decisions, with figures)
_GARBAGE_THRESHOLDS = 50_000, 20, 10_000


def collect_less_garbage() -> None:
    """Have the collector leave alone what lives as long as the process, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
