"""A PostgreSQL and a server of a campaign's own, either of which it may hurt."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from asyncpg import PostgresError
from sqlalchemy import URL, make_url

from graphql_api.db.embedded import embedded_server
from tests.support.embedded import server_pid
from tests.support.patience import PATIENCE_S
from tests.support.postgres import Link, on_engine
from tests.support.serving import command, fill, running

_OURS = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'graphql-api' AND backend_type = 'client backend'
"""
_POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Rig:
    """A server process and its PostgreSQL."""

    database: URL
    process: subprocess.Popen[bytes]
    base: str
    token: str
    """Of an author."""
    folder: Path

    def stop_database(self, how: signal.Signals) -> None:
        """End PostgreSQL: SIGINT as at a restart; by SIGKILL all of its processes die at once."""
        self.signal_database(how)
        wait_until(self._is_gone)

    @contextmanager
    def database_again(self) -> Iterator[None]:
        """Start it; it answers when the block begins, and is needed as long as it runs."""
        with embedded_server(self.folder / _POSTGRES):
            yield

    def signal_database(self, number: signal.Signals) -> None:
        """Send a signal to all processes of PostgreSQL, or what asks it to end to the first."""
        first = server_pid(self.folder / _POSTGRES)
        if number is signal.SIGINT:
            os.kill(first, number)
            return
        told = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        )
        pairs = [line.split() for line in told.stdout.splitlines()]
        others = [int(pid) for pid, parent in pairs if int(parent) == first]
        for each in (first, *others):
            os.kill(each, number)

    def _is_gone(self) -> bool:
        try:
            self.ask("SELECT 1")
        except OSError:
            return True
        except PostgresError:  # it is on its way
            pass
        return False

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query of the campaign's own."""
        with closing(Link(self.database)) as link:
            return link.fetch(sql)

    def connections(self, condition: str = "true") -> int:
        """Count the server's connections that meet a condition."""
        [(number,)] = self.ask(f"{_OURS} AND {condition}")
        assert isinstance(number, int)
        return number

    def settled(self) -> float:
        """Wait until no statement of the server runs; say how many seconds it took."""
        began = time.monotonic()
        wait_until(lambda: not self.connections("state <> 'idle'"))
        return time.monotonic() - began


@contextmanager
def rig(**environment: str) -> Iterator[Rig]:
    """Run both, on the sample content, while the block runs; safe from crashes, as in earnest."""
    with TemporaryDirectory(prefix="graphql-api-faults-") as name:
        folder = Path(name)
        with embedded_server(folder / _POSTGRES) as postgres:
            database = make_url(postgres.url("faults"))
            on_engine(database, fill)
            words = ("user", "create", "writer", "--role", "author", "--password-stdin")
            command(database, folder, *words, given="a password of some length")
            token = command(database, folder, "token", "issue", "writer")
            with running(database, folder, **environment) as (process, base):
                yield Rig(database, process, base, token, folder)


@contextmanager
def another(rig: Rig, **environment: str) -> Iterator[Rig]:
    """Run a second server on the same database while the block runs."""
    with running(rig.database, rig.folder, **environment) as (process, base):
        yield replace(rig, process=process, base=base)


def wait_until(probe: Callable[[], object]) -> None:
    """Wait for something that nobody tells of."""
    end = time.monotonic() + PATIENCE_S
    while not probe():
        assert time.monotonic() < end
        time.sleep(0.02)
