"""Every relation of the schema, what the world has there, and how to ask for it."""

from collections.abc import Callable, Iterator
from typing import Any

from graphql import GraphQLObjectType, get_named_type

from graphql_api.loaders.account import EmailByUser
from graphql_api.loaders.link import LinkLoader
from graphql_api.schema import global_id
from graphql_api.schema.build import build_schema
from graphql_api.schema.relations import Relation
from tests.schema.statements.world import Ids

LABELS = {
    "Category": "slug",
    "Comment": "body",
    "Post": "slug",
    "Revision": "snapshot",
    "Tag": "slug",
    "User": "username",
}
PARENTS = {
    "Category": "shelf",
    "Comment": "leaf",
    "Post": "first",
    "Revision": "entry",
    "Tag": "a",
    "User": "author",
}

# what number i of the world has there: a relation without a line here fails its test
RELATED: dict[str, Callable[[int], Any]] = {
    "Category.children": lambda i: [f"below-{i}"],
    "Category.parent": lambda _: "root",
    "Category.path": lambda i: ["root", f"shelf-{i}"],
    "Category.posts": lambda i: [f"second-{i}", f"first-{i}"],
    "Comment.ancestors": lambda i: [f"top-{i}", f"reply-{i}"],
    "Comment.author": lambda i: f"fan-b-{i}",
    "Comment.deletedBy": lambda i: f"fan-a-{i}",
    "Comment.likers": lambda i: [f"fan-b-{i}", f"fan-a-{i}"],
    "Comment.parent": lambda i: f"reply-{i}",
    "Comment.post": lambda i: f"first-{i}",
    "Comment.replies": lambda i: [f"end-{i}"],
    "Comment.revisions": lambda i: [{"body": f"leaf-{i}"}],
    "Comment.root": lambda i: f"top-{i}",
    "Post.author": lambda i: f"author-{i}",
    "Post.category": lambda i: f"shelf-{i}",
    "Post.comments": lambda i: [f"top-{i}", f"reply-{i}", f"leaf-{i}", f"end-{i}"],
    "Post.deletedBy": lambda i: f"fan-b-{i}",
    "Post.likers": lambda i: [f"fan-b-{i}", f"fan-a-{i}"],
    "Post.revisions": lambda i: [{"slug": f"entry-{i}"}, {"slug": f"first-{i}"}],
    "Post.tags": lambda i: [f"a-{i}", f"b-{i}"],
    "Revision.actor": lambda i: f"fan-a-{i}",
    "Tag.posts": lambda i: [f"second-{i}", f"first-{i}"],
    "User.comments": lambda i: [f"top-{i}", f"end-{i}"],
    "User.followers": lambda i: [f"fan-b-{i}", f"fan-a-{i}"],
    "User.following": lambda i: [f"fan-b-{i}"],
    "User.posts": lambda i: [f"second-{i}", f"first-{i}"],
}
LISTS: dict[str, list[Any]] = {
    "Query.auditLog": [{"slug": "entry-49"}, {"slug": "entry-48"}],
    "Query.authors": ["author-0", "author-1"],
    "Query.posts": ["second-49", "second-48"],
    "Query.tags": ["a-0", "a-1"],
}


def declared() -> Iterator[tuple[str, Relation]]:
    """Find every relation of the schema, by type and field."""
    schema = build_schema()
    for kind in schema._schema.type_map.values():  # noqa: SLF001  # no public way
        definition = kind.extensions.get("strawberry-definition")
        for field in getattr(definition, "fields", ()):
            if "relation" in field.metadata:
                name = schema.config.name_converter.get_graphql_name(field)
                yield f"{kind.name}.{name}", field.metadata["relation"]


DECLARED = dict(declared())
RELATIONS = {
    # what a mutation gives is one thing each time, and a viewer is one; what is theirs alone has
    # tests of its own, beside those of mutations
    name: relation
    for name, relation in DECLARED.items()
    if not name.partition(".")[0].endswith(("Payload", "Viewer"))
    and not issubclass(relation.loader, EmailByUser | LinkLoader)
}
PAGES = [name for name, relation in RELATIONS.items() if relation.pages is not None]


def selection(name: str, arguments: str = "", *more: str) -> str:
    """Select the labels of what ``name`` leads to, and ``more`` of the connection."""
    parent, field = name.split(".")
    kind = build_schema()._schema.type_map[parent]  # noqa: SLF001  # no public way
    assert isinstance(kind, GraphQLObjectType)
    target = get_named_type(kind.fields[field].type).name
    label = LABELS[target.removesuffix("Connection")]
    if RELATIONS[name].pages is None:
        return f"{field} {{ {label} }}"
    return f"{field}{arguments} {{ nodes {{ {label} }} {' '.join(more)} }}"


def query(name: str, *selections: str) -> str:
    """Ask things of the type of ``name`` for ``selections``."""
    parent, _ = name.split(".")
    if parent == "Query":
        return f"{{ {' '.join(selections)} }}"
    return (
        "query ($ids: [ID!]!) "
        f"{{ nodes(ids: $ids) {{ ... on {parent} {{ {' '.join(selections)} }} }} }}"
    )


def labels(value: Any) -> Any:  # part of an answer
    """Take the labels out of what `selection` selects."""
    if isinstance(value, list):
        return [labels(item) for item in value]
    return labels(value["nodes"]) if "nodes" in value else next(iter(value.values()))


def costs(name: str, *loaders: str) -> dict[str, int]:
    """Count the statement that finds the parents, the relation's, and those of ``loaders``."""
    parent, _ = name.split(".")
    root = [] if parent == "Query" else [global_id.NODES[parent].__name__]
    counted: dict[str, int] = {}
    for loader in [*root, RELATIONS[name].loader.__name__, *loaders]:
        counted[loader] = counted.get(loader, 0) + 1
    return counted


def parents(world: Ids, name: str, number: int) -> Ids:
    """Name the variables for ``number`` parents of a relation; none for a list of everything."""
    parent, _ = name.split(".")
    return {} if parent == "Query" else {"ids": world[PARENTS[parent]][:number]}
