"""Which pages may open a socket: a browser asks nobody before it does, and tells where they are."""

from collections.abc import Collection

from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from graphql_api.http.diagnostics import Headers


def may_open(headers: Headers, allowed: Collection[str]) -> bool:
    """Tell whether a socket may be opened: by our own pages, allowed ones, and by what is none."""
    given = headers.get(b"origin")
    if given is None:
        return True  # a browser always sends it
    if headers.get(b"sec-fetch-site") == b"same-origin":
        return True  # also behind a proxy that gives us another host; no page can set it
    origin = given.decode("latin-1")
    host = headers.get(b"host", b"").decode("latin-1")
    return is_same_origin(origin, host) or normalize_origin(origin) in allowed
