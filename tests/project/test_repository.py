"""What holds for the repository as a whole, whatever the code in it does."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 300
# written in pieces, so that this file does not hold what it forbids
FORBIDDEN = {
    "the address of a package registry": "|".join(
        rf"\b{name}\.{end}\b"
        for name, end in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "(org|com)"),
            ("yarnpkg", "com"),
            ("crates", "io"),
            ("proxy.golang", "org"),
            ("deb.debian", "org"),
        ]
    ),
    "the address of a download": r"\b(https?|file)://[^\s\"'<>]+\.(whl|tar\.gz|tgz|zip|deb)\b",
    "a folder of the machine it was written on": r"(?<![\w.*)}\]-])/(work|root|home/\w+)" + "/",
    "a private key": "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
}
SUPPRESSION = re.compile(r"#\s*(noqa\b|type:\s*ignore|pragma:\s*no cover)(?P<rest>.*)")
A_REASON = re.compile(r"\s(#|-|:)\s+\w.{3,}")


def tracked(*patterns: str) -> list[Path]:
    """List the committed files that match git's ``patterns``, those deleted since left out."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True, text=True
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def places(pattern: str, path: Path) -> list[str]:
    """Name every match of ``pattern`` in a file, by line."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        f"{path.relative_to(ROOT)}:{number}: {found.group()}"
        for number, line in enumerate(lines, 1)
        for found in re.finditer(pattern, line)
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_holds(what: str) -> None:
    assert [place for path in tracked() for place in places(FORBIDDEN[what], path)] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the address of a package registry", "index = files.pythonhosted" + ".org"),
        ("the address of a download", "https://example.com/a-1.0-py3-none-any" + ".whl"),
        ("a folder of the machine it was written on", "cd /root" + "/project"),
        ("a private key", "-----BEGIN OPENSSH PRIVATE" + " KEY-----"),
    ],
)
def test_the_patterns_find_what_they_forbid(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text)


def test_no_module_is_too_long_to_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked("graphql_api/*.py")
    }
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_every_locked_package_has_a_hash() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert len(entries) > len(project()["project"]["dependencies"])
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_lock_names_no_address() -> None:
    assert not re.search(
        r"://|^-|--(extra-)?index", (ROOT / "requirements.lock").read_text("utf-8")
    )


def test_every_lint_rule_that_is_off_says_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("[tool.ruff.lint]")
    lifted = [line for line in lines[start:] if re.search(r'"[A-Z]{1,4}\d*"', line)]
    # the reason for TC stands once, above the folders that it holds for
    unexplained = [line for line in lifted if "#" not in line and not line.endswith('["TC"]')]
    assert lifted
    assert [line for line in unexplained if 'select = ["ALL"]' not in line] == []


def test_every_suppression_in_the_code_says_why() -> None:
    unexplained = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked("*.py")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := SUPPRESSION.search(line)) and not A_REASON.search(found["rest"])
    ]
    assert unexplained == []


def test_every_marker_left_out_of_the_default_run_has_its_own_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    markers = project()["tool"]["pytest"]["ini_options"]["markers"]
    for marker in markers:
        name = marker.partition(":")[0]
        assert f"not {name}" in makefile
        assert re.search(rf"pytest (-n 2 )?-m {name}$", makefile, re.MULTILINE)


def project() -> dict[str, dict[str, dict[str, dict[str, list[str]]]]]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
