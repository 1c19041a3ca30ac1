"""`graphql-api doctor`: what it finds, and what it says to do."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db import migrate
from graphql_api.db.checkup import Finding, State, examine
from graphql_api.settings import Settings
from tests.cli.command import Outcome, Run
from tests.support.postgres import address, on_engine
from tests.support.proxy import proxy

GONE = "postgresql://nobody:hidden@127.0.0.1:1/none"
CHECKS = [
    "settings",
    "mode",
    "secrets",
    "keys",
    "database",
    "version",
    "clock",
    "pgbouncer",
    "connections",
    "extensions",
    "migrations",
]


def found(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Read what it printed as JSON, by the question."""
    return {each["check"]: each for each in json.loads(outcome.output)}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set secrets as an operator would."""
    for name in ("TOKEN_KEYS", "DATA_KEYS"):
        monkeypatch.setenv(f"GRAPHQL_API_{name}", f"a:{secrets.token_hex(32)}")


@pytest.mark.usefixtures("drawn")
def test_a_good_setup_is_ok_in_each_line(empty_database: URL, run: Run) -> None:
    on_engine(empty_database, migrate.upgrade)
    outcome = run("doctor", "--json", database=empty_database)
    assert outcome.code == 0
    states = {name: each["state"] for name, each in found(outcome).items()}
    assert list(states) == CHECKS
    states.pop("extensions")  # as the server of the tests has it
    assert set(states.values()) == {"ok"}
    shown = run("doctor", database=empty_database)
    assert shown.code == 0
    for check in CHECKS:
        assert f"  {check}" in shown.output


def test_a_database_that_is_not_there_is_a_problem(run: Run) -> None:
    outcome = run("doctor", "--json", database=GONE)
    assert outcome.code == 1
    problem = found(outcome)["database"]
    assert problem["state"] == "problem"
    assert "GRAPHQL_API_DATABASE_URL" in problem["advice"]
    assert "hidden" not in outcome.output
    assert "problem  database" in run("doctor", database=GONE).output


def test_a_wrong_setting_is_a_problem_and_the_only_finding(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHQL_API_POOL_SIZE", "many")
    outcome = run("doctor", "--json", database=GONE)
    assert outcome.code == 1
    [problem] = found(outcome).values()
    assert (problem["check"], problem["state"]) == ("settings", "problem")
    assert "GRAPHQL_API_POOL_SIZE" in problem["said"]


def test_a_database_without_tables_needs_its_migrations(empty_database: URL, run: Run) -> None:
    outcome = run("doctor", "--json", database=empty_database)
    assert outcome.code == 1
    problem = found(outcome)["migrations"]
    assert (problem["state"], problem["advice"]) == ("problem", "run: graphql-api db upgrade")


@pytest.mark.parametrize(
    ("changed", "check", "state"),
    [
        ({"GRAPHQL_API_DEVELOPMENT": "true"}, "mode", "warning"),
        ({"GRAPHQL_API_DIAGNOSTICS_KEY": "ab" * 16}, "secrets", "problem"),
        ({"GRAPHQL_API_DIAGNOSTICS_KEY": "made-up-for-the-tests-0123456789"}, "secrets", "problem"),
        ({}, "keys", "warning"),
    ],
)
def test_a_setting_that_is_unwise_is_named(
    changed: dict[str, str], check: str, state: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    said = found(run("doctor", "--json", database=GONE))[check]
    assert said["state"] == state
    assert said["advice"]
    assert not any(value in json.dumps(said) for value in changed.values() if len(value) > 8)


def test_the_key_of_the_demo_is_no_key_for_a_server(run: Run) -> None:
    Path(".demo").mkdir()
    Path(".demo/secret_key").write_text("made-up-for-the-tests-0123456789", encoding="utf-8")
    said = found(run("doctor", "--json", database=GONE))["secrets"]
    assert (said["state"], said["said"]) == ("problem", "GRAPHQL_API_SECRET_KEY is the demo's")


async def examined(settings: Settings, workers: int = 1) -> dict[str, Finding]:
    """Examine the database, by the question."""
    return {each.check: each for each in await examine(settings, workers)}


@pytest.mark.parametrize(("share", "state"), [(0.5, "OK"), (0.9, "WARNING"), (1.5, "PROBLEM")])
async def test_all_workers_need_room_for_their_pools(
    share: float, state: str, settings: Settings
) -> None:
    one = settings.model_copy(update={"pool_size": 1})
    room = int((await examined(one))["connections"].said.split("of ")[1].split()[0])
    found = (await examined(one, int(room * share)))["connections"]
    assert found.state is State[state]


async def test_a_limit_of_the_role_counts_too(settings: Settings, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        name = (await connection.exec_driver_sql("SELECT current_database()")).scalar_one()
        await connection.exec_driver_sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT 3')
    try:
        found = (await examined(settings))["connections"]
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
    assert found.state is State.PROBLEM
    assert "of 3 to be had" in found.said


@pytest.mark.parametrize(
    ("is_told", "is_there", "state"),
    [(True, True, "OK"), (False, True, "PROBLEM"), (True, False, "WARNING")],
)
async def test_a_pooler_must_be_told_of(
    *, is_told: bool, is_there: bool, state: str, settings: Settings
) -> None:
    told = settings.model_copy(update={"pgbouncer": is_told})
    async with proxy(settings.url, pools=is_there) as between:
        url = type(settings.database_url)(address(between.url))
        found = await examined(told.model_copy(update={"database_url": url}))
    assert found["pgbouncer"].state is State[state]
    # whose limits are not ours to see
    assert ("connections" in found) is not is_there
    assert ("timeouts" in found) is is_there


@pytest.mark.parametrize(("skew", "state"), [("2 s", "WARNING"), ("-40 s", "PROBLEM")])
async def test_clocks_that_differ_are_told_of(
    skew: str, state: str, settings: Settings, engine: AsyncEngine
) -> None:
    database = f'ALTER DATABASE "{settings.url.database}"'
    wrong = f"RETURN pg_catalog.clock_timestamp() + interval '{skew}'"
    async with engine.begin() as connection:
        for each in (
            "CREATE SCHEMA wrong",
            f"CREATE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql {wrong}",
            f"{database} SET search_path = wrong, pg_catalog, public",
        ):
            await connection.exec_driver_sql(each)
    try:
        found = (await examined(settings))["clock"]
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"{database} RESET search_path")
            await connection.exec_driver_sql("DROP SCHEMA wrong CASCADE")
    assert found.state is State[state]


async def test_a_server_older_than_the_oldest_is_a_problem(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.db.checkup.OLDEST", 99)
    found = (await examined(settings))["version"]
    assert (found.state, found.advice) == (State.PROBLEM, "move to PostgreSQL 99 or newer")
