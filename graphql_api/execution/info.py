"""What resolvers are told: arguments, and the info object, whose path is found when it is read."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, VariableNode, Visitor, visit
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField

At = Callable[[], list[Path | None]]
"""Gives the paths of a column of values."""


class Arguments:
    """The arguments of one field of an operation; worked out once where no variable is in them."""

    __slots__ = (
        "_definition",
        "_details",
        "_field",
        "_kept",
        "_scalars",
        "is_constant",
        "is_empty",
    )

    def __init__(
        self, definition: GraphQLField, details: FieldDetails, field: StrawberryField | None
    ) -> None:
        self._definition = definition
        self._details = details
        self._field = field
        self._kept: dict[str, Any] | None = None
        self._scalars: dict[str, str] | None = None
        self.is_empty = not definition.args and not details.node.arguments
        self.is_constant = self.is_empty or not _has_variable(details.node)

    def raw(self, executor: Any) -> dict[str, Any]:
        """Return them as graphql-core coerces them.

        Raises:
            GraphQLError: a value does not fit.
        """
        if self.is_empty:
            return {}
        return get_argument_values(
            self._definition,
            self._details.node,
            executor.variable_values,
            self._details.fragment_variable_values,
            executor.hide_suggestions,
        )

    def converted(self, executor: Any) -> Mapping[str, Any]:
        """Return them as Strawberry would hand them to a resolver.

        Raises:
            GraphQLError: a value does not fit.
        """
        if self._kept is not None:
            return self._kept
        if self._field is None or self.is_empty:
            return {}
        schema = executor.schema._strawberry_schema  # noqa: SLF001  # how Strawberry links them
        raw = self.raw(executor)
        if self._scalars is None:
            self._scalars = _scalars(self._field, schema)
        if self._scalars.keys() >= raw.keys():
            converted = {self._scalars[name]: value for name, value in raw.items()}
        else:
            converted = convert_arguments(
                raw,
                self._field.arguments,
                scalar_registry=schema.schema_converter.scalar_registry,
                config=schema.config,
            )
        if self.is_constant:
            self._kept = converted
        return converted


def _scalars(field: StrawberryField, schema: Any) -> dict[str, str]:
    """Return the Python names of the arguments that reach a resolver as graphql-core gives them."""
    registry = schema.schema_converter.scalar_registry
    names: dict[str, str] = {}
    for argument in field.arguments:
        kind = argument.type
        if type(kind) is StrawberryOptional:
            kind = kind.of_type
        if is_scalar(kind, registry) and kind is not GlobalID:
            names[schema.config.name_converter.from_argument(argument)] = argument.python_name
    return names


class _FindsVariable(Visitor):
    found = False

    def enter_variable(self, *_: Any) -> None:
        self.found = True


def _has_variable(node: FieldNode) -> bool:
    finder = _FindsVariable()
    for argument in node.arguments or ():
        if isinstance(argument.value, VariableNode):
            return True
        visit(argument, finder)
    return finder.found


class LazyInfo:
    """Looks like graphql-core's ``GraphQLResolveInfo``, and finds its path when asked."""

    __slots__ = (
        "_at",
        "_index",
        "abort_signal",
        "async_helpers",
        "context",
        "field_name",
        "field_nodes",
        "fragments",
        "is_awaitable",
        "operation",
        "operation_extensions",
        "parent_type",
        "return_type",
        "root_value",
        "schema",
        "variable_values",
    )

    def __init__(  # as many as graphql-core's has
        self,
        executor: Any,
        *,
        nodes: list[FieldNode],
        definition: GraphQLField,
        parent_type: GraphQLObjectType,
        at: At,
        index: int,
    ) -> None:
        self.field_name = nodes[0].name.value
        self.field_nodes = nodes
        self.return_type = definition.type
        self.parent_type = parent_type
        self._at = at
        self._index = index
        self.schema = executor.schema
        self.fragments = executor.fragment_definitions
        self.root_value = executor.root_value
        self.operation = executor.operation
        self.variable_values = executor.variable_values.coerced
        self.context = executor.context_value
        self.is_awaitable = executor.is_awaitable
        self.abort_signal = executor.abort_signal
        self.async_helpers = executor.async_helpers
        self.operation_extensions = executor.operation_extensions

    @property
    def path(self) -> Path | None:
        """Where the field stands in the answer."""
        return self._at()[self._index]
