"""Where Strawberry and graphql-core meet the plans: `execute_operation` of the executor class."""

import asyncio
from collections.abc import Iterable
from typing import Any

from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    located_error,
    visit,
)
from graphql.execution.collect_fields import collect_fields
from strawberry.schema.base import BaseSchema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.errors import ApiError
from graphql_api.execution.cache import BoundedCache
from graphql_api.execution.classify import UnplannedError
from graphql_api.execution.compile import compile_plan
from graphql_api.execution.counters import Counters
from graphql_api.execution.documents import bytes_of, documents_of
from graphql_api.execution.options import Execution, Mode, options_of
from graphql_api.execution.plan import Plan
from graphql_api.execution.run import Run
from graphql_api.execution.started import Started
from graphql_api.execution.started import serially as run_serially

MOST_BYTES = 32 * 2**20
"""What the plans of one schema may take in memory."""

MOST_MISTAKES = 10
"""Wrong values of variables that are told of; each message is written from the whole variable."""

# what the plan of an operation takes for each of its fields, its code included, measured with
# tracemalloc (tests/execution/test_documents.py holds it)
BYTES_PER_FIELD = 8000

Kept = tuple[OperationDefinitionNode, "Plan | UnplannedError"]
_EXTENSION = "graphql_api.execution.plans"


class PlanExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs operations by plans; give it to a schema as its ``execution_context_class``.

    What no plan can do goes to graphql-core, with the same resolvers and the same answer.
    """

    counters = Counters()
    """Of all schemas of the process."""

    waits_its_turn = False
    """Whether it is for an event of a subscription, which may not run at once."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001  # as graphql-core calls it
        """Execute the operation; the result, or something to await it."""
        if self.waits_its_turn:
            return self._in_turn()
        run = Run.of(self)
        options = options_of(self.context_value)
        try:
            self._check_plannable(options)
            booleans = self._boolean_values()
            plan = plan_of(run, self.schema, self.operation, booleans, options)
        except UnplannedError as unplanned:
            return self.fall_back(str(unplanned), serially)
        if plan.awaits_loaders:
            _check_loop()
        self.counters.planned += 1
        if serially or (serially is None and is_mutation(self.operation)):
            return run_serially(plan, run)
        return Started(plan, run).answer()

    def build_per_event_executor(self, payload: Any) -> Any:
        """Prepare for an event of a subscription, in a context that shares nothing with others."""
        executor: Any = super().build_per_event_executor(payload)
        if hasattr(self.context_value, "for_event"):
            executor.context_value = self.context_value.for_event()
            executor.waits_its_turn = hasattr(self.context_value, "in_turn")
        return executor

    async def _in_turn(self) -> Any:
        """Execute for an event; where it gets no turn, that is the error of its one field."""
        try:
            return await self.context_value.in_turn(self._executed)
        except ApiError as error:
            kind = self.schema.subscription_type
            assert kind is not None  # noqa: S101  # or there were no event
            given = (self.schema, self.fragments, self.variable_values, kind, self.operation)
            [(name, details)] = collect_fields(*given).grouped_field_set.items()
            nodes = [each.node for each in details]
            return ExecutionResult(None, [located_error(error, nodes, [name])])

    async def _executed(self) -> Any:
        self.waits_its_turn = False
        result = self.execute_operation(serially=False)
        return await result if self.is_awaitable(result) else result

    def fall_back(self, reason: str, serially: bool | None = None) -> Any:  # noqa: FBT001  # passed on
        """Have graphql-core run an operation that no plan can run."""
        self.counters.fell_back(self._named(), reason)
        return super().execute_operation(serially)

    def run_again(self, reason: str) -> Any:
        """Have graphql-core run an operation whose plan gave up."""
        self.counters.ran_again(self._named(), reason)
        return super().execute_operation(None)

    def get_stream_usage(self, *given: Any) -> Any:
        """Read a @stream; graphql-core takes what a client wrote wrongly for a fault of ours."""
        try:
            return super().get_stream_usage(*given)
        except (TypeError, ValueError) as error:
            raise GraphQLError(str(error)) from None

    def build_stream_item_queue(self, *given: Any) -> Any:
        """Begin all items of a @stream at once, so that what they need is loaded together.

        graphql-core would begin one when the one before is complete: a statement for each.
        """
        self.enable_early_execution = True
        try:
            return super().build_stream_item_queue(*given)
        finally:
            self.enable_early_execution = False

    def _check_plannable(self, options: Execution) -> None:
        """Raise `UnplannedError` where graphql-core has to run the operation whatever it is."""
        check_mode(options)
        if self.middleware_manager and self.middleware_manager.middlewares:
            raise UnplannedError("an extension with `resolve`")
        if self.abort_signal is not None or self.hooks is not None:
            raise UnplannedError("an abort signal or hooks of graphql-core")

    def _boolean_values(self) -> tuple[Any, ...]:
        """Return the values of the variables in @skip and @include: the plan depends on these."""
        names = boolean_names(self.operation, self.fragment_definitions.values())
        return tuple(map(self.variable_values.coerced.get, names))

    def _named(self) -> str:
        return self.operation.name.value if self.operation.name else "an unnamed operation"


