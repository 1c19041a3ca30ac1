"""What is in a database, as those who write operations about it need to know it."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type

from graphql_api.schema.build import build_schema
from tests.schema.client import Execute

Order: TypeAlias = tuple[str, str | None] | None
"""The field and the direction of a list's order; None for its own."""

_EVERYTHING = """
{
  posts(first: 100) { nodes { id slug comments(first: 5) { nodes { id } } } }
  authors(first: 100) { nodes { id username } }
  tags(first: 100) { nodes { id slug } }
  categories(rootsOnly: false) { id slug }
  auditLog(first: 100) { nodes { id } }
}
"""
_MOST_CURSORS = 3


@dataclass
class Content:
    """Ids, names and cursors that are there."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    """By type."""
    slugs: dict[str, list[str]] = field(default_factory=dict)
    """By the argument, field or input that takes them."""
    names: list[str] = field(default_factory=list)
    """Of users."""
    cursors: dict[tuple[str, Order], list[str]] = field(default_factory=dict)
    """By the list's type and field, and its order."""


def order_of(value: Any) -> Order:
    """Read an `orderBy`; of more than one entry the first."""
    return (value[0]["field"], value[0].get("direction")) if value else None


async def content_of(execute: Execute) -> Content:
    """Look around in a database."""
    found = await execute.data(_EVERYTHING)
    posts, tags, shelves = found["posts"]["nodes"], found["tags"]["nodes"], found["categories"]
    content = Content()
    content.ids = {
        "Post": _each(posts, "id"),
        "Comment": [entry["id"] for post in posts for entry in post["comments"]["nodes"]],
        "User": _each(found["authors"]["nodes"], "id"),
        "Tag": _each(tags, "id"),
        "Category": _each(shelves, "id"),
        "Revision": _each(found["auditLog"]["nodes"], "id"),
    }
    content.slugs = {"Post": _each(posts, "slug"), "category": _each(shelves, "slug")}
    content.slugs |= dict.fromkeys(("tag", "anyTags", "allTags"), _each(tags, "slug"))
    content.names = _each(found["authors"]["nodes"], "username")
    for kind in ("Query", *content.ids):
        await _look_for_cursors(execute, content, kind)
    return content


def _each(things: list[dict[str, Any]], name: str) -> list[str]:
    return [thing[name] for thing in things]


async def _look_for_cursors(execute: Execute, content: Content, kind: str) -> None:
    aliases: dict[str, tuple[str, Order]] = {}
    selected = []
    for name, order in _lists(kind):
        alias = f"a{len(aliases)}"
        aliases[alias] = f"{kind}.{name}", order
        way = f", direction: {order[1]}" if order and order[1] else ""
        by = f", orderBy: [{{field: {order[0]}{way}}}]" if order else ""
        selected.append(f"{alias}: {name}(first: {_MOST_CURSORS}{by}) {{ edges {{ cursor }} }}")
    if not selected:
        return
    text = " ".join(selected)
    if kind == "Query":
        things = [await execute.data(f"{{ {text} }}")]
    else:
        query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {text} }} }} }}"
        things = (await execute.data(query, ids=content.ids[kind][:10]))["nodes"]
    for alias, key in aliases.items():
        content.cursors[key] = [
            edge["cursor"] for thing in things for edge in thing[alias]["edges"]
        ]


def _lists(kind: str) -> list[tuple[str, Order]]:
    found: list[tuple[str, Order]] = []
    definition = build_schema()._schema.type_map[kind]  # noqa: SLF001  # no public way
    assert isinstance(definition, GraphQLObjectType)
    for name, each in definition.fields.items():
        if "first" not in each.args:
            continue
        found.append((name, None))
        if "orderBy" in each.args:
            order: Any = get_named_type(each.args["orderBy"].type)
            fields = get_named_type(order.fields["field"].type)
            assert isinstance(fields, GraphQLEnumType)
            ways = ("ASC", "DESC", None)
            found += [(name, each_order) for each_order in product(fields.values, ways)]
    return found
