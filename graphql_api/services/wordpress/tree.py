"""Puts what refers to a parent after it: categories, and the comments of a post."""

from collections import defaultdict
from collections.abc import Mapping, Sequence


class BrokenTreeError(Exception):
    """``node`` has no place in the tree; the message says why.

    ``ring`` holds the nodes that lie below one another, where that is the reason.
    """

    def __init__(self, node: str, problem: str, ring: Sequence[str] = ()) -> None:
        super().__init__(problem)
        self.node = node
        self.ring = ring


def parents_first(parents: Mapping[str, str], *, max_depth: int) -> list[str]:
    """Return the keys of ``parents``, each after its value; an empty value is no parent.

    Raises:
        BrokenTreeError: a parent is no key, a node lies below itself, or deeper than ``max_depth``.
    """
    children: defaultdict[str, list[str]] = defaultdict(list)
    for node, parent in parents.items():
        if parent and parent not in parents:
            raise BrokenTreeError(node, f"its parent “{parent}” is not there")
        children[parent].append(node)
    ordered: list[str] = []
    level, depth = children[""], 0
    while level:
        if depth > max_depth:
            raise BrokenTreeError(level[0], f"it lies more than {max_depth} levels deep")
        ordered += level
        level = [child for node in level for child in children[node]]
        depth += 1
    if len(ordered) < len(parents):
        placed = set(ordered)
        lost = next(node for node in parents if node not in placed)
        ring = _ring(parents, lost)
        raise BrokenTreeError(ring[0], "its parents lead back to itself", ring)
    return ordered


def _ring(parents: Mapping[str, str], node: str) -> list[str]:
    """Climb from ``node``, which has no root above it, and return those that come again."""
    seen: dict[str, None] = {}
    while node not in seen:
        seen[node] = None
        node = parents[node]
    way = list(seen)
    return way[way.index(node) :]
