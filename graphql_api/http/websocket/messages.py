"""The messages of `graphql-transport-ws`, and the codes with which its sockets are closed."""

from enum import IntEnum
from http import HTTPStatus
from typing import Any

import orjson

from graphql_api.http.refusal import BAD_REQUEST, RefusedError
from graphql_api.http.request import Asked, check_object, from_object

PROTOCOL = "graphql-transport-ws"

# every message of an operation repeats its id, which clients make 36 characters long
_NO_OBJECT = "'payload' must be an object"
_LONGEST_ID = 256
_KINDS = ("connection_init", "ping", "pong", "subscribe", "complete")


class Code(IntEnum):
    """Why a socket is closed: the protocol's own codes, and those of WebSockets where it has none.

    Clients connect again after those below 4000.
    """

    TOO_LARGE = 1009
    RESTART = 1012
    TRY_LATER = 1013
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    OTHER_PROTOCOL = 4406
    INIT_TIMEOUT = 4408
    ID_IN_USE = 4409
    INIT_TWICE = 4429
    INTERNAL = 4500


class ClosedError(Exception):
    """What a client sent ends its socket."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Message:
    """A message of a client, of a kind and form that the protocol knows."""

    __slots__ = ("id", "kind", "payload")

    def __init__(self, kind: str, number: str, payload: dict[str, Any]) -> None:
        self.kind = kind
        self.id = number
        """Names the operation; empty where the message is about none."""
        self.payload = payload

    def asked(self) -> Asked:
        """Read what operation is asked for.

        Raises:
            RefusedError: it says nothing, or its variables are nested too deeply.
            ClosedError: it is none.
        """
        try:
            return from_object(self.payload)
        except RefusedError as error:
            if error.extensions["code"] != BAD_REQUEST or self.payload.get("query") == "":
                raise  # of the operation alone
            raise ClosedError(Code.MALFORMED, error.message) from None


def read(frame: dict[str, Any], most_bytes: int) -> Message:
    """Read a message from what ASGI received.

    Raises:
        ClosedError: it is none.
    """
    text = frame.get("text")
    if text is None:
        raise ClosedError(Code.MALFORMED, "A message must be text, in UTF-8")
    # a character may have four bytes: only where that could be too many are they counted
    if 4 * len(text) > most_bytes and len(text.encode(errors="replace")) > most_bytes:
        raise ClosedError(Code.TOO_LARGE, f"A message has at most {most_bytes:,} bytes")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ClosedError(Code.MALFORMED, "A message must be valid JSON") from None
    if data.__class__ is not dict:
        raise ClosedError(Code.MALFORMED, "A message must be a JSON object")
    kind, number, payload = data.get("type"), data.get("id", ""), data.get("payload")
    if kind.__class__ is not str or kind not in _KINDS:
        raise ClosedError(Code.MALFORMED, "A message must have a 'type' of this protocol")
    if payload is not None and payload.__class__ is not dict:
        raise ClosedError(Code.MALFORMED, _NO_OBJECT)
    _check_parts(kind, number, payload)
    return Message(kind, number, payload or {})


def _check_parts(kind: str, number: Any, payload: dict[str, Any] | None) -> None:
    is_id = number.__class__ is str and 0 < len(number) <= _LONGEST_ID
    if kind in ("subscribe", "complete") and not is_id:
        said = f"'id' must be a string of 1 to {_LONGEST_ID} characters"
        raise ClosedError(Code.MALFORMED, said)
    if kind == "subscribe":  # what it has is bounded where it is read
        if payload is None:
            raise ClosedError(Code.MALFORMED, _NO_OBJECT)
    elif payload is not None:
        try:
            check_object("payload", payload)
        except RefusedError as error:
            raise ClosedError(Code.MALFORMED, error.message) from None


def refusal(message: str, code: str, **extensions: object) -> RefusedError:
    """Make the error that ends an operation; its status is of no use here."""
    return RefusedError(message, HTTPStatus.BAD_REQUEST, code=code, extensions=extensions)
