"""The schema as text, in an order that does not depend on the code's."""

from typing import Any

from graphql import Node, parse, print_ast

from graphql_api.schema.build import build_schema

_SORTED = ("definitions", "interfaces", "fields", "arguments", "values")


def sdl() -> str:
    """Print the schema as `schema.graphql` holds it: everything that has a name sorted by it."""
    # Strawberry's own `sort_schema` cannot print a default that is an enum's value
    document = parse(build_schema().as_str(), no_location=True)
    _sort(document)
    return print_ast(document) + "\n"


def _sort(node: Any) -> None:  # noqa: ANN401  # a node of any kind
    for kind in _SORTED:
        children: tuple[Node, ...] | None = getattr(node, kind, None)
        if children:
            setattr(node, kind, tuple(sorted(children, key=_place)))
            for child in children:
                _sort(child)


def _place(node: Any) -> tuple[str, str]:  # noqa: ANN401  # a node of any kind
    """Order directives, then the rest, by name."""
    return ("" if node.kind == "directive_definition" else "type", node.name.value)
