"""One request and its answer, for whoever watches: what ran for it is told when it was sent."""

from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from graphql_api.db.fault import UNDER_WAY
from graphql_api.errors import UnavailableError
from graphql_api.http.answer import Answer, of_refusal
from graphql_api.http.diagnostics import REQUEST_ID, Headers, headers_of, request_id_of
from graphql_api.http.observing import Observer
from graphql_api.http.rate import headers_of_all
from graphql_api.http.refusal import RefusedError
from graphql_api.schema.context import Context

_TRACEPARENT = b"traceparent"
_VARY = b"vary", b"Accept"  # for who keeps answers
_ENDS = "the server ends before this is done"


class AnyAnswer(Protocol):
    """Ours, or one of Starlette's."""

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, to add to."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Send it."""


class Exchange:
    """A request on its way."""

    __slots__ = ("_contexts", "_refused", "headers")

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self._contexts: list[Context] = []
        self._refused: str | None = None

    def begin(self, context: Context) -> None:
        """Note an operation whose time runs from now on."""
        context.notes.begin()
        parent = self.headers.get(_TRACEPARENT)
        if parent is not None:
            context.notes.traceparent = parent.decode("latin-1")
        self._contexts.append(context)

    def refused(self, error: RefusedError) -> Answer:
        """Answer with why the request is refused."""
        self._refused = error.code
        answer = of_refusal(error)
        for name, value in headers_of_all(each.account for each in self._contexts).items():
            answer.add(name, value)  # it may have been charged all the same
        return answer

    def cut_off(self) -> UnavailableError:
        """Say that the process ends before the request does; a change is made all the same."""
        is_change = any(context.notes.kind == "mutation" for context in self._contexts)
        return UnavailableError(f"{_ENDS}; {UNDER_WAY if is_change else 'please try again'}")

    async def send(self, answer: AnyAnswer, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer with the request's id, and tell of what ran; also if nobody reads it."""
        answer.raw_headers.append((REQUEST_ID, self.headers[REQUEST_ID]))
        if scope["method"] != "POST":
            answer.raw_headers.append(_VARY)
        try:
            await answer(scope, receive, send)
        finally:
            self._tell(scope["state"].get("observer"), answer.status_code)

    def _tell(self, observer: Observer | None, status: int) -> None:
        if observer is None:
            return
        for context in self._contexts:
            if self._refused is not None:
                context.notes.refused(self._refused)
            observer.ended(context, status)
        if self._refused is not None and not self._contexts:
            observer.refused(request_id_of(self.headers), self._refused, status)


def identified(scope: Scope, send: Send) -> Send:
    """Have an answer say the id of its request, where it does not by itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ())]
            if all(name != REQUEST_ID for name, _ in headers):
                headers.append((REQUEST_ID, headers_of(scope)[REQUEST_ID]))
            message = {**message, "headers": headers}
        await send(message)

    return sending
