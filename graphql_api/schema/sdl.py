"""The schema as text, in an order that does not depend on the code's."""

import dataclasses
from typing import Any

from graphql import parse, print_ast

from graphql_api.schema.build import build_schema

_PARTS = ("definitions", "interfaces", "fields", "arguments", "values")


def sdl() -> str:
    """Print the schema as `schema.graphql` holds it: everything that has a name sorted by it."""
    # Strawberry's own `sort_schema` cannot print a default that is an enum's value
    document = parse(build_schema().as_str(), no_location=True)
    return print_ast(_sorted(document)) + "\n"


def _sorted(node: Any) -> Any:  # a node of any kind
    parts = {kind: getattr(node, kind, None) for kind in _PARTS}
    changed = {
        kind: tuple(sorted(map(_sorted, children), key=_place))
        for kind, children in parts.items()
        if children
    }
    return dataclasses.replace(node, **changed) if changed else node


def _place(node: Any) -> tuple[str, str]:  # a node of any kind
    """Order directives, then the rest, by name."""
    return ("" if node.kind == "directive_definition" else "type", node.name.value)
