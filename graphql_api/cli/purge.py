"""`graphql-api purge`: remove for good what was deleted."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from graphql_api.cli.database import run_with_database
from graphql_api.services import purge as purging

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=36_500)


def duration(given: str, option: str) -> timedelta:
    """Read the length of time of an option, such as ``30d``."""
    found = re.fullmatch(r"([0-9]{1,6})([hdw])", given)
    read = found and timedelta(**{_UNITS[found[2]]: int(found[1])})
    if read is None or read > _LONGEST:
        said = "a length of time is a number with h, d or w, such as 30d"
        raise typer.BadParameter(said, param_hint=option)
    return read


def purge(
    older_than: Annotated[
        str, typer.Option(metavar="AGE", help="How long ago it was: 12h, 30d or 4w.")
    ] = "30d",
) -> None:
    """Remove for good what was deleted longer ago, and sessions and keys that are over.

    Of posts, comments, categories and tags the audit log keeps that they were purged, and nothing
    of what they were. There is no way back.
    """
    age = duration(older_than, "--older-than")
    purged = run_with_database(lambda database: purging.purge(database, age))
    for line in purged.lines():
        typer.echo(line)
