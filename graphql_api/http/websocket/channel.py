"""The way back to a client, who may read slowly or not at all.

A message is handed to the server when there is room for it; until then whoever sends it waits, so
that an operation holds one answer at most, and makes no other before it was taken. What waits is
bounded in bytes, and how long in seconds: a client beyond either is dropped.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import Send

from graphql_api.http.answer import as_json
from graphql_api.http.websocket.messages import Code

MOST_WAITING_BYTES = 4 * 2**20
"""What may wait beside one message; a single one may be as long as an answer gets."""

LONGEST_WAIT_S = 10.0
CLOSING_S = 5.0
"""Seconds that a client has to make room for the last frame; then it goes without one."""

_LONGEST_REASON = 123  # what a control frame has room for, in bytes


class Channel:
    """Sends the messages of one socket."""

    def __init__(self, send: Send, close: Callable[[Code, str], None]) -> None:
        self._send = send
        self._close = close
        self._n_bytes = 0
        self._is_over = False

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message, as soon as there is room for it; none after the socket was closed."""
        text = as_json(message).decode()
        others, self._n_bytes = self._n_bytes, self._n_bytes + len(text)
        try:
            if others and self._n_bytes > MOST_WAITING_BYTES:
                self._close(Code.TRY_LATER, "Messages are read too slowly")
            elif not self._is_over:
                async with asyncio.timeout(LONGEST_WAIT_S):
                    await self._send({"type": "websocket.send", "text": text})
        except TimeoutError:
            self._close(Code.TRY_LATER, "Messages are not read")
        except (OSError, RuntimeError):  # what ASGI servers raise once the socket is gone
            self._is_over = True
        finally:
            self._n_bytes -= len(text)

    async def end(self, code: Code, reason: str) -> None:
        """Send the last frame, if the client makes room for it."""
        if self._is_over:
            return
        self._is_over = True
        said = reason.encode(errors="replace")[:_LONGEST_REASON].decode(errors="ignore")
        try:
            async with asyncio.timeout(CLOSING_S):
                await self._send({"type": "websocket.close", "code": int(code), "reason": said})
        except (OSError, RuntimeError):  # a TimeoutError is an OSError
            pass
