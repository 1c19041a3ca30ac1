"""What the commands say about themselves."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from graphql_api.cli.main import app
from tests.cli.command import Run


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:  # typer's
    """Go through a command and all below it."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *path, name)


ALL = dict(commands(typer.main.get_command(app)))
TOLD = {
    (): [
        "serve",
        "demo",
        "doctor",
        "config",
        "db",
        "import",
        "seed",
        "purge",
        "schema",
        "persisted",
        "user",
        "token",
    ],
    ("serve",): ["--host", "127.0.0.1", "--port", "8000", "--reload", "--workers", "/graphql"],
    ("demo",): ["--host", "--port", "--folder", ".demo", "PostgreSQL", "DATABASE_URL"],
    ("doctor",): ["--json", "--workers", "warning", "exit code 1"],
    ("config",): ["show"],
    ("config", "show"): ["secret", "--changed", "variable"],
    ("db",): ["upgrade", "downgrade", "current", "check"],
    ("db", "upgrade"): ["revision", "head", "all or none"],
    ("db", "downgrade"): ["revision", "base", "required"],
    ("db", "current"): ["newest"],
    ("db", "check"): ["models", "exit code 1"],
    ("import",): ["wordpress"],
    ("import", "wordpress"): ["file", "WXR", "required", "all of it or nothing"],
    ("seed",): ["--posts", "1000", "--seed", "ten comments"],
    ("purge",): ["--older-than", "AGE", "30d", "no way back", "audit log"],
    ("schema",): ["export", "check", "schema.graphql"],
    ("schema", "export"): ["path", "schema.graphql", "sorted"],
    ("schema", "check"): ["path", "schema.graphql", "exit code 1"],
    ("persisted",): ["load", "list", "remove", "prune"],
    ("persisted", "load"): ["file", "Relay, Apollo", "required", "all, or none"],
    ("persisted", "list"): ["id", "kind", "last use"],
    ("persisted", "remove"): ["ids", "required", "five minutes"],
    ("persisted", "prune"): ["--unused-for", "AGE", "90d", "trusted ones too"],
    ("user",): ["create", "promote", "list", "reseal"],
    ("user", "create"): [
        "name",
        "required",
        "--role",
        "reader|author|editor",
        "--email",
        "--password-stdin",
        "import",
    ],
    ("user", "promote"): ["name", "role", "reader|author|editor|administrator", "quarter"],
    ("user", "list"): ["name, role"],
    ("user", "reseal"): ["data keys", "exit code 1", "goes on"],
    ("token",): ["issue"],
    ("token", "issue"): ["name", "--minutes", "15", "1440", "Authorization: Bearer"],
}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_tells_what_there_is_to_know(path: tuple[str, ...], run: Run) -> None:
    outcome = run(*path, "--help")
    assert (outcome.code, outcome.errors) == (0, "")
    assert f"Usage: {' '.join(('graphql-api', *path))}" in outcome.output
    for word in TOLD[path]:
        assert word in outcome.output, word


def test_every_command_and_parameter_has_a_sentence() -> None:
    assert ALL.keys() == TOLD.keys()
    for path, command in ALL.items():
        first, *_ = command.help.split("\n\n")
        assert first.endswith("."), path
        for parameter in command.params:
            assert parameter.help.endswith("."), (path, parameter.name)


def test_without_a_command_it_shows_what_there_is(run: Run) -> None:
    outcome = run()
    assert outcome.code == 2
    assert "Commands" in outcome.output + outcome.errors


@pytest.mark.parametrize(
    "arguments",
    [("nothing",), ("serve", "--port", "x"), ("serve", "--workers", "0"), ("db", "downgrade")],
    ids=" ".join,
)
def test_wrong_usage_shows_how_it_is_used(arguments: tuple[str, ...], run: Run) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert "--help" in outcome.errors
    assert "Traceback" not in outcome.errors
