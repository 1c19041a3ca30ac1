"""What can be asked, read off the schema, and about whom: rows of ``content.sql``."""

from collections.abc import Iterator
from dataclasses import dataclass

import graphql

from graphql_api.schema import global_id
from graphql_api.schema.build import build_schema

SDL = graphql.build_schema(build_schema().as_str())


def _node(type_name: str, number: int) -> str:
    return (
        f'{{ found: node(id: "{global_id.encode(type_name, number)}")'
        f" {{ ... on {type_name} {{ %s }} }} }}"
    )


PARENTS = {
    "Query": {"": "query { %s }"},
    "Post": {"popular": _node("Post", 1), "quiet": _node("Post", 99_998)},
    "User": {
        "popular": _node("User", 1),
        "whose posts are old": _node("User", 3_500),
        "of one post": _node("User", 3_700),
    },
    "Comment": {"popular": _node("Comment", 1), "quiet": _node("Comment", 250_001)},
    "Tag": {
        "popular": _node("Tag", 1),
        "of old posts": _node("Tag", 450),
        "of one post": _node("Tag", 470),
    },
    "Revision": {"of a post": _node("Revision", 1)},
    "Category": {"top": _node("Category", 1), "leaf": _node("Category", 200)},
}
"""Operations about rows of each type, to be completed by a selection."""

VARIANTS = {
    ("Category", "posts"): ("includeDescendants: true", "includeDescendants: false"),
    ("Query", "auditLog"): (
        "",
        f'subjectId: "{global_id.encode("Post", 1)}"',
        f'subjectId: "{global_id.encode("Post", 99_998)}"',
        f'actorId: "{global_id.encode("User", 1)}"',
        f'actorId: "{global_id.encode("User", 5_000)}"',
        "action: [UPDATE]",
        "action: [PURGE]",
        "action: [CREATE, UPDATE, PURGE]",
        'range: {from: "2021-01-01T00:00:00Z", to: "2022-01-01T00:00:00Z"}',
        'range: {from: "2031-01-01T00:00:00Z", to: "2032-01-01T00:00:00Z"}',
        f'actorId: "{global_id.encode("User", 1)}", action: [UPDATE, CREATE]',
    ),
    ("Query", "tags"): ("", 'startsWith: "tag 4"', 'startsWith: "zzz"'),
}
"""Further arguments of lists, that make other statements."""


@dataclass(frozen=True, slots=True)
class List:
    """A list in one order."""

    type_name: str
    field: str
    parent: str
    """Which of ``PARENTS``."""
    arguments: str
    order: str
    """A value of the list's enum of orders; empty where it has one order alone."""
    both_ways: bool
    """Whether it takes `last` and `before`."""

    def __str__(self) -> str:
        parts = (self.parent, f"{self.type_name}.{self.field}", self.arguments, self.order)
        return " ".join(part for part in parts if part)

    def operation(self, arguments: str, selection: str, *, descending: bool = True) -> str:
        """Write an operation that selects from the list."""
        direction = "DESC" if descending else "ASC"
        order = f"orderBy: [{{field: {self.order}, direction: {direction}}}]" if self.order else ""
        return PARENTS[self.type_name][self.parent] % (
            f"list: {self.field}({arguments} {self.arguments} {order}) {{ {selection} }}"
        )


def lists() -> Iterator[List]:
    """Name every list of the schema in every order, for each parent."""
    for type_name, field_name, field in fields():
        if not _named(field).name.endswith("Connection"):
            continue
        for parent in PARENTS[type_name]:
            for variant in VARIANTS.get((type_name, field_name), ("",)):
                for order in _orders(field):
                    both_ways = "last" in field.args
                    yield List(type_name, field_name, parent, variant, order, both_ways)


def fields() -> Iterator[tuple[str, str, graphql.GraphQLField]]:
    """Name every field that leads to other rows, with its type."""
    for kind in SDL.type_map.values():
        if isinstance(kind, graphql.GraphQLObjectType) and (kind.name == "Query" or _is_row(kind)):
            for name, field in kind.fields.items():
                if _named(field).name.endswith("Connection") or _is_row(_named(field)):
                    yield kind.name, name, field


def _is_row(kind: graphql.GraphQLNamedType) -> bool:
    """Tell what can be found by its id from parts of it, and from what mutations give."""
    return kind.name == "Node" or "Node" in {each.name for each in getattr(kind, "interfaces", ())}


def inputs(type_name: str) -> dict[str, set[str]]:
    """Name the fields of a filter; with those of its own filter, where a field has one."""
    found = {}
    for name, field in _input(type_name).fields.items():
        below = graphql.get_named_type(field.type).name
        found[name] = set(_input(below).fields) if below.endswith("Filter") else {""}
    return found


def _input(name: str) -> graphql.GraphQLInputObjectType:
    kind = SDL.type_map[name]
    assert isinstance(kind, graphql.GraphQLInputObjectType)
    return kind


def _named(field: graphql.GraphQLField | graphql.GraphQLArgument) -> graphql.GraphQLNamedType:
    return graphql.get_named_type(field.type)


def _orders(field: graphql.GraphQLField) -> list[str]:
    if "orderBy" not in field.args:
        return [""]
    part = _input(_named(field.args["orderBy"]).name)
    values = graphql.get_named_type(part.fields["field"].type)
    assert isinstance(values, graphql.GraphQLEnumType)
    return list(values.values)
