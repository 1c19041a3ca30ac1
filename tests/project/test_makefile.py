"""The commands a newcomer types first, and what they say where something is missing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the files that decide what gets installed, and nothing installed."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as a newcomer would: not as a part of the make that runs the tests."""
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )


def python_that_fails_on(folder: Path, word: str) -> str:
    """Write a program that stands for a Python which cannot do what ``word`` is part of."""
    program = folder / "python"
    program.write_text(f'#!/bin/sh\ncase "$*" in *{word}*) exit 1;; esac\n', encoding="utf-8")
    program.chmod(0o755)
    return f"PYTHON={program}"


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("version_info", "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12"),
        (
            "ensurepip",
            "Python cannot make virtual environments; on Debian: apt-get install python3-venv",
        ),
    ],
)
def test_an_unfit_python_gives_one_sentence(clone: Path, word: str, sentence: str) -> None:
    answer = make(clone, "demo", python_that_fails_on(clone, word))
    said, of_make = answer.stderr.splitlines()
    assert said == sentence
    assert of_make.startswith("make: ***")
    assert not (clone / ".venv").exists()


def test_a_lock_that_lacks_a_requirement_fails_the_check(clone: Path) -> None:
    (clone / ".venv").mkdir()
    check = ("lock-check", f"BIN={TOOLS}", "UV=")
    assert make(clone, *check).returncode == 0
    pyproject = clone / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace("dependencies = [", 'dependencies = [\n "mdurl",', 1))
    answer = make(clone, *check)
    assert answer.returncode != 0
    assert "requirements.lock disagrees with pyproject.toml; run: make lock" in answer.stderr


def test_help_describes_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    listed = re.findall(r"^(\S+) +\S", make(ROOT, "help").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(" ".join(phony).split())
