"""Writes operations of the project's own schema at random, about content that is there."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

from graphql_api.schema.build import build_schema
from tests.execution.queries import Writer
from tests.schema.content import Content, order_of

Given: TypeAlias = GraphQLArgument | GraphQLInputField

# what an IDFilter or an argument bounds, by its name
_NAMED = {
    "actorId": "User",
    "around": "Comment",
    "author": "User",
    "category": "Category",
    "parent": "Comment",
    "subjectId": "Post",
}
_USUAL_SIZES, _OTHER_SIZES = (1, 2, 3), (0, -1, 101)
_LENGTHS, _COUNTS = (1, 20, 200, 500, 501, 0), (0, 1, 2, 5)
_CHOICES: dict[str, tuple[Any, ...]] = {
    "BigInt": (1, 2, 3, 40, 2**40),
    "DateTime": ("2024-01-01T00:00:00Z", "2025-06-01T12:00:00+09:00", "2026-03-01T00:00:00"),
}
_PLACES = {"first", "last", "after", "before", "around"}
_NESTED = {"AND", "OR", "NOT"}
_ONE_OF = {"PostBy": "Post", "UserBy": "User"}


@dataclass(frozen=True)
class Case:
    """An operation with its variables."""

    text: str
    variables: dict[str, Any]


class OperationWriter(Writer):
    """Writes one document and the values of its variables."""

    most_fields = 40
    depths = range(2, 6)
    selections = range(2, 6)
    mutations = 0.0

    def __init__(self, random: Random, content: Content) -> None:
        super().__init__(random, build_schema()._schema)  # noqa: SLF001  # no public way
        self._content = content
        self._values: dict[str, Any] = {}
        self._absent: set[str] = set()

    def case(self) -> Case:
        """Write an operation, and choose its variables."""
        text = self.document()
        switches = {name: self._chance(0.5) for name in sorted(self._variables & {"b", "c"})}
        given = {n: value for n, value in self._values.items() if n not in self._absent}
        return Case(text, given | switches)

    def _field(self, kind: Any, name: str, field: GraphQLField, depth: int) -> str:
        if name == "rateLimit":
            return ""  # it says what time it is
        return super()._field(kind, name, field, depth)

    def _arguments(self, kind: Any, name: str, field: GraphQLField) -> str:
        chosen = {
            argument: self._value_of(given, argument, name if argument == "slug" else argument, 2)
            for argument, given in field.args.items()
            if argument not in _PLACES and (is_required_argument(given) or self._chance(0.4))
        }
        if "first" in field.args:
            chosen |= self._place(f"{kind.name}.{name}", field, chosen.get("orderBy"))
        written = [
            f"{argument}: {self._written(field.args[argument], value)}"
            for argument, value in chosen.items()
        ]
        return f"({', '.join(written)})" if written else ""

    def _place(self, path: str, field: GraphQLField, order: Any) -> dict[str, Any]:
        """Choose a page: a small one, at times after or before an entry, at times a wrong one."""
        if "around" in field.args and self._chance(0.1):
            return {"around": self._id("Comment"), "first": self._size()}
        size = "last" if "last" in field.args and self._chance(0.25) else "first"
        page: dict[str, Any] = {size: self._size()}
        cursors = self._content.cursors.get((path, order_of(order)), [])
        for name in ("after", "before"):
            if name in field.args and self._chance(0.15):
                wrong = [None, "bm90aGluZw"]
                page[name] = self._random.choice([*cursors] * 4 + wrong)
        if self._chance(0.02):
            page |= {"first": 1, "last": 1} if "last" in field.args else {}
        return page

    def _size(self) -> int | None:
        if self._chance(0.04):
            return self._random.choice((None, *_OTHER_SIZES))
        return self._random.choice(_USUAL_SIZES)

    def _value_of(self, given: Given, name: str, about: str, depth: int) -> Any:
        """Choose a value, as JSON has it; ``about`` is the name that tells what an id is of."""
        if self._chance(0.05) and not is_non_null_type(given.type):
            return None
        return self._of_type(given.type, name, about, depth)

    def _of_type(self, kind: Any, name: str, about: str, depth: int) -> Any:
        if is_non_null_type(kind):
            return self._of_type(kind.of_type, name, about, depth)
        if is_list_type(kind):
            most = 2 if name == "orderBy" and not self._chance(0.05) else 4
            count = 1 if most == 2 else self._random.randrange(most)
            return [self._of_type(kind.of_type, name, about, depth) for _ in range(count)]
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind, about, depth)
        if isinstance(kind, GraphQLEnumType):
            return self._random.choice(list(kind.values))
        return self._scalar(kind.name, name, about)

    def _input(self, kind: GraphQLInputObjectType, about: str, depth: int) -> dict[str, Any]:
        fields = list(kind.fields.items())
        if kind.name in _ONE_OF:
            name, field = self._random.choice(fields)
            bare = field.type
            return {name: self._of_type(bare, name, _ONE_OF[kind.name], depth)}
        chosen = {}
        for name, field in fields:
            if is_required_input_field(field) or (
                self._chance(0.3) and (depth > 0 or name not in _NESTED)
            ):
                own = name if name in _NAMED else about
                chosen[name] = self._value_of(field, name, own, depth - (name in _NESTED))
        return chosen

    def _scalar(self, kind: str, name: str, about: str) -> Any:
        choice = self._random.choice
        if kind == "ID":
            return self._id(_NAMED.get(about, about))
        if kind == "Boolean":
            return self._chance(0.5)
        if kind == "Int":
            return choice(_LENGTHS if name == "length" else _COUNTS)
        return choice(_CHOICES[kind]) if kind in _CHOICES else choice(self._texts(name, about))

    def _texts(self, name: str, about: str) -> list[str]:
        if about == "language":
            return ["en", "ja", "e", ""]
        if name in {"startsWith", "username"}:
            return [*self._content.names, "b", "R", "", "%"]
        return [*self._content.slugs.get(about, ()), "nowhere"]

    def _id(self, kind: str) -> str:
        ids = self._content.ids
        if kind not in ids or self._chance(0.05):
            kind = self._random.choice(list(ids))
        return "none" if self._chance(0.01) else self._random.choice(ids[kind])

    def _written(self, given: Given, value: Any, *, in_one_of: bool = False) -> str:
        """Write a value: as a literal, or as a variable."""
        if self._chance(0.25):
            return self._variable(given, value, in_one_of=in_one_of)
        return self._literal_of(given.type, value)

    def _variable(self, given: Given, value: Any, *, in_one_of: bool) -> str:
        name = f"v{len(self._values)}"
        kind = f"{str(given.type).removesuffix('!')}!" if in_one_of else str(given.type)
        default = ""
        if not kind.endswith("!"):
            if self._chance(0.2):
                default = f" = {self._literal_of(given.type, value, is_constant=True)}"
            if self._chance(0.2):
                self._absent.add(name)
        self._types[name] = kind + default
        self._variables.add(name)
        self._values[name] = value
        return f"${name}"

    def _literal_of(self, kind: Any, value: Any, *, is_constant: bool = False) -> str:
        if value is None:
            return "null"
        if is_non_null_type(kind):
            return self._literal_of(kind.of_type, value, is_constant=is_constant)
        if is_list_type(kind):
            items = (self._literal_of(kind.of_type, v, is_constant=is_constant) for v in value)
            return f"[{', '.join(items)}]"
        if isinstance(kind, GraphQLEnumType):
            return str(value)
        if isinstance(kind, GraphQLInputObjectType):
            in_one_of = kind.name in _ONE_OF
            fields = [
                f"{name}: {self._literal_of(kind.fields[name].type, item, is_constant=True)}"
                if is_constant
                else f"{name}: {self._written(kind.fields[name], item, in_one_of=in_one_of)}"
                for name, item in value.items()
            ]
            return f"{{{', '.join(fields)}}}"
        return json.dumps(value, ensure_ascii=False)


def cases_about(content: Content) -> st.SearchStrategy[Case]:
    """Make cases; each comes from a seed, for what hypothesis makes up bit by bit stays small."""
    return st.randoms(use_true_random=True).map(
        lambda random: OperationWriter(random, content).case()
    )
