"""`graphql-api schema`: the SDL file that clients generate code from."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from graphql_api.errors import OperatorError
from graphql_api.schema.sdl import sdl

app = typer.Typer(help="Write and check schema.graphql.", no_args_is_help=True)

SchemaFile = Annotated[Path, typer.Argument(help="The file.")]


@app.command()
def export(path: SchemaFile = Path("schema.graphql")) -> None:
    """Write the schema's SDL, sorted."""
    with _explained(path):
        path.write_bytes(sdl().encode())
    typer.echo(f"wrote {path}")


@app.command()
def check(path: SchemaFile = Path("schema.graphql")) -> None:
    """Compare the file with the code; exit code 1 when they differ."""
    with _explained(path):
        found = path.read_bytes() if path.exists() else b""
    if found != sdl().encode():
        raise OperatorError(f"{path} is out of date; run: graphql-api schema export {path}")
    typer.echo(f"{path} is what the code says")


@contextmanager
def _explained(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise OperatorError(f"cannot use {path}: {error.strerror}") from error
