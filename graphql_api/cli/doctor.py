"""`graphql-api doctor`: whether a server could work here, and what to do where it could not."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from graphql_api.db.checkup import Finding, State, examine
from graphql_api.errors import OperatorError
from graphql_api.settings import PREFIX, Settings

_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "red"}
_DEMO_KEY = Path(".demo/secret_key")
_FEWEST_DIFFERENT = 10  # characters of a secret: of 32 hexadecimal digits, drawn, 14 on average
_DRAWN = 'python3 -c "import secrets; print(secrets.token_hex(32))"'


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="How many processes will serve.")] = 1,
) -> None:
    """Look whether a server could work with these settings; exit code 1 where it could not.

    Each line is ok, a warning or a problem, and says what to do.
    """
    found = list(_findings(workers))
    if as_json:
        shown = [asdict(each) | {"state": each.state.value} for each in found]
        typer.echo(json.dumps(shown, indent=2))
    else:
        for each in found:
            state = typer.style(f"{each.state.value:8}", fg=_COLOURS[each.state])
            typer.echo(f"{state} {each.check:12} {each.said}")
            if each.advice:
                typer.echo(f"{'':22}→ {each.advice}")
    if any(each.state is State.PROBLEM for each in found):
        raise typer.Exit(1)


def _findings(workers: int) -> Iterator[Finding]:
    try:
        settings = Settings.load()
    except OperatorError as error:
        advice = "docs/settings.md says what each is"
        yield Finding("settings", State.PROBLEM, str(error), advice)
        return
    yield Finding("settings", State.OK, f"changed: {', '.join(settings.changed()) or 'none'}")
    yield _mode(settings)
    yield _secrets(settings)
    yield _keys(settings)
    yield from asyncio.run(examine(settings, workers))


def _mode(settings: Settings) -> Finding:
    if not settings.development:
        return Finding("mode", State.OK, "production")
    advice = f"unset {PREFIX}DEVELOPMENT where others reach it: it shows everybody too much"
    return Finding("mode", State.WARNING, "development", advice)


def _secrets(settings: Settings) -> Finding:
    """Look at the secrets together: each drawn at random, and for one purpose."""
    values = {
        name: value.get_secret_value()
        for name, value in settings
        if isinstance(value, SecretStr) and name != "database_url"
    }
    for name, value in values.items():
        variable = f"{PREFIX}{name.upper()}"
        if len(set(value)) < _FEWEST_DIFFERENT:
            return _bad(f"{variable} can be guessed")
        if _DEMO_KEY.is_file() and _DEMO_KEY.read_text(encoding="utf-8") == value:
            return _bad(f"{variable} is the demo's")
        if list(values.values()).count(value) > 1:
            return _bad(f"{variable} is used for two purposes")
    return Finding("secrets", State.OK, f"set: {', '.join(values)}")


def _bad(said: str) -> Finding:
    return Finding("secrets", State.PROBLEM, said, f"make a new one: {_DRAWN}")


def _keys(settings: Settings) -> Finding:
    missing = [name for name in ("token_keys", "data_keys") if getattr(settings, name) is None]
    if not missing:
        return Finding("keys", State.OK, "tokens and addresses have keys of their own")
    said = f"not set: {', '.join(missing)}; the secret key does their work"
    advice = "set them before you change the secret key: addresses would be lost"
    return Finding("keys", State.WARNING, said, advice)