def check_mode(options: Execution) -> None:
    """Raise `UnplannedError` where graphql-core was asked for."""
    if options.mode is Mode.REFERENCE:
        raise UnplannedError("asked for")


def is_mutation(operation: OperationDefinitionNode) -> bool:
    """Tell whether the fields of the operation's root run one after the other."""
    return operation.operation is OperationType.MUTATION


def plan_of(
    run: Run,
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    booleans: tuple[Any, ...],
    options: Execution,
) -> Plan:
    """Return the plan of an operation for the values of the variables in @skip and @include.

    Raises:
        UnplannedError: only graphql-core can run it.
    """
    kept = plans_of(schema)
    # an entry holds its operation, so that no other can come to have the same id
    key = (id(operation), options.leaves_times, booleans)
    entry = kept.get(key)
    if entry is None:
        plan: Plan | UnplannedError
        try:
            plan = compile_plan(run, leaves_times=options.leaves_times)
            n_fields = plan.n_fields + 1
            PlanExecutor.counters.compiled += 1
        except UnplannedError as unplanned:
            plan, n_fields = UnplannedError(*unplanned.args), 1  # without what led to it
        except GraphQLError:  # its message may hold what a client sent
            plan, n_fields = UnplannedError("a wrong argument of @skip or @include"), 1
        entry = (operation, plan)
        kept.put(key, entry, BYTES_PER_FIELD * n_fields + bytes_of(operation))
    found = entry[1]
    if isinstance(found, UnplannedError):
        raise UnplannedError(*found.args)  # the kept one would collect tracebacks
    return found


def plans_of(schema: GraphQLSchema) -> BoundedCache[Kept]:
    """Return the cache of a schema's plans, which the schema holds: plans hold its types."""
    kept: BoundedCache[Kept] | None = schema.extensions.get(_EXTENSION)
    if kept is None:
        kept = schema.extensions[_EXTENSION] = BoundedCache(MOST_BYTES)
    return kept


def caches_of(schema: BaseSchema) -> dict[str, BoundedCache[Any]]:
    """Return what a schema keeps, by what it is."""
    of_core: GraphQLSchema = schema._schema  # type: ignore[attr-defined]  # noqa: SLF001  # Strawberry's
    return {"documents": documents_of(schema), "plans": plans_of(of_core)}


def _check_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "this operation loads from a database, which needs an event loop:"
            " use `await schema.execute(…)` rather than `schema.execute_sync(…)`"
        ) from None


class _FindsConditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_directive(self, node: Any, *_: Any) -> None:
        if node.name.value in {"skip", "include", "defer"}:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    self.names[argument.value.name.value] = None


def boolean_names(
    operation: OperationDefinitionNode, fragments: Iterable[FragmentDefinitionNode]
) -> tuple[str, ...]:
    """Name the operation's variables in @skip and @include, wherever in its document."""
    finder = _FindsConditions()
    visit(operation, finder)
    for fragment in fragments:
        visit(fragment, finder)
    declared = {each.variable.name.value for each in operation.variable_definitions or ()}
    return tuple(name for name in finder.names if name in declared)
