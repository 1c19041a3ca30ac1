"""Whether the process is alive, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from graphql_api.db import migrate
from graphql_api.db.database import Database
from graphql_api.http.leaving import Leaving


async def healthz(_request: Request) -> JSONResponse:
    """Answer 200 as long as the process answers at all."""
    return JSONResponse({"status": "alive"})


async def readyz(request: Request) -> JSONResponse:
    """Answer 200 when the database is reachable and migrated, else 503 with the reason."""
    leaving: Leaving = request.state.leaving
    if leaving.has_begun:
        return _unready("the process is about to end")
    database: Database = request.state.database
    try:
        revision = await migrate.current(database.engine)
    except Exception:  # noqa: BLE001  # whatever the driver raises, the answer is the same
        return _unready("the database cannot be reached")
    if revision != migrate.head():
        return _unready("the database is not migrated: run graphql-api db upgrade")
    return JSONResponse({"status": "ready"})


def _unready(reason: str) -> JSONResponse:
    return JSONResponse({"status": "unready", "reason": reason}, status_code=503)
