"""The clients of Node: each file is run by Node's own test runner against one server."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S

HERE = Path(__file__).parent
FILES = sorted(str(path.relative_to(HERE / "src")) for path in HERE.glob("src/**/*.test.ts"))


@pytest.mark.clients
@pytest.mark.parametrize("file", FILES)
def test_the_server_works_with(
    file: str, url: str, trusted_url: str, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    built = HERE / "build" / Path(file).with_suffix(".js")
    assert built.is_file(), "it is not built: run make test-clients"
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", built],
        cwd=HERE,
        env=os.environ | {"GRAPHQL_URL": url, "TRUSTED_URL": trusted_url, "AUTHOR_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    with capsys.disabled():
        print(f"\n{done.stdout}")  # noqa: T201  # which facts hold, and the count of the audits
    assert done.returncode == 0
