"""Which pages of other origins a browser lets read our answers: those an operator lists, or none.

Nothing here protects the server: a page that is not listed cannot send JSON at all, as its browser
asks first (`negotiation.check_content_type`).
"""

from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from graphql_api.http.refusal import BAD_REQUEST

_SENT = (
    "Apollo-Require-Preflight",
    "Authorization",
    "Content-Type",
    "X-GraphQL-Cost",
    "X-Request-ID",
)
_READ = (
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
)
_REMEMBERED_S = 600  # the most that Chromium heeds is two hours; an origin taken out goes sooner


class _Origins(CORSMiddleware):
    """Starlette's, but what is refused is told as JSON."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a browser that asks whether a page may send what it wants to."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < HTTPStatus.BAD_REQUEST:
            return answer
        said = "a page of this origin may not send this, or not with this method or these headers"
        errors = [{"message": said, "extensions": {"code": BAD_REQUEST}}]
        # what else it says is for the browser: what would be allowed, and to whom
        kept = {name: each for name, each in answer.headers.items() if name[:8] != "content-"}
        return JSONResponse({"errors": errors}, answer.status_code, kept)


def readable_by(origins: Collection[str], app: ASGIApp) -> ASGIApp:
    """Let the pages of some origins ask an application, and read its answers."""
    if not origins:
        return app
    return _Origins(
        app,
        allow_origins=tuple(origins),
        allow_methods=("GET", "POST"),
        allow_headers=_SENT,
        expose_headers=_READ,
        max_age=_REMEMBERED_S,
    )
