"""The access token of a socket, which comes in `connection_init` as a header would.

`{"Authorization": "Bearer …"}`: a page cannot set headers of a WebSocket. Clients who can may send
the header itself; the token in `connection_init` takes its place.
"""

from typing import Any

from starlette.types import Scope

from graphql_api.errors import UnauthenticatedError

_HEADER = b"authorization"
_NAME = _HEADER.decode()


def with_token(scope: Scope, payload: dict[str, Any]) -> Scope:
    """Give the scope as if the token in the payload had come in its header.

    Raises:
        UnauthenticatedError: there are several, or it is no text.
    """
    given = [payload[name] for name in payload if name.lower() == _NAME]
    if len(given) > 1:
        raise UnauthenticatedError("'Authorization' must be there once")
    if not given or given[0] is None:  # a client without a token may well say so
        return scope
    if given[0].__class__ is not str:
        raise UnauthenticatedError("'Authorization' must be a string")
    others = [header for header in scope["headers"] if header[0] != _HEADER]
    return {**scope, "headers": [*others, (_HEADER, given[0].encode())]}
