"""The `graphql-api` command: its groups, and how its errors look."""

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer
from rich.console import Console

from graphql_api.cli import content, demo, migration, schema, server
from graphql_api.db.database import translated
from graphql_api.errors import ApiError, OperatorError

app = typer.Typer(
    help="A GraphQL API for content platforms, and everything around it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(server.serve)
app.command()(demo.demo)
app.add_typer(migration.app, name="db")
app.add_typer(content.app, name="import")
app.command()(content.seed)
app.add_typer(schema.app, name="schema")


def main() -> None:
    """Run the command line; what an operator can mend is one sentence, and exit code 1."""
    for wanted in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, _leave)  # or an embedded PostgreSQL would stay behind
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        known = translated(error)
        if not isinstance(known, OperatorError | ApiError):
            raise
        Console(stderr=True).print(f"graphql-api: {known}", style="red", markup=False)
        sys.exit(1)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
