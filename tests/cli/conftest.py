"""What runs commands."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from graphql_api.cli.main import main
from tests.cli.command import Outcome, Run, variables


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run commands in this process, which spares each the seconds of its imports."""
    monkeypatch.chdir(tmp_path)  # where no .env lies
    monkeypatch.setenv("COLUMNS", "100")
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}

    def run_it(*arguments: str, database: URL | str | None = None) -> Outcome:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr("sys.argv", ["graphql-api", *arguments])
            for name, value in variables(database).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        output, errors = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, output, errors)

    yield run_it
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def busy_port() -> Iterator[str]:
    """Give a port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


@pytest.fixture
def free_port() -> str:
    """Give a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])
