"""`graphql-api db`: the database's migrations."""

from typing import Annotated

import typer

from graphql_api.cli.database import run_with_database
from graphql_api.db import migrate

app = typer.Typer(help="Migrate the database, and see where it stands.", no_args_is_help=True)

Revision = Annotated[str, typer.Argument(help="A revision's id.")]


@app.command()
def upgrade(revision: Revision = "head") -> None:
    """Apply the migrations that are missing, all or none."""
    run_with_database(lambda database: migrate.upgrade(database.engine, revision))
    typer.echo(f"the database is at {_current()}")


@app.command()
def downgrade(revision: Revision) -> None:
    """Take migrations back down to a revision; `base` drops every table with its rows."""
    run_with_database(lambda database: migrate.downgrade(database.engine, revision))
    typer.echo(f"the database is at {_current()}")


@app.command()
def current() -> None:
    """Show which revision the database is at, and the newest there is."""
    typer.echo(f"the database is at {_current()}; the newest is {migrate.head()}")


@app.command()
def check() -> None:
    """Compare the database with the models; exit code 1 when they differ."""
    run_with_database(lambda database: migrate.check(database.engine))
    typer.echo("the database is what the models say")


def _current() -> str:
    return run_with_database(lambda database: migrate.current(database.engine)) or "base"
