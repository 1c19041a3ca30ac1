"""The command line, inside the tests' process and as a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import httpx
from sqlalchemy import URL

from tests.support import asking
from tests.support.patience import PATIENCE_S
from tests.support.postgres import address
from tests.support.serving import SECRET_KEY

PROGRAM = Path(sys.executable).with_name("graphql-api")


class Outcome(NamedTuple):
    """What a command that has ended left behind."""

    code: int
    output: str
    errors: str


class Run(Protocol):
    """Runs a command to its end: ``run("db", "upgrade", database=url)``."""

    def __call__(self, *arguments: str, database: URL | str | None = None) -> Outcome:
        """Run it in a folder of its own, with the settings for ``database``, or with none."""


def variables(database: URL | str | None) -> dict[str, str]:
    """Give the environment variables that name a database."""
    if database is None:
        return {}
    named = database if isinstance(database, str) else address(database)
    return {
        "DATABASE_URL": named,
        "GRAPHQL_API_SECRET_KEY": SECRET_KEY,
        "GRAPHQL_API_DRAIN_S": "0",  # nobody spreads requests here
    }


def sentence(outcome: Outcome) -> str:
    """Check that a command ended with one sentence and nothing else, and return it."""
    assert outcome.code == 1
    assert outcome.output == ""
    [line] = outcome.errors.splitlines()
    program, _, said = line.partition(": ")
    assert program == "graphql-api"
    return said


class Process:
    """A command that runs until somebody ends it, in a session of its own as in a terminal."""

    def __init__(self, folder: Path, *arguments: str, database: URL | None = None) -> None:
        self._log = folder / "output.log"
        with self._log.open("wb") as log:
            self.popen = subprocess.Popen(
                [PROGRAM, *arguments],
                cwd=folder,
                env=os.environ | variables(database) | {"PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """All that it has said."""
        return self._log.read_text(encoding="utf-8")

    def wait_until_ready(self, base: str) -> None:
        """Wait until the server at ``base`` can serve."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.popen.poll() is None:
            try:
                if asking.get(f"{base}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"it did not get ready:\n{self.output}")

    def wait_until_said(self, words: str, *, times: int = 1) -> None:
        """Wait until it has said ``words`` so many times."""
        deadline = time.monotonic() + PATIENCE_S
        while self.output.count(words) < times:
            assert time.monotonic() < deadline, self.output
            assert self.popen.poll() is None, self.output
            time.sleep(0.05)

    def wait_until_alone(self) -> None:
        """Wait until no process of its group is left."""
        deadline = time.monotonic() + PATIENCE_S
        with suppress(ProcessLookupError):
            while True:
                os.killpg(self.popen.pid, 0)
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def interrupt(self) -> int:
        """Press Ctrl-C, which reaches every process of the group; return the exit code."""
        os.killpg(self.popen.pid, signal.SIGINT)
        return self.popen.wait(PATIENCE_S)

    def send(self, number: signal.Signals) -> int:
        """Signal the process alone and return its exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(PATIENCE_S)


@contextmanager
def process(folder: Path, *arguments: str, database: URL | None = None) -> Iterator[Process]:
    """Start a command, and end it with its whole group if it is still there."""
    started = Process(folder, *arguments, database=database)
    try:
        yield started
    finally:
        if started.popen.poll() is None:
            started.send(signal.SIGTERM)
