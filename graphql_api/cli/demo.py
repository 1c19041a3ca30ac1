"""`graphql-api demo`: everything at once, on a PostgreSQL of its own."""

import os
import secrets
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values

from graphql_api.cli.database import run_with_database
from graphql_api.cli.server import Host, Port, ensure_free, run_server
from graphql_api.db import migrate
from graphql_api.db.database import Database
from graphql_api.db.embedded import embedded_server
from graphql_api.errors import OperatorError
from graphql_api.models import Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people.people import people_of
from graphql_api.services.permission import ANYBODY
from graphql_api.services.sample.loader import load_sample
from graphql_api.services.sample.people import DEMO_PASSWORDS, add_people
from graphql_api.settings import PREFIX, Settings

_FIRST_QUERY = "{ posts(first: 3) { nodes { title author { displayName } commentCount } } }"


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    folder: Annotated[Path, typer.Option(help="Where the data lies between runs.")] = Path(".demo"),
) -> None:
    """Serve sample content: starts PostgreSQL, migrates, loads, and prints where to look.

    With DATABASE_URL set, that database is used instead of the embedded one, and gets no users
    whose passwords are printed.
    """
    ensure_free(host, port)
    is_ours = False
    with ExitStack() as running:
        given = dotenv_values(".env") | os.environ
        if not any(given.get(name) for name in ("DATABASE_URL", f"{PREFIX}DATABASE_URL")):
            server = running.enter_context(embedded_server(folder))
            os.environ["DATABASE_URL"] = server.url("demo")
            is_ours = True
        os.environ.setdefault(f"{PREFIX}SECRET_KEY", kept_secret(folder))
        os.environ.setdefault(f"{PREFIX}DEVELOPMENT", "true")
        added = run_with_database(partial(_prepare, with_people=is_ours))
        typer.echo(_welcome(host, port, added, with_people=is_ours))
        run_server(host, port)


async def _prepare(database: Database, *, with_people: bool) -> int:
    await migrate.upgrade(database.engine)
    added = await load_sample(database)
    if with_people:
        with people_of(Settings.load()) as people:
            await add_people(Writer(database, Viewer(), None, ANYBODY, people), people)
    return added


def _logins() -> str:
    people = [f"{name} with {password}" for name, password in DEMO_PASSWORDS.items()]
    return f"  to log in      {', '.join(people)}\n"


def kept_secret(folder: Path) -> str:
    """Return the demo's own key, so that cursors live on from run to run."""
    path = folder / "secret_key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        if not path.read_text():
            path.write_text(secrets.token_hex(32))
        return path.read_text()
    except OSError as error:
        raise OperatorError(f"cannot write to {folder}: {error.strerror}") from error


def _welcome(host: str, port: int, added: int, *, with_people: bool) -> str:
    loaded = f"loaded {added} posts" if added else "the content is as you left it"
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/graphql"
    return f"""
{loaded}

  GraphiQL       {url}
  a first query  curl {url} -H 'content-type: application/json' \\
                   -d '{{"query": "{_FIRST_QUERY}"}}'
{_logins() if with_people else ""}
Ctrl-C stops everything.
"""
