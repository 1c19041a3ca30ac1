"""What an operator may ask of one request, by its headers.

``X-GraphQL-Execution: reference`` chooses the executor, and ``X-GraphQL-Batches: 1`` has the answer
say what was loaded for it. Both need ``X-Diagnostics-Key``, but in development, where every answer
says so without being asked.
"""

import hmac
import re
import secrets
from collections.abc import Mapping

from starlette.types import Scope

from graphql_api.execution import Mode
from graphql_api.settings import Settings

Headers = Mapping[bytes, bytes]
"""The headers of a request by their names in lower case; of several alike the first, and of what
is a list all of it."""

_KEY = b"x-diagnostics-key"
_EXECUTION = b"x-graphql-execution"
_BATCHES = b"x-graphql-batches"
REQUEST_ID = b"x-request-id"
_LISTS = b"accept", b"content-encoding", b"content-type"  # the last one is none, as is told then
_USABLE_ID = re.compile(rb"[\w.:-]{1,100}")
_MODES = {mode.value: mode for mode in Mode}


def headers_of(scope: Scope) -> Headers:
    """Read the headers of a request; it has an id, a proxy's or a new one."""
    sent: list[tuple[bytes, bytes]] = list(scope["headers"])
    headers = dict(reversed(sent))
    if len(headers) < len(sent):  # lines of one name are one list: RFC 9110, 5.3
        for name in headers.keys() & _LISTS:
            headers[name] = b", ".join(value for each, value in sent if each == name)
    given = headers.get(REQUEST_ID)
    if given is None or not _USABLE_ID.fullmatch(given):
        headers[REQUEST_ID] = secrets.token_hex(8).encode()
    return headers


def mode_of(headers: Headers, settings: Settings) -> Mode:
    """Say which executor runs the request's operation."""
    mode = _MODES[settings.execution]
    asked = headers.get(_EXECUTION)
    if asked is not None and _may(headers, settings):
        mode = _MODES.get(asked.decode("latin-1").strip().lower(), mode)
    return mode


def wants_batches(headers: Headers, settings: Settings) -> bool:
    """Tell whether the answer is to say what was loaded."""
    if settings.development:
        return True
    return headers.get(_BATCHES) == b"1" and _may(headers, settings)


def request_id_of(headers: Headers) -> str:
    """Give the id of the request that has these headers."""
    return headers[REQUEST_ID].decode()


def _may(headers: Headers, settings: Settings) -> bool:
    if settings.development:
        return True
    if settings.diagnostics_key is None:
        return False
    given = headers.get(_KEY, b"").decode("latin-1").encode()
    return hmac.compare_digest(given, settings.diagnostics_key.get_secret_value().encode())
