"""HTTP as uvicorn speaks it, with an end to what clients may leave undone.

uvicorn waits for the rest of a request for ever, takes addresses and headers of any length, keeps
an answer until its client reads it, resets the connection to a client that is still sending what
was refused, and loses the body of a request that would rather speak another protocol. A request
that comes in one piece, as most do, meets no timer here.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from graphql_api.http.answer import of_refusal
from graphql_api.http.diagnostics import REQUEST_ID, headers_of
from graphql_api.http.leaving import Leaving
from graphql_api.http.observing import Observer
from graphql_api.http.refusal import BAD_REQUEST, LIMIT_EXCEEDED, RefusedError
from graphql_api.schema.limits.exceeded import EXCEEDED, LimitName

MOST_BYTES_OF_ADDRESS = 8 * 1024
"""Of a request's line: a GET of the longest document that a proxy would pass on as well."""
MOST_BYTES_OF_HEADERS = 16 * 1024
"""Of all headers together, which is what nginx and Node take too."""
HEAD_TIMEOUT_S = 10.0
"""From the first byte of a request, or the connection's beginning, to the end of its headers."""
BODY_TIMEOUT_S = 20.0
"""From the end of the headers to that of the body: 256 kB at the pace of a bad telephone line."""
READING_TIMEOUT_S = 20.0
"""In which a client has to take some of its answer, once what the system buffers is full."""
SILENCE_S = 1.0
"""Without a byte from a client that was refused, after which it is done with sending."""
LINGER_S = 10.0
"""In which it has to be done."""


class _Refused:
    """The transport of an answer that comes before its request is whole: the last one."""

    def __init__(self, protocol: "Protocol") -> None:
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.linger


