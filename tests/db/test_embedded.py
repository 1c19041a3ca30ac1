"""One server a folder: shared, stopped by the last, and back after any kill."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from graphql_api.db.embedded import embedded_server
from graphql_api.db.embedded.account import account_for
from tests.support.embedded import ask, is_gone, server_pid, user


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder for a server; whatever a test left running there ends with it."""
    folder = tmp_path / "server"
    yield folder
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(server_pid(folder), signal.SIGQUIT)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("server_version_num", "18"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("listen_addresses", ""),
        ("max_connections", "100"),
        ("fsync", "on"),
    ],
)
def test_the_server_is_set_up_for_development(shared: str, setting: str, value: str) -> None:
    answer = ask(shared, f"SELECT current_setting('{setting}')")

    assert str(answer)[: len(value) or None] == value


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a database on a server that some tests share."""
    with embedded_server(tmp_path_factory.mktemp("shared")) as server:
        yield server.url("app")


def test_letters_of_every_script_have_cases_and_classes(shared: str) -> None:
    assert ask(shared, "SELECT upper('é ω ж')") == "É Ω Ж"
    assert ask(shared, "SELECT 'é' ~ '^[[:alpha:]]$' AND '日' ~ '^[[:alpha:]]$'")


def test_a_server_for_tests_trades_safety_for_speed(folder: Path) -> None:
    with embedded_server(folder, durable=False) as server:
        url = server.url("app")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(url, f"SHOW {setting}") == "off"


def test_a_second_start_is_fast_and_keeps_the_data(folder: Path) -> None:
    start = time.monotonic()
    with embedded_server(folder) as server:
        first_s = time.monotonic() - start
        ask(server.url("app"), "CREATE TABLE kept AS SELECT 42 AS answer")

    start = time.monotonic()
    with embedded_server(folder) as server:
        assert time.monotonic() - start < first_s  # it makes no cluster
        assert ask(server.url("app"), "SELECT answer FROM kept") == 42


def test_a_database_may_have_any_name(folder: Path) -> None:
    name = """we"ird 'n%20ame? 日"""
    with embedded_server(folder) as server:
        for _ in range(2):
            assert ask(server.url(name), "SELECT current_database()") == name


def test_variables_of_other_servers_do_not_lead_astray(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {"PGPORT": "1", "PGHOST": "nowhere", "PGUSER": "x", "PGOPTIONS": "-c nonsense=1"}
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    with embedded_server(folder) as server:
        assert ask(server.url("app"), "SELECT current_user") == "postgres"


def test_two_folders_are_two_servers(folder: Path, tmp_path: Path) -> None:
    with embedded_server(folder) as one, embedded_server(tmp_path / "other") as other:
        ask(one.url("app"), "CREATE TABLE here (id int)")
        assert ask(other.url("app"), "SELECT to_regclass('here')") is None


@pytest.mark.parametrize("name", ["a 'b' \"$HOME`x`, 日本", "x" * 200])
def test_any_path_works(tmp_path: Path, name: str) -> None:
    with embedded_server(tmp_path / name / "server") as server:
        assert ask(server.url("app"), "SELECT 1") == 1


def test_nothing_is_left_when_the_last_user_has_left(folder: Path) -> None:
    with embedded_server(folder) as server:
        url = server.url("app")
        socket_folder = Path(str(ask(url, "SHOW unix_socket_directories")))
        assert socket_folder.parent.stat().st_mode & 0o777 == 0o700

    assert is_gone(url)
    assert not socket_folder.parent.exists()
    assert "database system is shut down" in (folder / "postgres.log").read_text()
    files = {path.name for path in folder.iterdir()}
    assert files == {"data", "postgres.log", "users.lock", "change.lock", "server.lock"}


def test_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(user(folder)) for _ in range(4)]
        urls = {each.line() for each in users}
        assert len(urls) == 1
        for each in users:
            assert not is_gone(next(iter(urls)))
            assert each.leave() == ""

    assert is_gone(urls.pop())


def test_a_killed_user_does_not_count(folder: Path) -> None:
    with user(folder) as killed, user(folder) as last:
        url = killed.line()
        assert last.line() == url
        killed.kill()
        assert not is_gone(url)

        assert last.leave() == ""

    assert is_gone(url)


def test_the_next_start_recovers_when_every_user_was_killed(folder: Path) -> None:
    with user(folder) as killed:
        url = killed.line()
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed.kill()
    assert not is_gone(url)  # nobody was there to stop it

    with embedded_server(folder) as server:
        url = server.url("app")
        assert ask(url, "SELECT answer FROM kept") == 42
    assert is_gone(url)


def test_a_server_left_alone_is_started_anew_as_it_is_wanted(folder: Path) -> None:
    with user(folder) as killed:
        old = Path(str(ask(killed.line(), "SHOW unix_socket_directories")))
        killed.kill()
    shutil.rmtree(old)  # as a machine does that tidies its temporary folder

    with embedded_server(folder, durable=False) as server:
        assert ask(server.url("app"), "SHOW fsync") == "off"


def test_the_next_start_recovers_when_postgresql_was_killed(folder: Path) -> None:
    with user(folder) as witness:
        url = witness.line()
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server_pid(folder), signal.SIGKILL)

        with embedded_server(folder) as server:
            assert server.url("app") == url  # so the witness's pool finds it again
            assert ask(url, "SELECT answer FROM kept") == 42
        assert ask(url, "SELECT answer FROM kept") == 42
        assert witness.leave() == ""

    assert is_gone(url)


def test_users_and_server_killed_together_are_no_obstacle(folder: Path) -> None:
    with user(folder) as killed:
        url = killed.line()
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server_pid(folder), signal.SIGKILL)
        killed.kill()

    with embedded_server(folder) as server:
        assert ask(server.url("app"), "SELECT answer FROM kept") == 42


def test_a_record_that_names_another_living_process_is_stale(folder: Path) -> None:
    with embedded_server(folder):
        pass
    command = [*account_for(folder).prefix, "sleep", "60"]
    with subprocess.Popen(command) as another:
        record = f"{another.pid}\n{folder}/data\n0\n5432\n/nowhere\n\n0 0\nready   \n"
        (folder / "data" / "postmaster.pid").write_text(record)

        with embedded_server(folder) as server:
            assert ask(server.url("app"), "SELECT 1") == 1
        assert another.poll() is None
        another.kill()


def test_a_start_that_was_killed_half_way_is_done_again(folder: Path) -> None:
    with user(folder) as killed:
        while not (folder / "incomplete" / "base").exists():
            assert killed.process.poll() is None
            time.sleep(0.001)
        killed.kill()
    assert not (folder / "data").exists()

    with embedded_server(folder) as server:
        assert ask(server.url("app"), "SELECT 1") == 1


def test_ctrl_c_reaches_us_before_postgresql(folder: Path) -> None:
    with user(folder) as interrupted:
        url = interrupted.line()
        interrupted.interrupt()
        assert interrupted.line() == "interrupted"
        assert ask(url, "SELECT 1") == 1

        assert interrupted.leave() == ""

    assert is_gone(url)
    assert "fast shutdown request" in (folder / "postgres.log").read_text()


def test_an_error_of_the_user_stops_the_server_and_is_not_changed(folder: Path) -> None:
    urls = []

    def fail() -> None:
        with embedded_server(folder) as server:
            urls.append(server.url("app"))
            raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        fail()
    assert is_gone(urls[0])
