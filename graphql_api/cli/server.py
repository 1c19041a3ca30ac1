"""`graphql-api serve`: the server."""

import socket
from typing import Annotated

import typer
import uvicorn

from graphql_api.errors import OperatorError
from graphql_api.settings import Settings

GRACE_S = 10

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    reload: Annotated[
        bool, typer.Option("--reload", help="Restart when the code changes.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
) -> None:
    """Serve the API, with GraphiQL for browsers at /graphql."""
    if reload and workers > 1:
        raise OperatorError("--reload goes with one worker")
    Settings.load()  # every process reads them again; a wrong one is told once, here
    run_server(host, port, reload=reload, workers=workers)


def run_server(host: str, port: int, *, reload: bool = False, workers: int = 1) -> None:
    """Run uvicorn until a signal ends it.

    Raises:
        OperatorError: the address cannot be listened on.
    """
    _ensure_free(host, port)
    uvicorn.run(
        "graphql_api.http.app:create_app",
        factory=True,
        host=host,
        port=port,
        reload=reload,
        workers=workers,
        loop="uvloop",
        http="httptools",
        ws="none",  # no subscriptions yet
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def _ensure_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        raise OperatorError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port"
        ) from error
