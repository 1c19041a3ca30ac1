"""Finding things by their global ids."""

from collections.abc import Sequence
from typing import Any

import strawberry

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.registry import Loaders
from graphql_api.schema import global_id
from graphql_api.schema.arguments import argument
from graphql_api.schema.relations import lookup, lookups
from graphql_api.schema.types.interface import Node

MOST_IDS = 100


def _node(loaders: Loaders, id: str) -> tuple[BatchLoader[Any, Any], int]:
    found = global_id.decode(id)
    loader = loaders.of(global_id.NODES[found.type_name])
    return loader, min(found.number, global_id.LARGEST_ID)


def _nodes(loaders: Loaders, ids: Sequence[str]) -> list[tuple[BatchLoader[Any, Any], int]]:
    if len(ids) > MOST_IDS:
        raise BadUserInputError(f"'ids' takes at most {MOST_IDS} ids")
    return [_node(loaders, text) for text in ids]


@strawberry.type
class NodeQuery:
    """Fields of `Query` for things of any type."""

    node: Node | None = lookup(
        _node,
        [argument("id", strawberry.ID, "A global id.")],
        "The thing with this id; null where nothing that you may see has it.",
    )
    nodes: list[Node | None] = lookups(
        _nodes,
        [argument("ids", list[strawberry.ID], "Global ids, at most 100.")],
        "The things with these ids, in their order; one statement for each type among them.",
    )
