"""Writes documents at random, which need not be valid: they are measured before."""

from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from tests.schema.limits.naive import SCHEMA

_SIZES = ("1", "3", "0", "-1", "7", "100", "101", "9999999999", "null", "$n", "$m", "$none")
_VARIABLES: tuple[Any, ...] = (None, 0, 2, 5, 100, 500, "x")
_MOST_FIELDS = 40


@dataclass(frozen=True)
class Written:
    """A document with one operation, and what its variables are."""

    text: str
    variables: dict[str, Any]


class Writer:
    """Writes one document; its fragments spread only those that were written before them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._fragments: dict[str, str] = {}
        self._n_left = _MOST_FIELDS

    def document(self) -> Written:
        """Write it."""
        random = self._random
        texts = []
        for number in range(random.randrange(6)):
            kind = random.choice(self._composites())
            texts.append(f"fragment F{number} on {kind.name} {self._selections(kind, 3)}")
            self._fragments[f"F{number}"] = kind.name
        is_mutation = random.randrange(8) == 0
        root = SCHEMA.mutation_type if is_mutation else SCHEMA.query_type
        self._n_left = _MOST_FIELDS
        body = self._selections(root, 5)
        head = "mutation" if is_mutation else "query"
        default = random.choice(("", " = 4", " = null"))
        names = f"($n: Int{default}, $m: Int, $ids: [ID!])"
        given = {name: random.choice(_VARIABLES) for name in ("n", "m") if random.randrange(3)}
        given["ids"] = ["a"] * random.randrange(4)
        return Written("\n".join([f"{head} Q{names} {body}", *texts]), given)

    def _composites(self) -> list[Any]:
        kinds: list[Any] = [SCHEMA.query_type, SCHEMA.mutation_type]
        kinds += [SCHEMA.get_type(name) for name in ("Post", "Comment", "User", "PostConnection")]
        return kinds + [SCHEMA.get_type(name) for name in ("Node", "Likeable", "CommentConnection")]

    def _selections(self, kind: Any, depth: int) -> str:
        written = [self._selection(kind, depth) for _ in range(self._random.randrange(1, 6))]
        return f"{{ {' '.join(filter(None, written)) or '__typename'} }}"

    def _selection(self, kind: Any, depth: int) -> str:
        way = self._random.randrange(12)
        # those of a mutation run one after the other, and so are none of a query's
        fitting = [
            n
            for n, on in self._fragments.items()
            if (on == kind.name) or "Mutation" not in (on, kind.name)
        ]
        if way == 0 and fitting:
            return f"...{self._random.choice(fitting)}"
        if way == 1:
            return f"... {self._selections(kind, depth - 1)}" if depth else ""
        if way == 2 and depth:
            chosen = kind
            if is_abstract_type(kind):
                chosen = self._random.choice(SCHEMA.get_possible_types(kind))
            return f"... on {chosen.name} {self._selections(chosen, depth - 1)}"
        if way == 3 or not getattr(kind, "fields", None):
            return self._random.choice(("__typename", "missing", "a: missing { b }"))
        names = list(kind.fields)
        if depth:
            names = [n for n in names if is_composite_type(get_named_type(kind.fields[n].type))]
        name = self._random.choice(names or list(kind.fields))
        return self._field(name, kind.fields[name], depth)

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        named = get_named_type(field.type)
        if self._n_left <= 0 or not (depth or is_leaf_type(named)):
            return ""
        self._n_left -= 1
        alias = "x: " if self._random.randrange(6) == 0 else ""
        below = "" if is_leaf_type(named) else f" {self._selections(named, depth - 1)}"
        return f"{alias}{name}{self._arguments(field)}{below}"

    def _arguments(self, field: GraphQLField) -> str:
        written = []
        for name in field.args:
            if name in {"first", "last"} and self._random.randrange(2):
                written.append(f"{name}: {self._random.choice(_SIZES)}")
            elif name == "ids":
                written.append(f"ids: {self._random.choice(('$ids', '[]', '[1, $n, 2]', '7'))}")
            elif name in {"where", "startsWith"} and self._random.randrange(3) == 0:
                written.append(f"{name}: {{}}")
        return f"({', '.join(written)})" if written else ""


documents = st.randoms(use_true_random=False).map(lambda random: Writer(random).document())
"""Documents that hypothesis can shrink."""
