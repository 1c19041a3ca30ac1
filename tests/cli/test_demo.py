"""`graphql-api demo`: from an empty folder to a served blog, and back to silence."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from graphql_api.cli.demo import kept_secret
from tests.cli.command import Process, Run, process, sentence
from tests.support import asking
from tests.support.embedded import server_pid
from tests.support.patience import PATIENCE_S
from tests.support.postgres import Link

LOADED = re.compile(r"^loaded \d+ posts$", re.MULTILINE)
KEPT = "the content is as you left it"


class Demo:
    """A running demo in a folder."""

    def __init__(self, serving: Process, folder: Path) -> None:
        self._process = serving
        self.data = folder / ".demo"
        self.postgres = server_pid(self.data)

    @property
    def output(self) -> str:
        """All that it has said."""
        return self._process.output

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        return self._process.interrupt()

    def send(self, number: signal.Signals) -> int:
        """Signal the process alone and return its exit code."""
        return self._process.send(number)

    def ask_what_it_suggests(self) -> Any:  # JSON
        """Send the query that it shows, as it shows it, and return the answer's data."""
        [address] = re.findall(r"GraphiQL +(\S+)", self.output)
        [body] = re.findall(r"-d '(.*)'", self.output)
        answer = asking.post(address, content=body, headers={"content-type": "application/json"})
        assert "errors" not in answer.json()
        return answer.json()["data"]

    def scopes_of_logins(self) -> dict[str, set[str]]:
        """Log in as all whom it names, as it says, and return what each may do."""
        [address] = re.findall(r"GraphiQL +(\S+)", self.output)
        [people] = re.findall(r"to log in +(.*)", self.output)
        scopes = {}
        for username, password in re.findall(r"(\w+) with (\S+?)(?:,|$)", people):
            login = """mutation ($input: LoginInput!) {
                login(input: $input) { viewer { scopes } tokens { accessToken } } }"""
            variables = {"input": {"username": username, "password": password}}
            answer = asking.post(address, json={"query": login, "variables": variables})
            scopes[username] = set(answer.json()["data"]["login"]["viewer"]["scopes"])
        return scopes

    def wait_until_stopped(self) -> None:
        """Wait until PostgreSQL is gone, in order."""
        assert not (self.data / "data" / "postmaster.pid").exists()
        deadline = time.monotonic() + PATIENCE_S
        while is_alive(self.postgres):  # until its parent, the system, has taken note
            assert time.monotonic() < deadline
            time.sleep(0.05)


def is_alive(number: int) -> bool:
    """Tell whether a process exists."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def demo(folder: Path, port: str) -> Iterator[Demo]:
    """Start a demo and wait until it serves."""
    with process(folder, "demo", "--port", port) as serving:
        serving.wait_until_ready(f"http://127.0.0.1:{port}")
        yield Demo(serving, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the demos of this module, which come one after the other."""
    return tmp_path_factory.mktemp("demo")


def test_it_loads_and_serves_and_stops_and_starts_again_where_it_was(
    folder: Path, free_port: str
) -> None:
    with demo(folder, free_port) as first:
        assert LOADED.search(first.output)
        posts = first.ask_what_it_suggests()["posts"]["nodes"]
        assert len(posts) == 3
        assert all(post["title"] and post["author"]["displayName"] for post in posts)
        scopes = first.scopes_of_logins()
        assert scopes["reader"] < scopes["author"] < scopes["editor"] < scopes["admin"]
        assert first.interrupt() == 0
        first.wait_until_stopped()
        assert "Traceback" not in first.output
    key = (first.data / "secret_key").read_text(encoding="utf-8")

    with demo(folder, free_port) as second:
        assert KEPT in second.output
        assert second.ask_what_it_suggests()["posts"]["nodes"] == posts
        assert second.scopes_of_logins() == scopes
        assert second.send(signal.SIGKILL) == -signal.SIGKILL
        assert is_alive(second.postgres)

    with demo(folder, free_port) as third:
        assert KEPT in third.output
        assert third.ask_what_it_suggests()["posts"]["nodes"] == posts
        assert (third.data / "secret_key").read_text(encoding="utf-8") == key
        assert third.send(signal.SIGHUP) == 0
        third.wait_until_stopped()
        assert "Traceback" not in third.output


def test_a_busy_port_gives_one_sentence_before_anything_starts(
    busy_port: str, tmp_path: Path, run: Run
) -> None:
    assert sentence(run("demo", "--port", busy_port)) == (
        f"cannot listen on 127.0.0.1 port {busy_port}: Address already in use;"
        " choose another with --port"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_gives_one_sentence(
    free_port: str, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "file").touch()
    assert "file/demo" in sentence(run("demo", "--port", free_port, "--folder", "file/demo"))


def test_a_database_of_ones_own_is_used_instead(
    empty_database: URL, tmp_path: Path, free_port: str
) -> None:
    arguments = ("demo", "--port", free_port)
    with process(tmp_path, *arguments, database=empty_database) as serving:
        serving.wait_until_ready(f"http://127.0.0.1:{free_port}")
        assert LOADED.search(serving.output)
        assert serving.send(signal.SIGTERM) == 0
    assert not (tmp_path / ".demo" / "data").exists()
    with closing(Link(empty_database)) as link:
        [(posts,)] = link.fetch("SELECT count(*) FROM posts")
        assert link.fetch("SELECT user_id FROM accounts") == []
    assert "to log in" not in serving.output
    assert posts == int(re.findall(r"loaded (\d+) posts", serving.output)[0])


@pytest.mark.parametrize("before", [None, ""], ids=["none", "an empty one"])
def test_the_key_of_cursors_is_made_once(before: str | None, tmp_path: Path) -> None:
    path = tmp_path / "demo" / "secret_key"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before, encoding="utf-8")
    key = kept_secret(path.parent)
    assert len(key) == 64
    assert kept_secret(path.parent) == key == path.read_text(encoding="utf-8")
