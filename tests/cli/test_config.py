"""`graphql-api config show`."""

import re

import pytest

from graphql_api.settings import Settings
from tests.cli.command import Run, sentence

ADDRESS = "postgresql://ann:hidden@db.example:5433/blog?sslmode=require"
HIDDEN = "a-hidden-key-of-32-characters-or-more"


def test_every_setting_is_shown_as_a_variable_and_no_secret_is(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TOKEN_KEYS", "DATA_KEYS", "DIAGNOSTICS_KEY"):
        monkeypatch.setenv(f"GRAPHQL_API_{name}", f"a:{HIDDEN}")
    monkeypatch.setenv("GRAPHQL_API_POOL_SIZE", "7")
    monkeypatch.setenv("GRAPHQL_API_ALLOWED_ORIGINS", "https://a.example,https://b.example")
    outcome = run("config", "show", database=ADDRESS)
    assert (outcome.code, outcome.errors) == (0, "")
    shown = dict(re.findall(r"^(\w+)=(.*)$", outcome.output, re.MULTILINE))
    assert shown.keys() == {f"GRAPHQL_API_{name.upper()}" for name in Settings.model_fields}
    assert "hidden" not in outcome.output
    assert "made-up" not in outcome.output
    assert shown["GRAPHQL_API_DATABASE_URL"] == (
        "postgresql://ann:***@db.example:5433/blog?ssl=require"
    )
    assert shown["GRAPHQL_API_SECRET_KEY"] == shown["GRAPHQL_API_TOKEN_KEYS"] == "(set)"
    assert shown["GRAPHQL_API_POOL_SIZE"] == "7"
    assert shown["GRAPHQL_API_PGBOUNCER"] == "false"
    assert shown["GRAPHQL_API_ALLOWED_ORIGINS"] == "https://a.example,https://b.example"


def test_it_can_show_what_was_changed_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHQL_API_DEVELOPMENT", "true")
    outcome = run("config", "show", "--changed", database=ADDRESS)
    # what tests set for every command, and what this one does
    assert outcome.output == "GRAPHQL_API_DRAIN_S=0.0\nGRAPHQL_API_DEVELOPMENT=true\n"


def test_a_wrong_setting_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHQL_API_POOL_SIZE", "many")
    assert "GRAPHQL_API_POOL_SIZE" in sentence(run("config", "show", database=ADDRESS))
