"""How much Python runs for one request: its bytecodes, which no busy machine changes.

Time tells what a request costs, but not by less than a machine's noise; bytecodes tell of each
change. What the driver, the event loop and orjson do in C is not among them.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from pydantic import SecretStr
from starlette.applications import Starlette

from graphql_api.http.app import create_app
from graphql_api.schema import global_id
from graphql_api.settings import Settings

QUERIES = Path(__file__).parent / "peers" / "queries"
WARM = 20
KEY = "made-up-for-measurements-and-used-nowhere-else"
ENDS = "query ($first: Int!) { posts(first: $first) { pageInfo { endCursor } } }"

Variables = dict[str, Any]


class _Application:
    """The application as a server runs it, asked without a socket."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._state: dict[str, Any] = {}
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        self._told: asyncio.Queue[Any] = asyncio.Queue()

    async def start(self) -> "asyncio.Task[None]":
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self._state}
        self._messages.put_nowait({"type": "lifespan.startup"})
        running = asyncio.create_task(self._app(scope, self._messages.get, self._told.put))
        await self._told.get()
        return running

    async def stop(self, running: "asyncio.Task[None]") -> None:
        self._messages.put_nowait({"type": "lifespan.shutdown"})
        await running

    async def ask(self, query: str, variables: Variables, mode: str) -> Any:  # JSON
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"x-graphql-execution", mode.encode()),
            (b"x-diagnostics-key", KEY.encode()),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "headers": headers,
            "state": self._state,
        }
        parts = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return json.loads(b"".join(parts))


async def table(settings: Settings) -> None:
    """Print the bytecodes of the six questions of the rig, by both executors."""
    # on few connections, so that each has prepared all statements before anything is counted
    few = {"diagnostics_key": SecretStr(KEY), "pool_size": 4}
    application = _Application(create_app(settings.model_copy(update=few)))
    running = await application.start()
    found = await application.ask(ENDS, {"first": 50}, "plan")
    after = found["data"]["posts"]["pageInfo"]["endCursor"]
    print("\nbytecodes of one request\n")
    print(f"{'':12}{'by plans':>12}{'by graphql-core':>18}{'ratio':>9}")
    for path in sorted(QUERIES.glob("*.graphql")):
        variables: Variables = {"first": 20, "after": after, "id": global_id.encode("Post", 1)}
        query = path.read_text()
        given = {name: value for name, value in variables.items() if f"${name}" in query}
        numbers = [
            await _bytecodes(lambda mode=mode: application.ask(query, given, mode))  # type: ignore[misc]  # noqa: B023  # run at once
            for mode in ("plan", "reference")
        ]
        print(f"{path.stem:12}{numbers[0]:>12,}{numbers[1]:>18,}{numbers[1] / numbers[0]:>9.1f}")
    await application.stop(running)


async def _bytecodes(run: Callable[[], Any]) -> int:
    """Count while something runs that ran often enough to be known everywhere."""
    for _ in range(WARM):
        await run()
    number = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal number
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        number += event == "opcode"
        return trace

    async def traced() -> None:
        await run()

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        await asyncio.create_task(traced())
    finally:
        sys.settrace(before)
    return number
