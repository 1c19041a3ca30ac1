"""Our server as the rig starts it: the project's own, but a page may be as large as the rig asks.

The rig's `large` asks for 200 posts at once, and `nested:1000` for 1,000; we give clients 100. Only
the check of `first` differs: what a page then costs is what the server does with it.
"""

from starlette.applications import Starlette

from graphql_api.http.app import create_app
from graphql_api.schema import pagination

LARGEST_SIZE = 1000


def create() -> Starlette:
    """Build the application; uvicorn calls this in each process."""
    pagination.LARGEST_SIZE = LARGEST_SIZE  # type: ignore[attr-defined]  # it came from `arguments`
    return create_app()