class Protocol(HttpToolsProtocol):
    """One connection."""

    transport: asyncio.Transport

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._waiting: asyncio.TimerHandle | None = None
        """Ends the connection when what is under way does not come."""
        self._writing: asyncio.TimerHandle | None = None
        self._has_begun = False
        self._is_in_head = True
        self._is_in_body = False
        self._is_kept = False
        self._n_bytes = 0
        self._n_hosts = 0
        self._is_upgrade = False
        """Whether another protocol is wished for that is not spoken here."""
        self._refusal: tuple[HTTPStatus, str, str] | None = None
        self._is_deaf = False
        """Whether what still comes is not looked at."""
        self._lingers_until: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._waiting = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; wait for the rest, where there is one."""
        if self._is_deaf:
            self._wait_for_silence()
            return
        self._unset_keepalive_if_required()
        try:
            is_http = self._feed(memoryview(data))
        except httptools.HttpParserError:
            self.send_400_response("the request is no HTTP")
            return
        if not is_http:
            return
        if self._is_in_body and self.cycle is not None:
            self.cycle.transport = _Refused(self)  # type: ignore[assignment]  # what an answer needs of one
        is_idle = getattr(self.cycle, "response_complete", False)
        if self._is_in_head or self._is_in_body or is_idle:
            if self._waiting is None and not self.transport.is_closing():
                seconds = BODY_TIMEOUT_S if self._is_in_body else HEAD_TIMEOUT_S
                self._waiting = self.loop.call_later(seconds, self._give_up)
        elif self._waiting is not None:
            self._stop_waiting()

    def _feed(self, rest: memoryview) -> bool:
        """Have it taken apart; tell whether the connection still speaks HTTP.

        Who would rather speak another protocol is answered in HTTP, as RFC 9110 (7.8) has it: the
        parser takes the rest for that protocol, so another one hears the head without the wish.
        """
        while rest:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return False
                rest = rest[upgrade.args[0] :]
            else:
                return True
            head = self._head_without_upgrade()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self.parser.feed_data(head)
        return True

    def _should_upgrade(self) -> bool:
        """Tell whether the connection is to become a WebSocket."""
        has_body = {b"content-length", b"transfer-encoding"}.intersection(dict(self.headers))
        return super()._should_upgrade() and self.parser.get_method() == b"GET" and not has_body

    def _head_without_upgrade(self) -> bytes:
        closes = any(name == b"connection" and b"close" in value for name, value in self.headers)
        version = self.parser.get_http_version().encode()
        head = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        head += [
            b"%s: %s" % (name, value)
            for name, value in self.headers
            if name not in {b"connection", b"upgrade"}
        ]
        head += [b"connection: close"] if closes else []
        return b"\r\n".join([*head, b"", b""])

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to another protocol."""
        self._is_in_head = self._is_in_body = False
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._has_begun = self._is_in_head = True
        self._n_bytes = self._n_hosts = 0
        self._is_upgrade = False

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        super().on_url(url)
        if len(self.url) > MOST_BYTES_OF_ADDRESS:
            said = f"the address has more than {MOST_BYTES_OF_ADDRESS:,} bytes"
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG, "address", said)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._n_bytes += len(name) + len(value) + 4  # `: ` and the end of the line
        if self._n_bytes > MOST_BYTES_OF_HEADERS:
            said = f"the headers have more than {MOST_BYTES_OF_HEADERS:,} bytes"
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers", said)
        self._n_hosts += len(name) == 4 and name.lower() == b"host"  # noqa: PLR2004  # of `host`
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request over; its body is waited for anew."""
        if self._n_hosts != 1 and (self._n_hosts or self.parser.get_http_version() == "1.1"):
            self._refusal = HTTPStatus.BAD_REQUEST, BAD_REQUEST, "a request has one header 'Host'"
            raise httptools.HttpParserError
        if self.parser.get_method() == b"CONNECT":  # an upgrade without a header to leave out
            raise httptools.HttpParserError
        self._is_upgrade = self.parser.should_upgrade() and not self._should_upgrade()
        if self._is_upgrade:
            return
        super().on_headers_complete()
        self._is_in_head, self._is_in_body = False, True
        if self.cycle is not None:  # an answer now would have to say that it is the last one here
            self._is_kept, self.cycle.keep_alive = self.cycle.keep_alive, False
        if self._waiting is not None:
            self._stop_waiting()

    def on_message_complete(self) -> None:
        """Have a whole request."""
        if self._is_upgrade:
            return
        super().on_message_complete()
        self._is_in_body = False
        if not getattr(self.cycle, "response_started", True):
            self.cycle.keep_alive = self._is_kept

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        super().pause_writing()
        if self._writing is None:
            self._look_whether_it_reads()

    def resume_writing(self) -> None:
        """Go on: it reads."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def shutdown(self) -> None:
        """Go down: what is under way is answered, and what has no end ends."""
        super().shutdown()
        self._is_kept = False
        leaving: Leaving | None = self.app_state.get("leaving")
        if leaving is not None:
            leaving.end_streams()

    def _look_whether_it_reads(self, left: int | None = None) -> None:
        now_left = self.transport.get_write_buffer_size()
        if left is not None and now_left >= left:
            self.transport.abort()
            return
        look = self._look_whether_it_reads
        self._writing = self.loop.call_later(READING_TIMEOUT_S, look, now_left)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or too much of it, as JSON; and end the connection.

        Where an answer to what came before is still due, the connection ends with that one.
        """
        self._stop_waiting()
        if self.transport.is_closing():
            return
        self._is_deaf = True
        is_due = not getattr(self.cycle, "response_complete", True)
        if is_due and not self._is_in_body:
            self.cycle.keep_alive = False
            return
        if not is_due or not self.cycle.response_started:
            self.transport.write(self._refused(msg))
        self.linger()

    def linger(self) -> None:
        """End the connection, to a client that is still sending once it has done so.

        It would be reset otherwise, and the client would not hear why it is refused.
        """
        if not self._is_in_body and not self._is_deaf:
            self.transport.close()
            return
        self._is_deaf = True
        self._lingers_until = self.loop.time() + LINGER_S
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._wait_for_silence()

    def _wait_for_silence(self) -> None:
        if self._lingers_until is not None:
            self._stop_waiting()
            then = min(self.loop.time() + SILENCE_S, self._lingers_until)
            self._waiting = self.loop.call_at(then, self.transport.close)

    def _refused(self, msg: str) -> bytes:
        status, code, said = self._refusal or (HTTPStatus.BAD_REQUEST, BAD_REQUEST, msg)
        number = headers_of({"headers": self.headers or []})[REQUEST_ID]
        observer: Observer | None = self.app_state.get("observer")
        if observer is not None:
            observer.refused(number.decode(), code, status)
        refused = of_refusal(RefusedError(said, status, code=code))
        headers = [*refused.raw_headers, (REQUEST_ID, number), (b"connection", b"close")]
        lines = b"".join([b"%s: %s\r\n" % each for each in headers])
        return STATUS_LINE[status] + lines + b"\r\n" + refused.body

    def _refuse(self, status: HTTPStatus, limit: LimitName, said: str) -> None:
        EXCEEDED[limit] += 1
        self._refusal = status, LIMIT_EXCEEDED, said
        raise httptools.HttpParserError(said)

    def _give_up(self) -> None:
        """End a connection whose request does not come."""
        self._waiting = None
        if not self._has_begun:
            self.transport.close()
            return
        self._refusal = HTTPStatus.REQUEST_TIMEOUT, BAD_REQUEST, "the request did not come in time"
        self.send_400_response("")

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
