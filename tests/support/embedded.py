"""What the tests of the embedded server share: its users as real processes, and questions to it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.patience import PATIENCE_S

USER_PROGRAM = Path(__file__).with_name("embedded_user.py")
NOBODY = 65534


class User:
    """A process that is using the server in a folder."""

    def __init__(self, folder: Path, *arguments: object, prefix: tuple[str, ...] = ()) -> None:
        command = [*prefix, sys.executable, str(USER_PROGRAM), str(folder), *map(str, arguments)]
        self.process = subprocess.Popen(
            command,
            env=_environment(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def line(self) -> str:
        """Wait for the next line the process prints: at first the URL."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def interrupt(self) -> None:
        """Press Ctrl-C: the signal reaches every process of the group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill the process so that it can do nothing about it."""
        self.process.kill()
        self.process.communicate()

    def leave(self) -> str:
        """Let the process end by itself and return what it had to say against it."""
        return self.process.communicate(timeout=PATIENCE_S)[1]


@contextmanager
def user(folder: Path, *arguments: object, prefix: tuple[str, ...] = ()) -> Iterator[User]:
    """Start a user, and kill it in the end if it is still there."""
    started = User(folder, *arguments, prefix=prefix)
    try:
        yield started
    finally:
        if started.process.returncode is None:
            started.kill()


def _environment(*another_user: object) -> dict[str, str]:
    """Return ours; another user could not write down what coverage measures."""
    unwanted = "COVERAGE_" if another_user else "\0"
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def server_pid(folder: Path) -> int:
    """Return the process id of PostgreSQL in ``folder``."""
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def ask(url: str, statement: str) -> object:
    """Run one statement by itself; return the first column of its first row, if it has rows."""
    return asyncio.run(_ask(url, statement))


async def _ask(url: str, statement: str) -> object:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        result = await connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def is_gone(url: str) -> bool:
    """Tell whether nothing listens at ``url`` any more."""
    try:
        ask(url, "SELECT 1")
    except OSError:
        return True
    return False
