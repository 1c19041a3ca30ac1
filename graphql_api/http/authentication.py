"""Who asks, as the header `Authorization: Bearer` proves it.

Without the header nobody in particular does. With one that proves nothing the request is refused,
never taken for nobody's: whoever sends it believes that they are logged in.
"""

from starlette.types import Scope

from graphql_api.errors import UnauthenticatedError
from graphql_api.http.diagnostics import Headers
from graphql_api.models import DEFAULT_TENANT, Viewer
from graphql_api.services.people.tokens import AccessTokens

_HEADER = b"authorization"
_SCHEME = b"bearer"

_NOBODY = Viewer(DEFAULT_TENANT)


def viewer_of(scope: Scope, headers: Headers, tokens: AccessTokens) -> Viewer:
    """Say who asks.

    Raises:
        UnauthenticatedError: the header is there, and is not one valid token of the tenant.
    """
    token = _token(scope, headers)
    return _NOBODY if token is None else tokens.read(token, DEFAULT_TENANT)


def seconds_left(scope: Scope, headers: Headers, tokens: AccessTokens) -> float | None:
    """Say how long it can be believed who asks; None where nobody in particular does.

    Raises:
        UnauthenticatedError: it cannot be believed.
    """
    token = _token(scope, headers)
    return None if token is None else tokens.seconds_left(token, DEFAULT_TENANT)


def _token(scope: Scope, headers: Headers) -> str | None:
    given = headers.get(_HEADER)
    if given is None:
        return None
    scheme, _, token = given.partition(b" ")
    n_headers = sum(name == _HEADER for name, _ in scope["headers"])
    if scheme.lower() != _SCHEME or n_headers != 1:
        said = "the header 'Authorization' must be 'Bearer' with an access token, once"
        raise UnauthenticatedError(said)
    return token.strip(b" ").decode("latin-1")
