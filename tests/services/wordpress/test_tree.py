"""Parents come before their children, whatever the order in the file."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.services.wordpress.tree import BrokenTreeError, parents_first

# each node's parent is an earlier one; "" is the top
TREES = st.lists(st.integers(min_value=0), max_size=30).map(
    lambda picks: {
        str(number): str(pick % number) if number and pick % 3 else ""
        for number, pick in enumerate(picks)
    }
)


@settings(deadline=None)
@given(TREES, st.randoms())
def test_every_node_comes_once_and_after_its_parent(tree: dict[str, str], random: Random) -> None:
    shuffled = dict(random.sample(list(tree.items()), len(tree)))
    ordered = parents_first(shuffled, max_depth=30)
    assert sorted(ordered) == sorted(tree)
    place = {node: number for number, node in enumerate(["", *ordered])}
    assert all(place[parent] < place[node] for node, parent in tree.items())


@pytest.mark.parametrize(
    ("tree", "node", "problem"),
    [
        ({"a": "", "b": "x"}, "b", "its parent “x” is not there"),
        ({"a": "", "b": "c", "c": "b"}, "b", "its parents lead back to itself"),
        ({"a": "a"}, "a", "its parents lead back to itself"),
        ({"a": "", "b": "a", "c": "b", "d": "c"}, "d", "it lies more than 2 levels deep"),
    ],
)
def test_a_broken_tree_names_the_node(tree: dict[str, str], node: str, problem: str) -> None:
    with pytest.raises(BrokenTreeError, match=problem) as caught:
        parents_first(tree, max_depth=2)
    assert caught.value.node == node
