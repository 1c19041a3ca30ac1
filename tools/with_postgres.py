"""Run a command with ``DATABASE_URL`` naming a throwaway cluster of the PostgreSQL installed here.

``python tools/with_postgres.py pytest -n 2`` ends with the command's exit code; the cluster, its
data and its password are gone by then. PostgreSQL refuses to run as root, so root lends the cluster
to another user.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

DEBIAN = Path("/usr/lib/postgresql")
# the data lives for minutes and a crash loses nothing, so nothing waits for the disk
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs() -> Path:
    """Return the folder of ``initdb``: the one on the PATH, or the newest of Debian's."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    found = [path.parent for path in DEBIAN.glob("*/bin/initdb")]
    if not found:
        sys.exit("PostgreSQL's initdb is missing; on Debian: apt-get install postgresql")
    return max(found, key=lambda path: int(path.parent.name))


def owner() -> pwd.struct_passwd:
    """Return this user or, for root, the first of those that may own a cluster."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    users = {user.pw_name: user for user in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]


def run_as(user: pwd.struct_passwd, *command: str | Path) -> None:
    """Run one of PostgreSQL's programs; its output is shown only where it fails."""
    done = subprocess.run(
        command,
        user=user.pw_uid,
        group=user.pw_gid,
        cwd="/",  # root's folder may be closed to the user
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout}")


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def cluster() -> Iterator[str]:
    """Start a cluster and give its address; stop it and remove its data at the end."""
    binaries, user, port, password = programs(), owner(), free_port(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="graphql-api-") as folder:
        data, password_file = f"{folder}/data", Path(folder, "password")
        password_file.write_text(password)
        for path in (folder, password_file):
            os.chown(path, user.pw_uid, user.pw_gid)
        initdb = ("--username=postgres", f"--pwfile={password_file}", "--auth=scram-sha-256")
        run_as(user, binaries / "initdb", *initdb, "--locale=C.UTF-8", "--no-sync", data)
        options = f"--options={FAST} -h 127.0.0.1 -p {port} -k {folder}"
        run_as(user, binaries / "pg_ctl", "start", "-D", data, f"--log={folder}/log", options)
        try:
            yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            run_as(user, binaries / "pg_ctl", "stop", "-D", data, "--mode=immediate")


def stop(_signal: int, _frame: object) -> NoReturn:
    """End the program in the way that also ends the cluster."""
    sys.exit("stopped")


def main() -> int:
    """Run the command line's command and return its exit code."""
    signal.signal(signal.SIGTERM, stop)
    with cluster() as address:
        environment = {**os.environ, "DATABASE_URL": address}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
