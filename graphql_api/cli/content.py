"""`graphql-api import` and `graphql-api seed`: content from elsewhere, and made-up content."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
)

from graphql_api.cli.database import run_with_database
from graphql_api.services import seed as seeding
from graphql_api.services.wordpress import import_wordpress

app = typer.Typer(help="Import content from another system.", no_args_is_help=True)


@app.callback()
def formats() -> None:
    """Import content from another system."""


@app.command()
def wordpress(
    file: Annotated[Path, typer.Argument(help="A WXR export (Tools > Export in WordPress).")],
) -> None:
    """Import a WordPress export: all of it or nothing; again, only what changed."""
    with _progress(DownloadColumn()) as progress:
        task = progress.add_task("reading", total=None)

        def show(read: int, total: int) -> None:
            progress.update(task, completed=read, total=total)

        summary = run_with_database(
            lambda database: import_wordpress(database, file, progress=show)
        )
    for line in summary.lines():
        typer.echo(line)


def seed(
    posts: Annotated[int, typer.Option(min=1, help="How many posts; ten comments each.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same number gives the same content.")] = 1,
) -> None:
    """Fill the database with made-up content of realistic proportions."""
    with _progress() as progress:
        tasks = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        summary = run_with_database(
            lambda database: seeding.seed(database, posts=posts, seed=seed, progress=show)
        )
    if not summary.rows:
        typer.echo("the database holds this seed already; nothing was added")
    for table, added in summary.rows.items():
        typer.echo(f"{table}: {added:,} added")


def _progress(*columns: ProgressColumn) -> Progress:
    """Show bars on a terminal's error stream; nothing elsewhere."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *(columns or (TaskProgressColumn(),)),
        console=console,
        disable=not console.is_terminal,
    )
