"""`graphql-api config`: the settings as the processes read them."""

from typing import Annotated

import typer
from pydantic import SecretStr

from graphql_api.settings import PREFIX, Settings

app = typer.Typer(help="Look at the settings.", no_args_is_help=True)


@app.command()
def show(
    changed: Annotated[
        bool, typer.Option("--changed", help="Only those that are not as they are by default.")
    ] = False,
) -> None:
    """Print every setting as a variable; of a secret, only whether there is one."""
    settings = Settings.load()
    names = settings.changed() if changed else type(settings).model_fields
    for name in names:
        typer.echo(f"{PREFIX}{name.upper()}={_shown(settings, name)}")


def _shown(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if name == "database_url":
        return settings.url.set(drivername="postgresql").render_as_string(hide_password=True)
    if isinstance(value, SecretStr):
        return "(set)"
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else f"{value}"
