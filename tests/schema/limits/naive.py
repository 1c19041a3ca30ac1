"""What the measures of a document mean: every fragment is expanded, every object is counted.

Everything is read from the SDL and counted from the root down, list by list, so that it has nothing
in common with the walk that it is compared with.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import graphql
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    value_from_ast_untyped,
)

from graphql_api.schema.sdl import sdl

SCHEMA = graphql.build_schema(sdl())

# found by an argument, where no other field is loaded with them
_FOUND = {"node", "nodes", "post", "user", "tag", "category", "categories"}
# lists whose parents know how long they are
_KNOWN = {"CommentsByPost", "LikersByPost", "RepliesByComment", "LikersByComment"}
_KNOWN |= {"PostsByAuthor", "FollowersByUser", "FollowingByUser", "PostsByTag"}
_FILTERS = {"where", "startsWith", "includeDescendants", "subjectId", "actorId", "action", "range"}
_INTROSPECTION = {"__schema", "__type"}


@dataclass
class Count:
    """One operation."""

    width: int = 0
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    cost: int = 0
    nodes: int = 0
    waves: dict[tuple[int, int], set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def statements(self) -> int:
        """How many statements go out: those of a wave with one loader together."""
        return sum(map(len, self.waves.values()))


@dataclass(frozen=True)
class _Place:
    """Where selections stand."""

    kind: Any
    times: int
    """How many objects they are for."""
    entries: int = 1
    """How many entries the list around them has."""
    depth: int = 1
    wave: tuple[int, int] = (0, 0)
    counted: frozenset[str] = frozenset()
    """What counts the list around them."""


class Counter:
    """Counts one operation of a document."""

    def __init__(self, document: DocumentNode, variables: dict[str, Any]) -> None:
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        [self._operation] = [
            each for each in document.definitions if isinstance(each, OperationDefinitionNode)
        ]
        defaults = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in self._operation.variable_definitions or ()
            if each.default_value is not None
        }
        self._variables = defaults | variables
        self._is_serial = self._operation.operation is OperationType.MUTATION
        self._n_roots = 0
        self.count = Count()

    def run(self) -> Count:
        """Count it."""
        kind = SCHEMA.get_root_type(self._operation.operation)
        self._walk(self._operation.selection_set, _Place(kind, 1))
        return self.count

    def _walk(self, selections: Any, place: _Place) -> None:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                self._field(each, place)
            elif isinstance(each, FragmentSpreadNode):
                definition = self._fragments[each.name.value]
                self._walk(definition.selection_set, _at(place, definition.type_condition))
            else:
                self._walk(each.selection_set, _at(place, each.type_condition))

    def _field(self, node: FieldNode, place: _Place) -> None:
        count, name = self.count, node.name.value
        count.fields += 1
        count.depth = max(count.depth, place.depth)
        count.width += place.depth == 1
        if name in _INTROSPECTION:
            return
        count.aliases += node.alias is not None
        if place.depth == 1 and self._is_serial:
            self._n_roots += 1
            place = _with(place, wave=(self._n_roots, 0))
        if name == "totalCount":
            serial, wave = place.wave
            count.waves[serial, wave] |= place.counted
        declared = _declared(place.kind, name)
        if node.selection_set is None and declared is None:
            return
        below = self._below(node, place, declared)
        if node.selection_set is not None:
            self._walk(node.selection_set, _with(below, depth=place.depth + 1))

    def _below(self, node: FieldNode, place: _Place, declared: "_Declared | None") -> _Place:
        kind, is_list = _type_of(place.kind, node.name.value)
        if declared is None:
            if is_list:
                return _with(place, kind=kind, times=place.times * place.entries, entries=1)
            return _with(place, kind=kind)
        size = self._size(node, declared, is_list=is_list)
        each = size if declared.multipliers else 1
        self.count.cost += place.times * declared.weight * each
        serial, wave = place.wave
        if declared.loaders:
            self.count.waves[serial, wave] |= declared.loaders
            self.count.nodes += place.times * size * is_composite_type(kind)
            wave += 1
        times, entries = (place.times * size, 1) if is_list else (place.times, size)
        counted = frozenset(f"{each} counted" for each in self._counted(node, declared))
        return _Place(kind, times, entries, wave=(serial, wave), counted=counted)

    def _counted(self, node: FieldNode, declared: "_Declared") -> set[str]:
        if "first" not in declared.multipliers:
            return set()  # it is no page
        given = {each.name.value for each in node.arguments or ()}
        unknown = declared.loaders - _KNOWN
        # one list that has to be counted is enough for all that the field may be
        return declared.loaders if given & _FILTERS or unknown else set()

    def _size(self, node: FieldNode, declared: "_Declared", *, is_list: bool) -> int:
        if not declared.multipliers:
            return (declared.weight or 1) if is_list else 1
        arguments = {each.name.value: each.value for each in node.arguments or ()}
        sizes = []
        for name in declared.multipliers:
            if name in arguments:
                value = value_from_ast_untyped(arguments[name], self._variables)
                if isinstance(value, list):
                    value = len(value)
                if isinstance(value, int):
                    sizes.append(min(max(value, 0), 100))
        product = 1
        for size in sizes:
            product *= size
        return product if sizes else 20


@dataclass(frozen=True)
class _Declared:
    weight: int
    multipliers: list[str]
    loaders: set[str]


def _declared(kind: Any, name: str) -> _Declared | None:
    """Read what a field's directives say; of an interface's what those of its types do."""
    own = _directives(kind, name)
    if is_abstract_type(kind) and hasattr(kind, "fields") and name in kind.fields:
        for each in SCHEMA.get_possible_types(kind):
            other = _directives(each, name)
            own = _Declared(
                max(own.weight, other.weight),
                own.multipliers or other.multipliers,
                own.loaders | other.loaders,
            )
    return own if own.weight or own.loaders else None


def _directives(kind: Any, name: str) -> _Declared:
    known = getattr(kind, "fields", {}).get(name)
    weight, multipliers, loaders = 0, [], set()
    if known is not None and kind is SCHEMA.query_type and name in _FOUND:
        loaders = {name}
    for each in (known and known.ast_node and known.ast_node.directives) or ():
        values = {given.name.value: value_from_ast_untyped(given.value) for given in each.arguments}
        if each.name.value == "cost":
            weight, multipliers = values["weight"], values.get("multipliers", [])
        elif each.name.value == "batched":
            loaders = {values["loader"]}
    return _Declared(weight, multipliers, loaders)


def _type_of(kind: Any, name: str) -> tuple[Any, bool]:
    known = getattr(kind, "fields", {}).get(name)
    if known is None:
        return None, False
    return get_named_type(known.type), is_list_type(get_nullable_type(known.type))


def _at(place: _Place, condition: Any) -> _Place:
    return place if condition is None else _with(place, kind=SCHEMA.get_type(condition.name.value))


def _with(place: _Place, **changed: Any) -> _Place:
    return _Place(**{**place.__dict__, **changed})
