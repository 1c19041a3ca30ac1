"""uvicorn's side of a WebSocket, as the open internet needs it.

uvicorn closes every socket as soon as it shuts down, waits without end for a client that makes no
room for the last frame, and holds whatever comes out of a compressed one.
"""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from graphql_api.settings import Settings

DRAIN_S = 8.0
"""Seconds that queries and mutations have to end when the server goes down: their deadline."""

_LINGER_S = 1.0
"""Seconds that a closed socket has when the server goes down."""

_SLICE = 16 * 2**10  # what is read at once can hold ten thousand messages: half a second


def socket_options(settings: Settings) -> dict[str, Any]:
    """Give what uvicorn has to be told about WebSockets."""
    return {
        "ws": SocketProtocol,
        "ws_max_size": settings.max_body_bytes,
        "ws_ping_interval": settings.socket_ping_s,
        "ws_ping_timeout": settings.socket_ping_s,
        # 256 kB of it can hold as many megabytes, which uvicorn would queue
        "ws_per_message_deflate": False,
    }


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, but that it ends."""

    _deadline: asyncio.TimerHandle | None = None
    _is_going_down = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Tell the application, which closes the socket once what was asked for is answered."""
        self._is_going_down = True
        if self.handshake_complete and not self.close_sent:
            event: Any = {"type": "websocket.shutdown"}  # one that only our application knows
            self.queue.put_nowait(event)
            self._end_within(DRAIN_S + _LINGER_S)
        else:
            super().shutdown()
            self._end_within(_LINGER_S)

    async def run_asgi(self) -> None:
        """Serve; the client has its time to take the last frame, and no more."""
        await super().run_asgi()
        self._end_within(_LINGER_S if self._is_going_down else self.close_timeout)

    def keepalive_timeout(self) -> None:
        """Let go of a client that does not answer, and so does not read either."""
        super().keepalive_timeout()
        self._end_within(_LINGER_S)

    def send_receive_event_to_app(self) -> None:
        """Hand on a message; text that is no text as what it is, bytes: uvicorn logs a fault."""
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.curr_msg_data_type = "bytes"
        super().send_receive_event_to_app()

    def handle_cont(self, event: Frame) -> None:
        """Take a part of a message; a client may send empty ones without end."""
        if event.data or event.fin:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer; not a client that takes no answers, which would pile up."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def _end_within(self, seconds: float) -> None:
        """Cut the connection in so many seconds, whatever still waits to be sent."""
        if self._deadline is not None:
            self._deadline.cancel()
        if not self.disconnected:
            self._deadline = self.loop.call_later(seconds, self.transport.abort)
