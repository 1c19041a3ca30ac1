"""The real server, as its own process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db import migrate
from graphql_api.db.database import Database
from graphql_api.services.sample.loader import load_sample
from tests.support.patience import PATIENCE_S
from tests.support.postgres import address, on_engine

SECRET_KEY = "made-up-for-the-tests-0123456789"


async def fill(engine: AsyncEngine) -> None:
    """Make the tables, and load the sample content into them."""
    await migrate.upgrade(engine)
    await load_sample(Database(engine))


@contextmanager
def serve(database: URL, folder: Path, **environment: str) -> Iterator[str]:
    """Run ``graphql-api serve`` on the sample content in ``database``; give its address.

    ``environment`` is what else the process is to find there. Its log is ``folder/server.log``.
    """
    on_engine(database, fill)
    with running(database, folder, **environment) as (_process, base):
        yield base


@contextmanager
def running(
    database: URL, folder: Path, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run ``graphql-api serve`` on ``database`` as it is; give the process and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    log = folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("graphql-api"), "serve", "--port", port, *options],
            cwd=folder,  # where no .env lies
            env=os.environ | environment_for(database) | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz", process, log)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE_S)


def environment_for(database: URL) -> dict[str, str]:
    """Give what a command needs to find the database, and the tests' secret."""
    return {
        "DATABASE_URL": address(database),
        "GRAPHQL_API_SECRET_KEY": SECRET_KEY,
        "GRAPHQL_API_DRAIN_S": "0",  # nobody spreads requests here
    }


def command(database: URL, folder: Path, *words: str, given: str = "") -> str:
    """Run a command of ours, and return what it prints."""
    program = Path(sys.executable).with_name("graphql-api")
    done = subprocess.run(
        [program, *words],
        cwd=folder,
        env=os.environ | environment_for(database),
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _wait_for(ready: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(ready, timeout=PATIENCE_S):  # noqa: S310  # our own address
                return
        except URLError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{log.read_text(encoding='utf-8')}")
