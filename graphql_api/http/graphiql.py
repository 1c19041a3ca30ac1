"""GraphiQL, served wholly by us: the page at the endpoint itself, its assets under /graphiql.

Both are built from the npm project in `graphiql/` and committed, so nothing here needs Node. The
policy lets the page talk to its own origin and to nothing else; a worker obeys the policy that
its script came with, so the assets carry it too.
"""

import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graphql_api.http.negotiation import Accepted

_BUILD = Path(__file__).parent / "static" / "graphiql"

_POLICY = (
    "default-src 'none'; script-src 'self'; "
    # Monaco draws every line with style attributes, and its colours with style elements
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_SECURITY = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = {"Cache-Control": "no-cache"}
_OPERATION = b"query=", b"documentId=", b"doc_id=", b"extensions="
# a year, the longest a cache needs to believe: the names change with the contents
_ASSET = {"Cache-Control": "public, max-age=31536000, immutable"}


def wants_page(scope: Scope, accepted: Accepted) -> bool:
    """Tell whether a browser asks for the page, and not for an operation."""
    parameters = scope["query_string"]
    is_read = scope["method"] != "POST" and accepted.html
    return is_read and not any(name in parameters for name in _OPERATION)


def graphiql_page(_request: Request) -> Response:
    """Answer a browser's GET of the endpoint; whoever routes here has read the Accept header."""
    return FileResponse(_BUILD / "index.html", headers=_SECURITY | _PAGE)


class _Assets(StaticFiles):
    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_SECURITY | _ASSET)
        return response


graphiql_assets = _Assets(directory=_BUILD / "assets")
"""The ASGI application to mount at /graphiql; it raises a 404 for what was not built."""
