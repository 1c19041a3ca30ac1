"""`graphql-api schema`: the SDL file that clients generate code from."""

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
    path.write_text(sdl(), encoding="utf-8")
    typer.echo(f"wrote {path}")


@app.command()
def check(path: SchemaFile = Path("schema.graphql")) -> None:
    """Compare the file with the code; exit code 1 when they differ."""
    if not path.exists() or path.read_text(encoding="utf-8") != sdl():
        raise OperatorError(f"{path} is out of date; run: graphql-api schema export {path}")
    typer.echo(f"{path} is what the code says")
