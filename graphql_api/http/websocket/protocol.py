"""uvicorn's side of a WebSocket, as the open internet needs it.

uvicorn closes every socket as soon as it goes down, waits without end for a client that makes no
room for the last frame, holds whatever comes out of a compressed one, takes whatever was read
apart at once, resets the connection to a client that is not yet done with what is too long, and
leaves one open whose handshake cannot be read.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets import http11
from websockets.datastructures import Headers
from websockets.frames import Frame
from websockets.http11 import Response

from graphql_api.http.answer import of_refusal
from graphql_api.http.diagnostics import REQUEST_ID, headers_of
from graphql_api.http.refusal import RefusedError
from graphql_api.settings import Settings

DRAIN_S = 8.0
"""Seconds that queries and mutations have to end when the server goes down: their deadline."""

_LINGER_S = 1.0
"""Seconds that a closed socket has when the server goes down."""

_SILENCE_S = 1.0
"""Seconds without a byte after which nothing more of a broken message will come."""

# what HTTP lets through is no larger (`http/protocol.py`)
http11.MAX_LINE_LENGTH = http11.MAX_NUM_HEADERS = 16 * 2**10

_NO_HANDSHAKE = "this is no handshake of a WebSocket"

# 256 kB may be read at once, and hold 43,000 frames: 170 ms in which nobody else gets a turn
_SLICE = 4 * 2**10


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
    """uvicorn's, but that it ends, and lets others get their turn."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._is_going_down = False
        self._unread = bytearray()
        self._will_read = False
        self._is_deaf = False
        # it logs each address with its parameters, in which some clients have a token
        self.logger = self.conn.logger = logging.getLogger("uvicorn.access")
        self.conn.reject = self._rejected  # type: ignore[method-assign,assignment]  # it would be plain text

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

    def handle_parser_exception(self) -> None:
        """Say what is wrong with a frame, and take what still comes without a look at it.

        A connection that is closed with something left to read is reset, and its client would not
        hear why: it sends what is too long to its end.
        """
        if self._is_deaf or self.transport.is_closing():
            return
        self._is_deaf = True
        self._unread.clear()
        self.stop_keepalive()
        if not self.close_sent and self.conn.close_sent is not None:
            code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._wait_for_silence()
        self.read_paused = False
        self.transport.resume_reading()

    def _wait_for_silence(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(_SILENCE_S, self.transport.close)

    def _rejected(self, status: int, _text: str) -> Response:
        """Write as JSON why there is no socket."""
        given = self.request.headers.raw_items() if hasattr(self, "request") else ()
        told = headers_of({"headers": [(name.lower().encode(), _coded(it)) for name, it in given]})
        refused = of_refusal(RefusedError(_NO_HANDSHAKE, HTTPStatus(status)))
        refused.raw_headers += [(REQUEST_ID, told[REQUEST_ID]), (b"connection", b"close")]
        headers = Headers((name.decode(), value.decode()) for name, value in refused.raw_headers)
        return Response(refused.status_code, HTTPStatus(status).phrase, headers, refused.body)

    def _take(self, data: bytes) -> None:
        """Take apart what was read; a handshake comes whole, and may be none."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            said = b"".join(self.conn.data_to_send()) or self._rejected(400, "").serialize()
            self.transport.write(said)
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Hand on a message; text that is no text as what it is, bytes: uvicorn logs a fault."""
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.curr_msg_data_type = "bytes"
        super().send_receive_event_to_app()

    def data_received(self, data: bytes) -> None:
        """Take apart what was read; much of it slice by slice, and nothing more meanwhile."""
        if self._is_deaf:
            self._wait_for_silence()
            return
        if len(data) <= _SLICE and not self._unread:
            self._take(data)
        else:
            self._unread += data
            self.transport.pause_reading()
            self._read_soon()

    def _read_soon(self) -> None:
        if not self._will_read:
            self._will_read = True
            self.loop.call_soon(self._read_slice)

    def _read_slice(self) -> None:
        self._will_read = False
        if self.transport.is_closing():
            self._unread.clear()
        if self.read_paused or not self._unread:
            return  # the application has messages to take first, or there is nothing more to come
        data = bytes(self._unread[:_SLICE])
        del self._unread[:_SLICE]
        self._take(data)
        if not self.read_paused:
            self._read_on()

    def _read_on(self) -> None:
        if self._unread:
            self._read_soon()
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    async def receive(self) -> Any:
        """Give the next message; the last one makes room for others."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._read_on()
        return message

    async def send(self, message: Any) -> None:
        """Send a message; after the last one only the client's last is waited for."""
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True  # also where it ended with a refusal
        if self.close_sent and self._unread:
            self._read_soon()

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


def _coded(value: str) -> bytes:
    return value.encode("utf-8", errors="surrogateescape")
