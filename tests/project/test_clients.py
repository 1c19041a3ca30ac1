"""The examples of docs/clients.md are parts of what `make test-clients` runs."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
TESTED, NOT_TESTED = PAGE.split("\n## Python: generated code\n")
BLOCKS = re.findall(r"^```(?:ts|json|python)\n(.*?)^```$", TESTED, re.MULTILINE | re.DOTALL)
CLIENTS = ROOT / "tests" / "clients"


def flat(text: str) -> str:
    """Take away how far lines are indented: a part may stand alone on the page."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


SOURCES = [
    flat(path.read_text(encoding="utf-8"))
    for pattern in ("*.ts", "*.json", "*.py", "src/*.ts", "src/relay/*.ts")
    for path in CLIENTS.glob(pattern)
]


def test_every_client_has_an_example() -> None:
    n_sections = TESTED.count("\n## ")
    assert len(BLOCKS) >= n_sections > 7
    assert "```" in NOT_TESTED


@pytest.mark.parametrize("block", BLOCKS)
def test_each_part_of_an_example_is_in_a_tested_file(block: str) -> None:
    for part in block.split("\n\n"):
        assert any(flat(part) in source for source in SOURCES), part


def test_the_versions_that_are_named_are_those_that_are_tested() -> None:
    lock = (CLIENTS / "package.json").read_text(encoding="utf-8")
    named = re.findall(r"^\| \[.*?\| (.*?) \|", TESTED, re.MULTILINE)
    assert len(named) == 8
    for cell in named[:-1]:
        for version in re.findall(r"\d+\.\d+", cell):
            assert f'": "{version}.' in lock, cell
