"""Which pages of other origins a browser lets read our answers: those an operator lists, or none.

Nothing here protects the server: a page that is not listed cannot send JSON at all, as its browser
asks first (`negotiation.check_content_type`).
"""

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_SENT = ("Authorization", "Content-Type", "X-Request-ID", "X-GraphQL-Cost")
_READ = (
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
)
_REMEMBERED_S = 600  # the most that Chromium heeds is two hours; an origin taken out goes sooner


def readable_by(origins: Collection[str], app: ASGIApp) -> ASGIApp:
    """Let the pages of some origins ask an application, and read its answers."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=tuple(origins),
        allow_methods=("GET", "POST"),
        allow_headers=_SENT,
        expose_headers=_READ,
        max_age=_REMEMBERED_S,
    )
