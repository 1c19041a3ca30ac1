"""Writes operations at random: valid ones, of everything that the grammar has for them."""

from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

from tests.execution.schema import core

DEEPEST = 5
MOST_FIELDS = 30
RATES = (0.0, 0.02, 0.1, 0.3)
"""How many of the values are at fault."""
SEEDS = 2**32

VARIABLES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "n": ("Int", (None, 0, 1, 2, 3, 5, 13, -1)),
    "m": ("Int! = 2", (0, 1, 3, 13)),
    "s": ('String! = "s"', ("", "text")),
    "id": ('ID! = "1"', ("0", "3", 2, "99", "none")),
    "own": ("Boolean", (None, True, False)),
    "form": ("Form", (None, "SHORT", "LONG", "MISSING")),
    "where": ("Filter", (None, {}, {"start": 2}, {"tags": ["a"], "inner": {"color": "RED"}})),
    "tags": ("[String!]", (None, [], ["a", "b"], "single")),
    "color": ("Color", (None, "RED", "BLUE")),
    "b": ("Boolean! = true", (True, False)),
    "c": ("Boolean!", (True, False)),
}
_MAY_BE_ABSENT = frozenset(VARIABLES) - {"c"}
_LITERALS = {
    "Int": ("0", "1", "2", "3", "5", "-1", "13"),
    "String": ('""', '"a"', '"""block"""'),
    "ID": ('"0"', "1", '"4"', '"9"', '"none"'),
    "Boolean": ("true", "false"),
}


@dataclass(frozen=True)
class Case:
    """An operation, what its variables are the first and the second time, and a world."""

    text: str
    variables: tuple[dict[str, Any], ...]
    seed: int
    rate: float


