"""The schema as text, in an order that does not depend on the code's."""

import dataclasses
from typing import Any

from graphql import GraphQLOneOfDirective, StringValueNode, parse, print_ast

from graphql_api.schema.build import build_schema

# Strawberry's printer leaves these out
_DESCRIPTIONS = {
    "owner": "Whether whoever owns the thing may use it too.",
    "scopes": "One of these is enough.",
    "oneOf": str(GraphQLOneOfDirective.description),
    "weight": "What each entry costs, or the field itself; of a list without sizes, the whole.",
    "multipliers": "The arguments that say how many entries there are; 20 where none is given.",
    "loader": "The class of the loader, as `graphql_api/loaders` names it.",
}
_PARTS = ("definitions", "interfaces", "fields", "arguments", "values")


def sdl() -> str:
    """Print the schema as `schema.graphql` holds it: everything that has a name sorted by it."""
    # Strawberry's own `sort_schema` cannot print a default that is an enum's value
    document = parse(build_schema().as_str(), no_location=True)
    definitions = tuple(map(_described, document.definitions))
    return print_ast(_sorted(dataclasses.replace(document, definitions=definitions))) + "\n"


def _described(node: Any) -> Any:  # a node of any kind
    """Describe a directive and its arguments where they have no description yet."""
    if node.kind not in {"directive_definition", "input_value_definition"}:
        return node
    text = _DESCRIPTIONS.get(node.name.value)
    described = node.description or (text and StringValueNode(value=text, block=True))
    arguments = tuple(map(_described, getattr(node, "arguments", None) or ()))
    changed = {"arguments": arguments} if arguments else {}
    return dataclasses.replace(node, description=described or None, **changed)


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
