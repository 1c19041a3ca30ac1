"""`graphql-api serve`: the server."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Annotated

import structlog
import typer

from graphql_api.cli.processes import run
from graphql_api.errors import OperatorError
from graphql_api.http.logs import set_up
from graphql_api.http.protocol import Protocol
from graphql_api.http.rate import believed
from graphql_api.http.tracing import check_installed
from graphql_api.http.websocket.protocol import socket_options
from graphql_api.settings import PREFIX, Settings

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
    """Serve the API at /graphql; in development with GraphiQL there, for browsers."""
    if reload and workers > 1:
        raise OperatorError("--reload goes with one worker")
    run_server(host, port, reload=reload, workers=workers)


def run_server(host: str, port: int, *, reload: bool = False, workers: int = 1) -> None:
    """Run uvicorn until a signal ends it.

    Raises:
        OperatorError: the address cannot be listened on, or a setting is wrong.
    """
    settings = Settings.load()  # every process reads them again; a wrong one is told once, here
    if settings.tracing:
        check_installed()
    ensure_free(host, port)
    set_up()
    _announce(settings, f"{host}:{port}", workers)
    with _shared_metrics(settings, workers):
        run(
            "graphql_api.http.app:create_served",
            factory=True,
            host=host,
            port=port,
            reload=reload,
            workers=workers,
            loop="uvloop",
            http=Protocol,
            log_config=None,
            access_log=False,
            forwarded_allow_ips=believed(settings.trusted_proxies),
            server_header=False,
            timeout_graceful_shutdown=settings.grace_s,
            timeout_worker_healthcheck=_SILENCE_S,
            **socket_options(settings),
        )


def _announce(settings: Settings, address: str, workers: int) -> None:
    """Say what is about to serve, and how."""
    structlog.get_logger("graphql_api").info(
        "starting",
        mode="development" if settings.development else "production",
        version=version("graphql-api"),
        address=address,
        workers=workers,
        pool=settings.pool_size,
        executor=settings.execution,
        options=settings.changed(),
    )


@contextmanager
def _shared_metrics(settings: Settings, workers: int) -> Iterator[None]:
    """Give several workers a folder for their counts, unless they have one."""
    if workers == 1 or settings.metrics_folder is not None:
        yield
        return
    with TemporaryDirectory(prefix="graphql-api-metrics-") as folder:
        os.environ[f"{PREFIX}METRICS_FOLDER"] = folder
        yield


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
