"""A real PostgreSQL 18 for one folder, started and stopped by the processes that use it.

Everything it owns lies in that folder: ``data/``, ``postgres.log``, three lock files and
``socket``, a link to a short private folder below the temporary one (107 bytes are the most that a
socket's path may have).

Who is alive is asked of the kernel, never of a written list: a lock ends with the process that
holds it, even with one that was killed, so nothing can be stale.

users.lock   shared by every process in ``embedded_server``; who gets it alone is the last one
change.lock  held while the server is started, stopped, or given a database
server.lock  inherited by every process of PostgreSQL; free means that none of them is left
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import URL

from graphql_api.db.embedded.account import account_for
from graphql_api.db.embedded.cluster import PORT, Cluster
from graphql_api.db.embedded.lock import held, try_lock
from graphql_api.db.embedded.problem import explained

__all__ = ["EmbeddedServer", "embedded_server"]


class EmbeddedServer:
    """A running server; use it inside ``embedded_server`` only."""

    def __init__(self, cluster: Cluster, change_lock: int) -> None:
        self._cluster = cluster
        self._change_lock = change_lock

    def url(self, database: str) -> str:
        """Return the ``postgresql+asyncpg://`` URL of ``database``, created where it is missing.

        Raises:
            OperatorError: PostgreSQL refused to create it.
        """
        with held(self._change_lock):
            self._cluster.ensure_database(database)
        query = {"host": str(self._cluster.socket_folder()), "port": PORT}
        return URL.create(
            "postgresql+asyncpg", username="postgres", database=database, query=query
        ).render_as_string(hide_password=False)


@contextmanager
def embedded_server(folder: Path, *, durable: bool = True) -> Iterator[EmbeddedServer]:
    """Run PostgreSQL in ``folder`` while any process is in here; the last to leave stops it.

    Args:
        folder: made, and kept private, where it is missing; one folder is one server.
        durable: False trades the data's safety in a power cut for speed, for tests; among several
            processes the one that starts the server decides.

    Raises:
        OperatorError: PostgreSQL is not installed, or cannot work in this folder.
    """
    folder = folder.expanduser().resolve()
    cluster = Cluster(folder, account_for(folder))
    with ExitStack() as files:
        with explained(folder):
            cluster.prepare()
            users = files.enter_context(cluster.lock_file("users.lock"))
            change = files.enter_context(cluster.lock_file("change.lock"))
        try:
            with explained(folder), held(change):
                if try_lock(users):
                    cluster.stop()  # nobody else is here: it outlived users that were killed
                fcntl.flock(users, fcntl.LOCK_SH)
                cluster.create(change)
                cluster.start(durable=durable)
            yield EmbeddedServer(cluster, change)
        finally:
            with explained(folder), held(change):
                if try_lock(users):
                    cluster.stop()
