"""PostgreSQL refuses root: who runs it then, and what that may not change on the machine."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphql_api.db.embedded import embedded_server
from graphql_api.db.embedded.account import CAPABILITIES
from graphql_api.db.embedded.cluster import programs
from graphql_api.errors import OperatorError
from tests.support.embedded import ask, is_gone, server_pid, user

NOBODY = pwd.getpwnam("nobody").pw_uid
# what a container's root has of these; it lacks dac_read_search
CONTAINER = ("chown", "dac_override", "fowner", "kill", "setgid", "setpcap", "setuid")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def public() -> Iterator[Path]:
    """Give a folder that everybody may enter, unlike those that pytest makes."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def nobody(public: Path) -> int:
    """Give an ordinary user who may run the wheel's programs and owns the public folder."""
    os.chown(public, NOBODY, -1)
    check = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", "test", "-x"]
    if subprocess.run([*check, str(programs() / "initdb")], check=False).returncode:
        pytest.skip("the virtualenv lies in a folder closed to ordinary users")
    return NOBODY


def test_the_server_never_runs_as_root(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "server") as server:
        status = str(ask(server.url("app"), "SELECT pg_read_file('/proc/self/status')"))

    assert int(status.partition("Uid:")[2].split()[0]) == (os.geteuid() or NOBODY)


@needs_root
def test_root_opens_no_folder_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / "server"
    folder.mkdir(mode=0o755)
    with embedded_server(folder) as server:
        assert ask(server.url("app"), "SELECT 1") == 1
        # closed: who else runs as nobody would find a server that reads more than they may
        socket_folder = Path(str(ask(server.url("app"), "SHOW unix_socket_directories"))).parent
        for path in (closed, folder, socket_folder):
            assert path.stat().st_mode & 0o777 == 0o700
            assert path.stat().st_uid == 0


@needs_root
def test_the_server_of_root_gets_one_capability(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "server") as server:
        status = str(ask(server.url("app"), "SELECT pg_read_file('/proc/self/status')"))

    for kind in ("CapPrm:", "CapEff:"):
        held = int(status.partition(kind)[2].split()[0], base=16)
        assert held in [1 << bit for bit in CAPABILITIES.values()]


def limited_to(*capabilities: str) -> tuple[str, ...]:
    """Return the words before a command whose root shall have these capabilities only."""
    return ("setpriv", f"--bounding-set=-all,{','.join(f'+{each}' for each in capabilities)}")


@needs_root
def test_the_root_of_a_container_works(tmp_path: Path) -> None:
    with user(tmp_path / "server", prefix=limited_to(*CONTAINER)) as contained:
        url = contained.line()
        assert ask(url, "SELECT 1") == 1
        assert contained.leave() == ""

    assert is_gone(url)


@needs_root
def test_a_root_without_rights_is_told_so(public: Path) -> None:
    with user(public / "server", prefix=limited_to("setuid", "setgid")) as powerless:
        assert "run this as an ordinary user" in powerless.leave()


@needs_root
def test_an_ordinary_user_runs_it_alone(public: Path, nobody: int) -> None:
    with user(public / "server", nobody) as ordinary:
        url = ordinary.line()
        assert ask(url, "SELECT 1") == 1
        assert Path(f"/proc/{server_pid(public / 'server')}").stat().st_uid == nobody
        assert ordinary.leave() == ""

    assert is_gone(url)


@needs_root
def test_root_and_the_owner_of_a_folder_share_the_server(public: Path, nobody: int) -> None:
    folder = public / "server"
    with embedded_server(folder) as server:
        url = server.url("app")
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert ask(
            url, "SELECT pg_read_file('/proc/self/status') LIKE '%CapEff:\t0000000000000000%'"
        )
        with user(folder, nobody) as owner:
            assert owner.line() == url
            assert owner.leave() == ""
        assert not is_gone(url)

    with user(folder, nobody) as owner:
        assert ask(owner.line(), "SELECT answer FROM kept") == 42
        assert owner.leave() == ""


@needs_root
def test_a_folder_of_nobody_known_works(tmp_path: Path) -> None:
    os.chown(tmp_path, 54321, -1)
    with embedded_server(tmp_path / "server") as server:
        assert ask(server.url("app"), "SELECT 1") == 1


@needs_root
def test_a_missing_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OperatorError, match="the command setpriv"), embedded_server(tmp_path):
        pass


@needs_root
def test_a_folder_that_may_not_be_written_is_named(public: Path) -> None:
    with user(public / "server", NOBODY) as ordinary:
        assert ordinary.leave() == (
            f"The embedded PostgreSQL cannot use {public}/server: Permission denied.\n"
        )
