"""A schema of the tests' own: the real one, with subscriptions and a look inside the server."""

import asyncio
from collections.abc import AsyncGenerator
from functools import cache
from typing import ClassVar

import strawberry
from starlette.routing import Route, WebSocketRoute
from strawberry.schema.config import StrawberryConfig

from graphql_api.errors import BadUserInputError
from graphql_api.execution import PlanExecutor
from graphql_api.http.endpoint import GraphQLEndpoint
from graphql_api.http.runner import Runner
from graphql_api.http.websocket.endpoint import SocketEndpoint
from graphql_api.schema import build
from graphql_api.schema.scalars import SCALARS
from graphql_api.schema.schema import EXTENSIONS, Schema

PATH = "/streams"
HIDDEN = "something that no client may see"


class Watched:
    """What the resolvers below take down; tests ask for it by queries."""

    poked: ClassVar[set[asyncio.Event]] = set()
    n_streams: ClassVar[int] = 0
    n_bytes: ClassVar[int] = 0
    n_sleeping: ClassVar[int] = 0


@strawberry.type
class Query(build.Query):
    """The real one, and what goes on in the server."""

    @strawberry.field
    async def streams(self) -> int:
        """Count subscriptions whose generators have not ended."""
        return Watched.n_streams

    @strawberry.field
    async def tasks(self) -> int:
        """Count tasks of the server's event loop."""
        return len(asyncio.all_tasks())

    @strawberry.field
    async def made(self) -> str:
        """Count bytes that `large` has made."""
        return str(Watched.n_bytes)

    @strawberry.field
    async def poke(self) -> int:
        """Have every stream of `states` send an event."""
        for event in Watched.poked:
            event.set()
        return len(Watched.poked)

    @strawberry.field
    async def sleepy(self, seconds: float) -> str:
        """Answer late."""
        Watched.n_sleeping += 1
        await asyncio.sleep(seconds)
        Watched.n_sleeping -= 1
        return "awake"

    @strawberry.field
    async def sleeping(self) -> int:
        """Count answers that are late."""
        return Watched.n_sleeping

    @strawberry.field
    async def text(self, length: int) -> str:
        """Answer at length."""
        return "x" * length

    @strawberry.field
    async def broken(self) -> int | None:
        """Fail by a fault of ours."""
        raise RuntimeError(HIDDEN)


@strawberry.type
class Subscription:
    """Streams of several kinds."""

    @strawberry.subscription
    async def counted(self, to: int) -> AsyncGenerator[int, None]:
        """Count."""
        for number in range(to):
            yield number

    @strawberry.subscription
    async def endless(self) -> AsyncGenerator[int, None]:
        """Say one thing, and then nothing more."""
        Watched.n_streams += 1
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            Watched.n_streams -= 1

    @strawberry.subscription
    async def states(self) -> AsyncGenerator[Query, None]:
        """Show what there is, and again whenever somebody pokes."""
        event = asyncio.Event()
        Watched.poked.add(event)
        try:
            while True:
                yield Query()
                await event.wait()
                event.clear()
        finally:
            Watched.poked.discard(event)

    @strawberry.subscription
    async def large(self, length: int) -> AsyncGenerator[str, None]:
        """Say much, for as long as somebody takes it."""
        Watched.n_streams += 1
        try:
            while True:
                Watched.n_bytes += length
                yield "x" * length
        finally:
            Watched.n_streams -= 1

    @strawberry.subscription
    async def failing(self, after: int) -> AsyncGenerator[int, None]:
        """Fail by a fault of ours, after some events."""
        for number in range(after):
            yield number
        raise RuntimeError(HIDDEN)

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        """Refuse before the first event."""
        raise BadUserInputError("not like this")
        yield 1


@cache
def _runner() -> Runner:
    schema = Schema(
        query=Query,
        mutation=build.Mutation,
        subscription=Subscription,
        execution_context_class=PlanExecutor,
        extensions=EXTENSIONS,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    return Runner(schema)


def route() -> WebSocketRoute:
    """Serve the schema over WebSockets as the real one is."""
    return WebSocketRoute(PATH, SocketEndpoint(_runner()))


def http_route() -> Route:
    """Serve the schema over HTTP as the real one is."""
    return Route(PATH, GraphQLEndpoint(_runner()))
