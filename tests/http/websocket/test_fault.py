"""A fault of ours on a socket: the client hears of it by a code, and the log has the rest."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.database import Database
from graphql_api.http.attending import Attendant
from graphql_api.http.runner import Runner
from graphql_api.http.websocket.endpoint import SocketEndpoint
from graphql_api.schema.build import build_schema
from graphql_api.services.people.people import people_of
from graphql_api.settings import Settings


async def test_a_fault_on_the_way_in_closes_the_socket(
    settings: Settings, engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    events = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": 5}]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:  # as a server that keeps to no standard
        return events.pop(0) if events else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    with people_of(settings) as people:
        state = {
            "settings": settings,
            "people": people,
            "database": Database(engine),
            "attendant": Attendant(1, 1, 1),
        }
        scope = {
            "type": "websocket",
            "headers": [(b"x-request-id", b"a-proxys-1")],
            "subprotocols": ["graphql-transport-ws"],
            "state": state,
        }
        endpoint = SocketEndpoint(Runner(build_schema()))
        await endpoint(scope, receive, send)
        assert endpoint.n_open == 0
    accepted, closing = sent
    assert accepted["type"] == "websocket.accept"
    assert accepted["headers"] == [(b"x-request-id", b"a-proxys-1")]
    assert "error a-proxys-1" in caplog.text
    assert (closing["type"], closing["code"]) == ("websocket.close", 4500)
    assert closing["reason"] == "Internal server error"
    assert "TypeError" in caplog.text
