"""`graphql-api schema`."""

from pathlib import Path

from graphql_api.schema.sdl import sdl
from tests.cli.command import Run, sentence


def test_an_exported_file_passes_the_check(tmp_path: Path, run: Run) -> None:
    assert run("schema", "export") == (0, "wrote schema.graphql\n", "")
    assert (tmp_path / "schema.graphql").read_text(encoding="utf-8") == sdl()
    assert run("schema", "check") == (0, "schema.graphql is what the code says\n", "")


def test_the_file_may_have_another_name(tmp_path: Path, run: Run) -> None:
    assert run("schema", "export", "api.graphql").code == 0
    assert (tmp_path / "api.graphql").exists()
    assert run("schema", "check", "api.graphql").code == 0


def test_a_file_that_differs_says_how_to_mend_it(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "schema.graphql"
    for content in (
        None,
        b"",
        sdl().encode() + b"\n",
        sdl().replace("\n", "\r\n").encode(),
        b"\xff",
    ):
        if content is not None:
            path.write_bytes(content)
        assert sentence(run("schema", "check")) == (
            "schema.graphql is out of date; run: graphql-api schema export schema.graphql"
        )


def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, run: Run) -> None:
    (tmp_path / "folder").mkdir()
    for command in ("export", "check"):
        assert sentence(run("schema", command, "folder")) == "cannot use folder: Is a directory"
    said = sentence(run("schema", "export", "nowhere/schema.graphql"))
    assert said == "cannot use nowhere/schema.graphql: No such file or directory"
