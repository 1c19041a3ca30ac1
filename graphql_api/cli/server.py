"""`graphql-api serve`: the server."""

import errno
import socket
from typing import Annotated

import typer

from graphql_api.cli.processes import run
from graphql_api.errors import OperatorError
from graphql_api.http.protocol import Protocol
from graphql_api.http.websocket.protocol import socket_options
from graphql_api.settings import Settings

# after which a worker is taken for dead, which it also seems while it imports: uvicorn's 5 s made
# one that started slowly start for ever
_SILENCE_S = 60

_PORT_ERRORS = (errno.EADDRINUSE, errno.EACCES)

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
    ensure_free(host, port)
    run(
        "graphql_api.http.app:create_app",
        factory=True,
        host=host,
        port=port,
        reload=reload,
        workers=workers,
        loop="uvloop",
        http=Protocol,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=Settings.load().grace_s,
        timeout_worker_healthcheck=_SILENCE_S,
        **socket_options(Settings.load()),
    )


def ensure_free(host: str, port: int) -> None:
    """Raise the sentence of `run_server` before anything else is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # Python repeats the address
        hint = "; choose another with --port" if error.errno in _PORT_ERRORS else ""
        raise OperatorError(f"cannot listen on {host} port {port}: {reason}{hint}") from error