class Writer:
    """Writes one document."""

    most_fields = MOST_FIELDS
    depths = range(1, DEEPEST + 1)
    selections = range(1, 6)
    mutations = 0.12

    def __init__(self, random: Random, schema: GraphQLSchema = core) -> None:
        self._random = random
        self._schema = schema
        self._variables: set[str] = set()
        self._types = {name: kind for name, (kind, _) in VARIABLES.items()}
        self._fragments: list[str] = []
        # what stands under a key of the response; another field needs another key
        self._keys: dict[str, tuple[str, ...]] = {}
        self._n_left = self.most_fields

    def document(self) -> str:
        """Write an operation and its fragments."""
        is_mutation = self._chance(self.mutations) and self._schema.mutation_type is not None
        root = self._schema.mutation_type if is_mutation else self._schema.query_type
        body = self._selections(root, self._random.randrange(self.depths.start, self.depths.stop))
        names = ", ".join(f"${name}: {self._types[name]}" for name in sorted(self._variables))
        head = f"{'mutation' if is_mutation else 'query'} Q{f'({names})' if names else ''}"
        return "\n".join([f"{head} {body}", *self._fragments])

    def values(self) -> dict[str, Any]:
        """Choose the values of the variables; some are left out."""
        return {
            name: self._random.choice(VARIABLES[name][1])
            for name in sorted(self._variables)
            if name not in _MAY_BE_ABSENT or self._chance(0.8)
        }

    def _chance(self, share: float) -> bool:
        return self._way() < share

    def _way(self) -> float:
        # an integer: hypothesis chooses these evenly, and fractions not at all so
        return self._random.randrange(1000) / 1000

    def _selections(self, kind: Any, depth: int) -> str:
        count = self._random.randrange(self.selections.start, self.selections.stop)
        written = [self._selection(kind, depth) for _ in range(count)]
        found = [each for each in written if each]
        return f"{{ {' '.join(found) or '__typename'} }}"

    def _selection(self, kind: Any, depth: int) -> str:  # noqa: PLR0911  # a way out for each kind
        way = self._way()
        if is_abstract_type(kind) and way < 0.5:
            possible = self._random.choice(self._schema.get_possible_types(kind))
            return self._on(possible, depth)
        if way < 0.04:
            return self._on(kind, depth)
        if way < 0.08 and depth > 0:
            return f"...{self._directives()} {self._selections(kind, depth - 1)}"
        if way < 0.16:
            return self._on(self._above(kind), depth)
        if way < 0.24 and depth > 0:
            return self._named(kind, depth)
        if way < 0.3 or not hasattr(kind, "fields"):
            return self._random.choice(("__typename", "kind: __typename"))
        names = list(kind.fields)
        if depth > 0 and self._chance(0.4):
            names = [name for name in names if not _is_leaf_field(kind.fields[name])] or names
        name = self._random.choice(names)
        return self._field(kind, name, kind.fields[name], depth)

    def _on(self, kind: Any, depth: int) -> str:
        """Write an inline fragment, if there is a type for it."""
        if kind is None or depth <= 0:
            return ""
        return f"... on {kind.name}{self._directives()} {self._selections(kind, depth - 1)}"

    def _above(self, kind: Any) -> Any:
        """Return an interface or a union that the type is part of."""
        unions = [
            each
            for each in self._schema.type_map.values()
            if is_abstract_type(each) and self._schema.is_sub_type(each, kind)
        ]
        return self._random.choice(unions) if unions else None

    def _named(self, kind: Any, depth: int) -> str:
        name = f"F{len(self._fragments)}"
        place = len(self._fragments)
        self._fragments.append("")
        self._fragments[place] = f"fragment {name} on {kind.name} " + self._selections(
            kind, depth - 1
        )
        again = f" ...{name}{self._directives()}" if self._chance(0.2) else ""
        return f"...{name}{self._directives()}{again}"

    def _field(self, kind: Any, name: str, field: GraphQLField, depth: int) -> str:
        named = get_named_type(field.type)
        is_leaf = is_leaf_type(named)
        if self._n_left <= 0 or not (is_leaf or depth > 0):
            return ""
        self._n_left -= 1
        arguments = self._arguments(kind, name, field)
        key = self._key(name, arguments, str(field.type), str(kind) if self._chance(0.05) else "")
        alias = "" if key == name else f"{key}: "
        below = "" if is_leaf else f" {self._selections(named, depth - 1)}"
        return f"{alias}{name}{arguments}{self._directives()}{below}"

    def _key(self, name: str, arguments: str, kind: str, wished: str) -> str:
        key = f"{wished.lower()}_{name}" if wished else name
        if self._chance(0.05):
            key = f"z{key}"
        number = 0
        what = (name, arguments, kind)
        while self._keys.setdefault(key, what) != what:
            number += 1
            key = f"{name}{number}"
        return key

    def _directives(self) -> str:
        if not self._chance(0.12):
            return ""
        name = self._random.choice(("skip", "include"))
        value = self._random.choice(
            ("$b", "$c", "true", "false", "false" if name == "skip" else "true")
        )
        if value.startswith("$"):
            self._variables.add(value[1:])
        return f" @{name}(if: {value})"

    def _arguments(self, _kind: Any, _name: str, field: GraphQLField) -> str:
        written = []
        for name, argument in field.args.items():
            if is_required_argument(argument) or self._chance(0.6):
                written.append(f"{name}: {self._value(argument, 2)}")
        return f"({', '.join(written)})" if written else ""

    def _value(self, given: GraphQLArgument | GraphQLInputField, depth: int) -> str:
        """Write a value for an argument or for a field of an input object."""
        way = self._way()
        required = (
            is_required_argument(given)
            if isinstance(given, GraphQLArgument)
            else is_required_input_field(given)
        )
        if way < 0.12 and not is_non_null_type(given.type):
            return "null"
        if way < 0.5:
            fitting = [
                name
                for name, (kind, _) in VARIABLES.items()
                if name not in {"b", "c"} and _fits(kind, str(given.type), required=required)
            ]
            if fitting:
                name = self._random.choice(fitting)
                self._variables.add(name)
                return f"${name}"
        return self._literal(given.type, depth)

    def _literal(self, kind: Any, depth: int) -> str:
        if is_non_null_type(kind):
            return self._literal(kind.of_type, depth)
        if is_list_type(kind):
            items = [self._literal(kind.of_type, depth) for _ in range(self._random.randrange(3))]
            if self._chance(0.2):
                self._variables.add("s")
                items.append("$s")
            return f"[{', '.join(items)}]"
        if isinstance(kind, GraphQLEnumType):
            names: list[str] = list(kind.values)
            return self._random.choice(names)
        if isinstance(kind, GraphQLInputObjectType):
            fields = {
                name: self._value(field, depth - 1)
                for name, field in kind.fields.items()
                if depth > 0 and self._chance(0.4)
            }
            return f"{{{', '.join(f'{name}: {value}' for name, value in fields.items())}}}"
        literals = _LITERALS[kind.name]
        return self._random.choice(literals)


def _is_leaf_field(field: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(field.type))


def _fits(variable: str, place: str, *, required: bool) -> bool:
    """Tell whether a variable may stand in a place, as the specification has it."""
    kind = variable.partition(" =")[0]
    if kind.rstrip("!") != place.rstrip("!"):
        return False
    return kind.endswith("!") or not (required and place.endswith("!"))


def write_case(random: Random) -> Case:
    """Write an operation, and choose its variables and its world."""
    writer = Writer(random)
    text = writer.document()
    return Case(
        text=text,
        variables=(writer.values(), writer.values()),
        seed=random.randrange(SEEDS),
        rate=random.choice(RATES),
    )


cases = st.randoms(use_true_random=False).map(write_case)
"""Cases that hypothesis can shrink."""
