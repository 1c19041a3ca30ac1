"""The `graphql-api` command: its groups, and how its errors look."""

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer
from rich.console import Console

from graphql_api.cli import (
    config,
    content,
    demo,
    doctor,
    migration,
    persisted,
    purge,
    schema,
    server,
    user,
)
from graphql_api.errors import ApiError, OperatorError

app = typer.Typer(
    help="A GraphQL API for content platforms, and everything around it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(server.serve)
app.command()(demo.demo)
app.command()(doctor.doctor)
app.add_typer(config.app, name="config")
app.add_typer(migration.app, name="db")
app.add_typer(content.app, name="import")
app.command()(content.seed)
app.command()(purge.purge)
app.add_typer(schema.app, name="schema")
app.add_typer(persisted.app, name="persisted")
app.add_typer(user.app, name="user")
app.add_typer(user.token_app, name="token")


def main() -> None:
    """Run the command line; what an operator can mend is one sentence, and exit code 1."""
    # without these an embedded PostgreSQL would stay behind
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _terminate)
    try:
        app(prog_name="graphql-api")
    except KeyboardInterrupt:
        sys.exit(130)
    except (OperatorError, ApiError) as error:
        console = Console(stderr=True)
        console.print(f"graphql-api: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    # uvicorn knows SIGTERM alone, and an exception from here can get lost in uvloop
    signal.raise_signal(signal.SIGTERM)
