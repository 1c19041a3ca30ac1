"""Operations of valid documents, prepared once: what a run needs, without graphql-core's executor.

The executor takes longer to build than a small plan to run, and a plan that meets nothing unusual
asks it for nothing. Here it is made when something asks for it, by graphql-core's own function.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    get_operation_ast,
    is_non_null_type,
    type_from_ast,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.types.graphql import OperationType

from graphql_api.execution.classify import UnplannedError
from graphql_api.execution.documents import KnownDocument
from graphql_api.execution.executor import (
    MOST_MISTAKES,
    PlanExecutor,
    boolean_names,
    check_mode,
    is_mutation,
    plan_of,
)
from graphql_api.execution.options import options_of
from graphql_api.execution.run import Run
from graphql_api.execution.started import Started, serially

# the classes whose values graphql-core takes as they are, but for what `_TESTS` says
_TAKEN = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLInt: int,
    GraphQLFloat: float,
    GraphQLBoolean: bool,
}
_TESTS: dict[type, Callable[[Any], bool]] = {
    int: lambda value: -(2**31) <= value < 2**31,
    float: lambda value: value - value == 0.0,  # neither infinite nor NaN
}
_Variable = tuple[str, type | None, Callable[[Any], bool] | None, bool, bool]


class Prepared:
    """One operation of a valid document.

    It holds no schema: what is kept with a document would keep its schema alive.
    """

    __slots__ = (
        "_booleans",
        "_document",
        "_is_mutation",
        "_name",
        "_operation",
        "_variables",
        "name",
        "type",
    )

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        name: str | None,
    ) -> None:
        self._document = document
        self._operation = operation
        self._name = name
        self.type = OperationType(operation.operation.value)
        """What kind of operation it is."""
        self.name = operation.name.value if operation.name else None
        self._booleans = boolean_names(
            operation,
            [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)],
        )
        self._is_mutation = is_mutation(operation)
        self._variables = [_variable(schema, each) for each in operation.variable_definitions or ()]

    def start(
        self,
        schema: GraphQLSchema,
        given: dict[str, Any] | None,
        root_value: Any,
        context: Any,
        extensions: dict[str, Any] | None,
    ) -> Any:
        """Start the operation with the variables that were ``given``.

        Returns a plan that has `Started`; or the result, or something to await it, where there is
        no more to be done here: of a mutation, or of what graphql-core runs.
        """
        variables = self._coerced(given or {})
        make_executor = partial(
            PlanExecutor.build,
            schema,
            self._document,
            root_value,
            context,
            given,
            self._name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # Strawberry's
            operation_extensions=extensions,
            max_coercion_errors=MOST_MISTAKES,
        )
        if variables is None:
            executor = make_executor()
            if isinstance(executor, list):
                return ExecutionResult(None, executor)  # what is wrong with the variables
            return executor.execute_operation()
        run = Run(context, root_value, variables, make_executor)
        options = options_of(context)
        try:
            check_mode(options)
            booleans = tuple(map(variables.get, self._booleans))
            plan = plan_of(run, schema, self._operation, booleans, options)
        except UnplannedError as unplanned:
            return run.executor.fall_back(str(unplanned))
        PlanExecutor.counters.planned += 1
        return serially(plan, run) if self._is_mutation else Started(plan, run)

    def _coerced(self, given: dict[str, Any]) -> dict[str, Any] | None:
        values: dict[str, Any] = {}
        for name, taken, test, is_nullable, has_default in self._variables:
            value = given.get(name, Undefined)
            if value.__class__ is taken:
                if test is not None and not test(value):
                    return None
                values[name] = value
            elif not is_nullable:
                return None
            elif value is None:
                values[name] = None
            elif value is not Undefined or has_default:
                return None
        return values


def operation_of(schema: GraphQLSchema, known: KnownDocument, name: str | None) -> Prepared | None:
    """Return an operation of a document, prepared; None where the document has none of the name.

    It is kept with the document.
    """
    found: Prepared | None = known.prepared.get(name)
    if found is None:
        operation = get_operation_ast(known.document, name)
        if operation is None:
            return None
        found = known.prepared[name] = Prepared(schema, known.document, operation, name)
    return found


def _variable(schema: GraphQLSchema, node: VariableDefinitionNode) -> _Variable:
    kind: Any = type_from_ast(schema, node.type)
    is_nullable = not is_non_null_type(kind)
    taken = _TAKEN.get(kind if is_nullable else kind.of_type)
    test = None if taken is None else _TESTS.get(taken)
    # what is none of these is coerced by graphql-core whatever its value: null, too
    is_nullable = is_nullable and taken is not None
    return node.variable.name.value, taken, test, is_nullable, node.default_value is not None
