"""What resolvers are told: arguments, and the info object, whose path is found when it is read."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from graphql_api.execution.arguments import compiled, has_variable
from graphql_api.execution.run import Run

At = Callable[[], list[Path | None]]
"""Gives the paths of a column of values."""


class Arguments:
    """The arguments of one field of an operation; worked out once but for the variables in them."""

    __slots__ = (
        "_compiled",
        "_definition",
        "_details",
        "_field",
        "_is_compiled",
        "_kept",
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
        self._compiled: Callable[[Mapping[str, Any]], dict[str, Any] | None] | None = None
        self._is_compiled = False
        self.is_empty = not definition.args and not details.node.arguments
        self.is_constant = self.is_empty or not any(
            has_variable(argument.value) for argument in details.node.arguments or ()
        )

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

    def converted(self, run: Run) -> Mapping[str, Any]:
        """Return them as Strawberry would hand them to a resolver.

        Raises:
            GraphQLError: a value does not fit.
        """
        if self._kept is not None:
            return self._kept
        if self._field is None or self.is_empty:
            return {}
        if not self._is_compiled:
            self._compile(self._field, run)
        if self._compiled is not None:
            converted = self._compiled(run.variables)
            if converted is not None:
                return converted
        return self._converted_slowly(self._field, run)

    def _compile(self, field: StrawberryField, run: Run) -> None:
        self._is_compiled = True
        if not self.is_constant and self._details.fragment_variable_values is None:
            schema = _schema_of(run)
            self._compiled = compiled(self._definition, self._details.node, field, schema)

    def _converted_slowly(self, field: StrawberryField, run: Run) -> dict[str, Any]:
        schema = _schema_of(run)
        converted = convert_arguments(
            self.raw(run.executor),
            field.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
        )
        if self.is_constant:
            self._kept = converted
        return converted


def _schema_of(run: Run) -> Any:
    return run.executor.schema._strawberry_schema  # noqa: SLF001  # how Strawberry links them


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
