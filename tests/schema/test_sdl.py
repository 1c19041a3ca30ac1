"""The SDL: described, sorted, committed, and what editors and generators find."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from graphql import (
    FieldDefinitionNode,
    InputValueDefinitionNode,
    StringValueNode,
    build_schema,
    parse,
    validate,
)
from graphql.utilities import find_schema_changes

from graphql_api.schema.build import build_schema as in_use
from graphql_api.schema.sdl import sdl
from tests.schema.statements.relation import DECLARED

ROOT = Path(__file__).parents[2]

NAMED = ("fields", "arguments", "values")


def parts(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:  # any node
    """Go through everything that has a name, with its place such as ``Query.posts.first``."""
    place = f"{place}.{node.name.value}".lstrip(".")
    yield place, node
    for kind in NAMED:
        for part in getattr(node, kind, None) or ():
            yield from parts(part, place)


DOCUMENT = parse(sdl())
PARTS = [part for definition in DOCUMENT.definitions for part in parts(definition)]


def test_everything_is_described() -> None:
    for place, node in PARTS:
        if place.partition(".")[0] in {"defer", "stream"}:
            continue  # in graphql-core's words
        text = node.description.value if node.description else ""
        assert text[:1].isupper(), place
        assert text.endswith("."), place


def test_everything_is_sorted_by_name() -> None:
    lists: list[Any] = [getattr(node, kind, None) for _, node in PARTS for kind in NAMED]
    lists.append(DOCUMENT.definitions)
    for nodes in lists:
        names = [node.name.value for node in nodes or () if node.kind != "directive_definition"]
        assert names == sorted(names)
    for _, node in PARTS:
        interfaces = [interface.name.value for interface in getattr(node, "interfaces", None) or ()]
        assert interfaces == sorted(interfaces)


def test_the_committed_file_is_what_the_code_says() -> None:
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == sdl()


def test_it_means_the_same_as_the_schema_in_use() -> None:
    written, used = build_schema(sdl()), in_use()._schema  # noqa: SLF001  # no public way
    changes = [*find_schema_changes(used, written), *find_schema_changes(written, used)]
    # the printer alone knows @batched
    assert [change for change in changes if "@" not in change.description] == []


def test_every_relation_names_its_loader() -> None:
    found = {}
    for place, node in PARTS:
        if isinstance(node, FieldDefinitionNode):
            for directive in node.directives or ():
                if directive.name.value == "batched":
                    [argument] = directive.arguments or ()
                    assert isinstance(argument.value, StringValueNode)
                    found[place] = argument.value.value
    assert found == {name: relation.loader.__name__ for name, relation in DECLARED.items()}


def test_a_default_is_never_null() -> None:
    for place, node in PARTS:
        if isinstance(node, InputValueDefinitionNode) and node.default_value is not None:
            assert node.default_value.kind != "null_value", place


def test_the_configuration_of_editors_and_generators_finds_what_it_names() -> None:
    config = yaml.safe_load((ROOT / "graphql.config.yml").read_text(encoding="utf-8"))
    schema = build_schema((ROOT / config["schema"]).read_text(encoding="utf-8"))
    for pattern in config["documents"]:
        found = list(ROOT.glob(pattern))
        assert found, pattern
        for path in found:
            assert validate(schema, parse(path.read_text(encoding="utf-8"))) == [], path
