"""The body of a request, read as far as the server is ready to."""

from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from graphql_api.http.refusal import LIMIT_EXCEEDED, RefusedError
from graphql_api.schema.limits.exceeded import EXCEEDED


async def read_body(receive: Receive, declared: bytes | None, most_bytes: int) -> bytes:
    """Read a body of at most ``most_bytes``, of which ``declared`` is what its header says.

    One that does not come in time ends its connection (`protocol.py`).

    Raises:
        RefusedError: it is longer.
        ClientDisconnect: whoever sent it has left.
    """
    if declared is not None and (not declared.isdigit() or int(declared) > most_bytes):
        raise _too_large(most_bytes)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _rest(receive, body, most_bytes)
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    return body


async def _rest(receive: Receive, start: bytes, most_bytes: int) -> bytes:
    chunks, n_bytes = [start], len(start)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        n_bytes += len(chunks[-1])
        if n_bytes > most_bytes:
            raise _too_large(most_bytes)
        if not message.get("more_body"):
            return b"".join(chunks)


def _too_large(most_bytes: int) -> RefusedError:
    EXCEEDED["body"] += 1
    return RefusedError(
        f"the body has more than {most_bytes:,} bytes",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        code=LIMIT_EXCEEDED,
        # what is left of it is not read
        headers={"Connection": "close"},
    )
