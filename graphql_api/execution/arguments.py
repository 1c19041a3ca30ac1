"""A field's arguments, worked out once but for the variables in them.

The usual forms alone: constants and defaults, a bare variable for a scalar, and an object literal
of these. For all else `compiled` gives None, and so does what it compiled where a variable is
absent, or null where that matters: then graphql-core coerces and Strawberry converts, as ever.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from operator import itemgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    Node,
    ObjectValueNode,
    Undefined,
    VariableNode,
    Visitor,
    get_named_type,
    is_required_input_field,
    visit,
)
from graphql.execution.values import get_argument_values
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal
from strawberry import UNSET
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.arguments import convert_argument, convert_arguments
from strawberry.types.base import StrawberryOptional, has_object_definition
from strawberry.types.field import StrawberryField

Read = Callable[[Mapping[str, Any]], Any]
"""Gives a converted value from the coerced variables; raises where only the slow way knows."""


class _SlowWayError(Exception):
    """Graphql-core and Strawberry have to say what the value is."""


def compiled(
    definition: GraphQLField, node: FieldNode, field: StrawberryField, schema: Any
) -> Callable[[Mapping[str, Any]], dict[str, Any] | None] | None:
    """Compile the arguments of a field into what Strawberry would hand to its resolver.

    The function that comes back takes the coerced variables. It gives None where the slow way has
    to be taken; without a function, it always has to.
    """
    try:
        fixed, parts = _Compiler(schema).arguments(definition, node, field)
    except Exception:  # noqa: BLE001  # a wrong constant too: said by the slow way
        return None

    def converted(variables: Mapping[str, Any]) -> dict[str, Any] | None:
        given = dict(fixed)
        try:
            for name, read in parts:
                given[name] = read(variables)
        except Exception:  # noqa: BLE001  # what an input's class raises too: it does so again
            return None
        return given

    return converted


def has_variable(node: Node) -> bool:
    """Tell whether a variable stands anywhere in it."""
    if isinstance(node, VariableNode):
        return True
    finder = _FindsVariable()
    visit(node, finder)
    return finder.found


class _FindsVariable(Visitor):
    found = False

    def enter_variable(self, *_: Any) -> None:
        self.found = True


class _Compiler:
    def __init__(self, schema: Any) -> None:
        self._names = schema.config.name_converter
        self._config = schema.config
        self._registry = schema.schema_converter.scalar_registry

    def arguments(
        self, definition: GraphQLField, node: FieldNode, field: StrawberryField
    ) -> tuple[dict[str, Any], list[tuple[str, Read]]]:
        """Give the converted constants, and what reads the others, by their names in Python."""
        given = {each.name.value: each.value for each in node.arguments or ()}
        kinds = {self._names.from_argument(each): each for each in field.arguments}
        constant = dict(definition.args)
        parts: list[tuple[str, Read]] = []
        for name, argument in definition.args.items():
            if argument.out_name is not None or name not in kinds:
                raise _SlowWayError
            if name in given and has_variable(given[name]):
                del constant[name]
                read = self._value(given[name], argument.type, kinds[name].type)
                parts.append((kinds[name].python_name, read))
        # graphql-core looks at the arguments that the field is said to have, and at no others
        raw = get_argument_values(GraphQLField(definition.type, constant), node)
        fixed = convert_arguments(
            raw, field.arguments, scalar_registry=self._registry, config=self._config
        )
        return fixed, parts

    def _value(self, node: Node, expected: Any, kind: Any, *, chosen: bool = False) -> Read:
        """Read a value with variables; one that is ``chosen`` by @oneOf may not be null."""
        is_nullable = not chosen and not isinstance(expected, GraphQLNonNull)
        if type(kind) is StrawberryOptional:
            kind = kind.of_type
        if isinstance(node, VariableNode) and _is_plain_scalar(kind, self._registry):
            read = itemgetter(node.name.value)
            return read if is_nullable else _never_null(read)
        named = get_named_type(expected)
        if (
            isinstance(node, ObjectValueNode)
            and isinstance(named, GraphQLInputObjectType)
            and isinstance(kind, type)
            and has_object_definition(kind)
        ):
            return self._object(node, named, kind)
        raise _SlowWayError

    def _object(self, node: ObjectValueNode, expected: GraphQLInputObjectType, kind: Any) -> Read:
        said = kind.__strawberry_definition__
        is_one_of = said.is_one_of or expected.is_one_of
        checks = expected.out_type is not GraphQLInputObjectType.out_type
        if said.from_input is not None or (checks and not is_one_of):
            raise _SlowWayError
        given = {each.name.value: each.value for each in node.fields}
        if not given.keys() <= expected.fields.keys() or (is_one_of and len(given) != 1):
            raise _SlowWayError
        fixed: dict[str, Any] = {
            each.python_name: None
            for each in said.fields
            if said.is_input and each.default_value is MISSING and each.default_factory is MISSING
        }
        parts: list[tuple[str, Read]] = []
        for field in said.fields:
            name = self._names.from_field(field)
            declared = expected.fields[name]
            inner = field.resolve_type(type_definition=said)
            if name in given and has_variable(given[name]):
                read = self._value(given[name], declared.type, inner, chosen=is_one_of)
                parts.append((field.python_name, read))
                continue
            value = _constant(declared, given.get(name))
            if value is not Undefined:
                if is_one_of:  # beside the one that has a variable
                    raise _SlowWayError
                fixed[field.python_name] = convert_argument(
                    value, inner, self._registry, self._config
                )
        return _built(kind, fixed, parts)


def _is_plain_scalar(kind: Any, registry: Any) -> bool:
    """Tell whether values of a Strawberry type reach resolvers as graphql-core coerced them."""
    return is_scalar(kind, registry) and kind is not GlobalID


def _constant(declared: GraphQLInputField, node: Any) -> Any:
    """Coerce what an object literal gives for a field, or its default; Undefined without."""
    if declared.out_name is not None:
        raise _SlowWayError
    if node is None:
        if is_required_input_field(declared):
            raise _SlowWayError
        return coerce_default_value(declared)
    value = coerce_input_literal(node, declared.type)
    if value is Undefined:
        raise _SlowWayError
    return value


def _never_null(read: Read) -> Read:
    def checked(variables: Mapping[str, Any]) -> Any:
        value = read(variables)
        if value is None or value is UNSET:
            raise _SlowWayError
        return value

    return checked


def _built(kind: Any, fixed: dict[str, Any], parts: list[tuple[str, Read]]) -> Read:
    def build(variables: Mapping[str, Any]) -> Any:
        given = dict(fixed)
        for name, read in parts:
            given[name] = read(variables)
        return kind(**given)

    return build
