"""Scalars and enums: an expression for the usual values, and the exact rules behind it."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphql import GraphQLEnumType, GraphQLLeafType, Undefined
from graphql.pyutils import inspect
from strawberry.execution import optimized_is_awaitable as is_awaitable

from graphql_api.execution.errors import Failed, null_error

if TYPE_CHECKING:
    from graphql_api.execution.declare import Exact
    from graphql_api.execution.plan import Field
    from graphql_api.execution.run import Run

Exactly = Callable[[Any, "Run"], Any]


class RerunNeededError(Exception):
    """A plan met what only graphql-core can do; the message is the reason."""


class Leaf:
    """A scalar or an enum at one place of an operation."""

    def __init__(
        self, kind: GraphQLLeafType, field: "Field", *, nullable: bool, leaves_times: bool
    ) -> None:
        self._kind = kind
        self._field = field
        self._nullable = nullable
        self._leaves_times = leaves_times

    def exactly(self, value: Any, run: "Run") -> Any:
        """Complete any value as graphql-core does; a `Failed` where it cannot be."""
        try:
            if isinstance(value, Exception):
                raise value  # noqa: TRY301  # a loader or resolver returned it
            if value is None or value is Undefined:
                if self._nullable:
                    return None
                raise null_error(self._field)  # noqa: TRY301  # for one place that catches
            return self._coerced(value)
        except RerunNeededError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a field raises is its error
            run.has_errors = True
            return Failed(error)

    def _coerced(self, value: Any) -> Any:
        if is_awaitable(value):
            if hasattr(value, "close"):
                value.close()
            raise RerunNeededError("an attribute gave something to await")
        if (
            self._leaves_times
            and value.__class__ is datetime
            and self._is_written_by(datetime.isoformat)
        ):
            return value
        coerced = self._kind.coerce_output_value(value)
        if coerced is Undefined or coerced is None:
            kind, given = inspect(self._kind), inspect(value)
            raise TypeError(
                f"Expected `{kind}.coerce_output_value({given})` to return non-nullable value,"
                f" returned: {inspect(coerced)}"
            )
        return coerced

    def expression(self, first: str, value: str, names: dict[str, Any], number: int) -> str:
        """Write the expression that completes ``value``, which is ``first`` where it is met first.

        What it needs goes into ``names``. Each form holds for values that `exactly` would return as
        they are, or nearly; all others it hands on.
        """
        names[f"exactly{number}"] = self.exactly
        otherwise = f"exactly{number}({value}, run)"
        null = f" or {value} is None" if self._nullable else ""
        if isinstance(self._kind, GraphQLEnumType):
            names[f"names{number}"] = _names(self._kind).get
            return f"(names{number}({first}) or {otherwise})"
        if self._kind.name == "ID":
            return (
                f"({value} if {first}.__class__ is str{null}"
                f" else str({value}) if {value}.__class__ is int else {otherwise})"
            )
        usual = self._usual()
        if usual is None:
            return f"exactly{number}({first}, run)"
        test = _TESTS.get(self._kind.name, "")
        names[usual.__name__] = usual
        if usual is datetime and not self._leaves_times:
            iso = f"{value}.isoformat() if {first}.__class__ is datetime"
            nothing = f"None if {value} is None else " if self._nullable else ""
            return f"({iso} else {nothing}{otherwise})"
        known = f"{first}.__class__ is {usual.__name__}{test.format(value)}"
        return f"({value} if {known}{null} else {otherwise})"

    def writes(self, exact: "Exact | None") -> bool:
        """Tell whether every value of which so much is known is written as it is."""
        if exact is None:
            return False
        kind, may_be_null = exact
        if may_be_null and not self._nullable:
            return False
        if self._kind.name == "ID":
            return kind is str
        return kind is self._usual() and (kind is not datetime or self._leaves_times)

    def _usual(self) -> type | None:
        """Return the class whose values need no change, but for times as texts."""
        built_in = _BUILT_IN.get(self._kind.name)
        if built_in is not None:
            return built_in
        if self._is_written_by(datetime.isoformat):
            return datetime
        return next((kind for kind in (int, str) if self._is_written_by(kind)), None)

    def _is_written_by(self, function: object) -> bool:
        """Tell whether a custom scalar writes values with ``function`` and nothing else."""
        return getattr(self._kind, "coerce_output_value", None) == function


_BUILT_IN: dict[str, type] = {"String": str, "Int": int, "Float": float, "Boolean": bool}
_TESTS = {
    "Int": " and -2147483648 <= {0} <= 2147483647",
    "Float": " and {0} - {0} == 0.0",  # neither infinite nor NaN
}


def _names(kind: GraphQLEnumType) -> dict[Any, str]:
    """Map what a field may hold for an enum to the name of the value."""
    names: dict[Any, str] = {}
    members = getattr(kind, "wrapped_cls", ())
    for name, value in kind.values.items():
        names[value.value] = name
    for member in members:
        plain = getattr(member, "value", member)
        if plain in names:
            names[member] = names[plain]
    return names
