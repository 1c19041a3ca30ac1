"""`graphql-api persisted`: the documents that clients may name instead of sending."""

from pathlib import Path
from typing import Annotated

import typer

from graphql_api.cli.database import run_with_database
from graphql_api.cli.purge import duration
from graphql_api.errors import OperatorError
from graphql_api.models import DEFAULT_TENANT
from graphql_api.schema.documents import check_document
from graphql_api.schema.limits.bounds import Limits
from graphql_api.services.persisted import operators
from graphql_api.services.persisted.document import Document
from graphql_api.services.persisted.manifest import read_manifest
from graphql_api.settings import Settings

app = typer.Typer(help="Trust documents of clients, and see which are known.", no_args_is_help=True)

_SHOWN = 16  # characters of an id
_MOST_TOLD = 20  # problems of a manifest


@app.command()
def load(
    file: Annotated[
        Path, typer.Argument(help="A manifest of Relay, Apollo or GraphQL Code Generator.")
    ],
) -> None:
    """Trust the documents of a manifest: all, or none when one of them could not be run here.

    Those of earlier manifests stay: clients of earlier releases do too.
    """
    try:
        manifest = read_manifest(file.read_bytes())
        documents = _named(manifest.documents, Limits.of(Settings.load()))
    except OSError as error:
        raise OperatorError(f"cannot use {file}: {error.strerror}") from error
    except OperatorError as error:
        raise OperatorError(f"cannot use {file}: {error}") from None
    done = run_with_database(lambda database: operators.load(database, DEFAULT_TENANT, documents))
    typer.echo(f"{len(documents):,} documents of {manifest.tool}: ", nl=False)
    typer.echo(f"{done.added:,} added, {done.promoted:,} trusted from now on, {done.known:,} known")


@app.command("list")
def show() -> None:
    """List the documents: how the id begins, name, kind, size, and the day of the last use."""
    for each in run_with_database(lambda database: operators.listed(database, DEFAULT_TENANT)):
        kind = "trusted" if each.trusted else "automatic"
        used = f"{each.last_used_at:%Y-%m-%d}" if each.last_used_at else "never"
        shown = (each.id[:_SHOWN], each.name or "-", kind, f"{each.n_bytes:,} bytes", used)
        typer.echo("\t".join(shown))


@app.command()
def remove(
    ids: Annotated[list[str], typer.Argument(help="How the ids begin, as `list` shows them.")],
) -> None:
    """Remove documents; a server that has just used one runs it for up to five minutes more."""
    removed = run_with_database(lambda database: operators.remove(database, DEFAULT_TENANT, ids))
    typer.echo(f"documents: {removed:,} removed")


@app.command()
def prune(
    unused_for: Annotated[
        str, typer.Option(metavar="AGE", help="For how long nobody asked for them: 30d or 26w.")
    ] = "90d",
) -> None:
    """Remove the documents, trusted ones too, that nobody has asked for in a long time."""
    age = duration(unused_for, "--unused-for")
    removed = run_with_database(lambda database: operators.prune(database, DEFAULT_TENANT, age))
    typer.echo(f"documents: {removed:,} removed")


def _named(documents: list[Document], limits: Limits) -> list[Document]:
    """Check documents as requests are, and note the names of their operations."""
    named, problems = [], []
    for each in documents:
        checked = check_document(each.text, limits)
        named.append(each._replace(name=checked.name))
        called = f"{checked.name} ({each.id[:_SHOWN]})" if checked.name else each.id[:_SHOWN]
        problems += [f"{called}: {problem}" for problem in checked.problems]
    if problems:
        n_others = len(problems) - _MOST_TOLD
        told = "; ".join(problems[:_MOST_TOLD])
        raise OperatorError(told + (f"; and {n_others:,} more" if n_others > 0 else ""))
    return named
