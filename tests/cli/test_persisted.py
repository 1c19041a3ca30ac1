"""`graphql-api persisted`."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import md5
from pathlib import Path

import pytest
from sqlalchemy import URL

from graphql_api.services.persisted.document import hash_of
from tests.cli.command import Run, sentence
from tests.support.postgres import Link

TITLES = "query Titles($n: Int) { posts(first: $n) { nodes { title } } }"
TAGS = "{ tags { totalCount } }"
SAVE = 'mutation Save { like(input: {subjectId: "x"}) { errors { code } } }'
IDS = {text: md5(text.encode()).hexdigest() for text in (TITLES, TAGS, SAVE)}  # noqa: S324  # Relay's choice
RELAY = {IDS[TITLES]: TITLES, IDS[TAGS]: TAGS}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": hash_of(SAVE), "name": "Save", "type": "mutation", "body": SAVE}],
}


@pytest.fixture
def database(migrated_database: tuple[URL, Callable[[], None]]) -> URL:
    """Give a database without documents."""
    url, empty = migrated_database
    empty()
    return url


@pytest.fixture
def link(database: URL) -> Iterator[Link]:
    """Connect to it."""
    with closing(Link(database)) as link:
        yield link


DEEP = "{ a " * 11 + "}" * 11
LARGE = "{ posts(first: 100) { nodes { comments(first: 100) { nodes { id } } } } }"


def written(folder: Path, content: object) -> str:
    """Write a file, and return its name."""
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    return "manifest.json"


def test_manifests_are_loaded_and_listed(
    database: URL, link: Link, run: Run, tmp_path: Path
) -> None:
    link.execute(
        "INSERT INTO persisted_documents (tenant_id, id, trusted, name, text, n_bytes,"
        " last_used_at) VALUES (1, $1, false, '', $2, 23, '2026-11-27 12:00+00')",
        hash_of(TAGS),
        TAGS,
    )
    relay = run("persisted", "load", written(tmp_path, RELAY), database=database)
    assert relay == (
        0,
        "2 documents of Relay or GraphQL Code Generator: 2 added, 0 trusted from now on, 0 known\n",
        "",
    )
    apollo = run("persisted", "load", written(tmp_path, APOLLO), database=database)
    assert apollo.output == "1 documents of Apollo: 1 added, 0 trusted from now on, 0 known\n"
    again = run("persisted", "load", written(tmp_path, RELAY), database=database)
    assert again.output.endswith(": 0 added, 0 trusted from now on, 2 known\n")
    own = run("persisted", "load", written(tmp_path, {hash_of(TAGS): TAGS}), database=database)
    assert own.output.endswith(": 0 added, 1 trusted from now on, 0 known\n")
    shown = run("persisted", "list", database=database)
    tags = [
        (IDS[TAGS], "-", "trusted", "23 bytes", "never"),
        (hash_of(TAGS), "-", "trusted", "23 bytes", "2026-11-27"),
    ]
    others = [
        (hash_of(SAVE), "Save", "trusted", f"{len(SAVE)} bytes", "never"),
        (IDS[TITLES], "Titles", "trusted", f"{len(TITLES)} bytes", "never"),
    ]
    assert shown.output.splitlines() == [
        "\t".join((document_id[:16], *rest)) for document_id, *rest in [*sorted(tags), *others]
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("query Titles {", r"{id}: line 1: Syntax Error: Expected Name, found <EOF>\."),
        ("query A { posts { title } }", r"A \({id}\): line 1: Cannot query field 'title' on"),
        ("query A { a { b } } query B { c }", r"A, B \({id}\): line 1: .*; A, B \({id}\): line 1"),
        ("fragment F on Post { id }", "{id}: line 1: Fragment 'F' is never used"),
        ("query A {" + " node { ... " * 3000, "{id}: "),
        ("", "{id}: line 1: Syntax Error"),
        (f"query A {DEEP}", r"A \({id}\): the document has 11 levels of fields, but 10 are"),
        ("{ " + "id " * 1500 + "}", "{id}: line 1: the document has more than 1500 words"),
        (f"query A {LARGE}", r"A \({id}\): the operation costs 10100, but one request may ask"),
        (f"query A {{ __typename }} query B {LARGE}", r"A, B \({id}\): the operation costs"),
        ("query A { __schema { description } }", r"A \({id}\): this server does not answer"),
    ],
    ids=lambda value: value[:20],
)
def test_a_document_that_could_not_be_run_is_named_and_nothing_is_loaded(
    text: str, says: str, database: URL, link: Link, run: Run, tmp_path: Path
) -> None:
    content = {IDS[TITLES]: TITLES, "a-wrong-one": text}
    said = sentence(run("persisted", "load", written(tmp_path, content), database=database))
    assert said.startswith("cannot use manifest.json: ")
    assert re.search(says.replace("{id}", "a-wrong-one"), said), said
    assert link.fetch("SELECT count(*) FROM persisted_documents") == [(0,)]


def test_what_a_document_costs_is_no_reason_where_variables_decide(
    database: URL, run: Run, tmp_path: Path
) -> None:
    text = f"query ($size: Int = 100) {LARGE.replace('100', '$size')}"
    loaded = run("persisted", "load", written(tmp_path, {"a": text}), database=database)
    assert loaded.output.startswith("1 documents of")


def test_documents_are_compared_with_the_limits_that_are_set(
    database: URL, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHQL_API_MAX_ALIASES", "1")
    content = {"a": "{ a: __typename b: __typename }"}
    said = sentence(run("persisted", "load", written(tmp_path, content), database=database))
    assert said.endswith("a: the document has 2 aliases, but 1 are allowed")


def test_of_many_mistakes_some_are_told(database: URL, run: Run, tmp_path: Path) -> None:
    content = {f"id{number}": "{ nothing }" for number in range(25)}
    said = sentence(run("persisted", "load", written(tmp_path, content), database=database))
    assert said.count("Cannot query field 'nothing'") == 20
    assert said.endswith("; and 5 more")


def test_what_is_no_manifest_is_told_without_a_database(run: Run, tmp_path: Path) -> None:
    assert sentence(run("persisted", "load", "none.json")) == (
        "cannot use none.json: No such file or directory"
    )
    said = sentence(run("persisted", "load", written(tmp_path, [])))
    assert said.startswith("cannot use manifest.json: it is not a manifest")


def test_an_id_keeps_its_document(database: URL, run: Run, tmp_path: Path) -> None:
    run("persisted", "load", written(tmp_path, {"a": TITLES}), database=database)
    said = sentence(run("persisted", "load", written(tmp_path, {"a": TAGS}), database=database))
    assert said.startswith("the id a stands for another document")


def test_documents_are_removed_and_pruned(
    database: URL, link: Link, run: Run, tmp_path: Path
) -> None:
    run("persisted", "load", written(tmp_path, RELAY), database=database)
    removed = run("persisted", "remove", IDS[TITLES][:16], database=database)
    assert removed.output == "documents: 1 removed\n"
    said = sentence(run("persisted", "remove", IDS[TITLES], database=database))
    assert said == f"there are no documents whose id begins with {IDS[TITLES]}; nothing was removed"
    assert run("persisted", "prune", database=database).output == "documents: 0 removed\n"
    link.execute("UPDATE persisted_documents SET created_at = now() - interval '8 days'")
    pruned = run("persisted", "prune", "--unused-for", "1w", database=database)
    assert pruned.output == "documents: 1 removed\n"
    assert run("persisted", "list", database=database).output == ""
    wrong = run("persisted", "prune", "--unused-for", "7")
    assert wrong.code == 2
    assert "--unused-for" in wrong.errors
