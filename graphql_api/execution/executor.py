"""Where Strawberry and graphql-core meet the plans: `execute_operation` of the executor class."""

import asyncio
from collections.abc import Generator
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    visit,
)
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.execution.cache import BoundedCache
from graphql_api.execution.classify import UnplannedError
from graphql_api.execution.compile import Plan, compile_plan
from graphql_api.execution.counters import Counters
from graphql_api.execution.documents import bytes_of
from graphql_api.execution.errors import NULLED, ErrorPass
from graphql_api.execution.leaves import RerunNeededError
from graphql_api.execution.options import DEFAULT, Execution, Mode
from graphql_api.execution.plan import Frame
from graphql_api.execution.run import Run

MOST_BYTES = 64 * 2**20
"""What the plans of one schema may take in memory."""

# what the plan of an operation takes for each of its fields, its code included, measured with
# tracemalloc (tests/execution/test_documents.py holds it)
BYTES_PER_FIELD = 8000

Kept = tuple[OperationDefinitionNode, "Plan | UnplannedError | tuple[str, ...]"]
_EXTENSION = "graphql_api.execution.plans"


class PlanExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs operations by plans; give it to a schema as its ``execution_context_class``.

    What no plan can do goes to graphql-core, with the same resolvers and the same answer.
    """

    counters = Counters()
    """Of all schemas of the process."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001  # as graphql-core calls it
        """Execute the operation; the result, or something to await it."""
        options: Execution = getattr(self.context_value, "execution", DEFAULT)
        try:
            self._check_plannable(options)
            plan = self._plan(options)
        except UnplannedError as unplanned:
            self.counters.fell_back(self._named(), str(unplanned))
            return super().execute_operation(serially)
        if plan.awaits_loaders:
            _check_loop()
        self.counters.planned += 1
        return self._started(plan, Run(self), serially=serially)

    def _check_plannable(self, options: Execution) -> None:
        """Raise `UnplannedError` where graphql-core has to run the operation whatever it is."""
        if options.mode is Mode.REFERENCE:
            raise UnplannedError("asked for")
        if self.middleware_manager and self.middleware_manager.middlewares:
            raise UnplannedError("an extension with `resolve`")
        if self.abort_signal is not None or self.hooks is not None:
            raise UnplannedError("an abort signal or hooks of graphql-core")

    def _started(self, plan: Plan, run: Run, *, serially: bool | None) -> Any:
        if serially or (serially is None and self._is_mutation):
            return self._serially(plan, run)
        frame = plan.root.opened([self.root_value], run, _root)
        if run.waiting:
            return self._awaited(plan, frame, run)
        return self._finished_or_rerun(plan, frame, run)

    async def _awaited(self, plan: Plan, frame: Frame, run: Run) -> ExecutionResult:
        await run.levels()
        result = self._finished_or_rerun(plan, frame, run)
        if isinstance(result, ExecutionResult):
            return result
        awaited: ExecutionResult = await result
        return awaited

    def _finished_or_rerun(self, plan: Plan, frame: Frame, run: Run) -> Any:
        try:
            (data,) = frame.finish(run)
            return self._result(plan, data, run)
        except RerunNeededError as needed:
            reason = str(needed)
        except RecursionError:  # graphql-core takes fewer frames a level than the pass over errors
            reason = "an answer nested too deeply for a plan"
        self.counters.ran_again(self._named(), reason)
        return super().execute_operation(None)

    def _serially(self, plan: Plan, run: Run) -> Any:
        """Run the fields of the root one after the other, each with all that is below it."""
        steps = self._serial_steps(plan, run)
        try:
            next(steps)
        except StopIteration as ended:
            return ended.value

        async def rest() -> Any:
            while True:
                await run.levels()
                try:
                    next(steps)
                except StopIteration as ended:
                    return ended.value

        return rest()

    def _serial_steps(self, plan: Plan, run: Run) -> Generator[None, None, ExecutionResult]:
        """Yield whenever something is to be waited for."""
        root = plan.root
        answer: dict[str, Any] = {}
        for field in root.fields:
            if field not in root.columned:
                answer[field.key] = root.type.name
                continue
            column = field.start(root, [self.root_value], run, _root)
            if run.waiting:
                yield
            (answer[field.key],) = column.finish(run)
            if run.has_errors and self._ends_mutation(plan, field, answer, run):
                break
        return self._result(plan, answer, run)

    def _ends_mutation(self, plan: Plan, field: Any, answer: dict[str, Any], run: Run) -> bool:
        """Tell whether the field nulled everything: the fields after it are then not run."""
        value = ErrorPass(run).of_field(plan.root, field, answer[field.key], None)
        return value is NULLED

    def _result(self, plan: Plan, data: dict[str, Any], run: Run) -> ExecutionResult:
        result = ExecutionResult(data, None)
        if run.has_errors:
            mending = ErrorPass(run)
            mended = mending.of_object(plan.root, data, None)
            result = ExecutionResult(None if mended is NULLED else mended, mending.errors or None)
        # these lead back here, and would keep all that the operation loaded until the garbage
        # collector comes by, which costs more than to run the plan
        self.async_helpers = None  # type: ignore[assignment]  # the operation is over
        return result

    def _plan(self, options: Execution) -> Plan:
        kept = plans_of(self.schema)
        booleans = self._boolean_values(kept)
        # an entry holds its operation, so that no other can come to have the same id
        key = (id(self.operation), options.leaves_times, booleans)
        entry = kept.get(key)
        if entry is None:
            plan: Plan | UnplannedError
            try:
                plan = compile_plan(self, leaves_times=options.leaves_times)
                n_fields = plan.n_fields + 1
                self.counters.compiled += 1
            except UnplannedError as unplanned:
                plan, n_fields = unplanned.with_traceback(None), 1
            except GraphQLError:  # its message may hold what a client sent
                plan, n_fields = UnplannedError("a wrong argument of @skip or @include"), 1
            entry = (self.operation, plan)
            kept.put(key, entry, BYTES_PER_FIELD * n_fields + bytes_of(self.operation))
        if isinstance(entry[1], UnplannedError):
            raise UnplannedError(*entry[1].args)  # the kept one would collect tracebacks
        assert isinstance(entry[1], Plan)  # noqa: S101  # as the key says
        return entry[1]

    def _boolean_values(self, kept: BoundedCache[Kept]) -> tuple[Any, ...]:
        """Return the values of the variables in @skip and @include: the plan depends on these."""
        entry = kept.get(id(self.operation))
        if entry is None:
            names = _boolean_names(self)
            n_bytes = BYTES_PER_FIELD + bytes_of(self.operation)
            kept.put(id(self.operation), (self.operation, names), n_bytes)
        else:
            names = entry[1]  # type: ignore[assignment]  # as the key says
        values = self.variable_values.coerced
        return tuple(values.get(name) for name in names)

    @property
    def _is_mutation(self) -> bool:
        return self.operation.operation is OperationType.MUTATION

    def _named(self) -> str:
        return self.operation.name.value if self.operation.name else "an unnamed operation"


def plans_of(schema: GraphQLSchema) -> BoundedCache[Kept]:
    """Return the cache of a schema's plans, which the schema holds: plans hold its types."""
    kept: BoundedCache[Kept] | None = schema.extensions.get(_EXTENSION)
    if kept is None:
        kept = schema.extensions[_EXTENSION] = BoundedCache(MOST_BYTES)
    return kept


def _root() -> list[Path | None]:
    return [None]


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


def _boolean_names(executor: Any) -> tuple[str, ...]:
    finder = _FindsConditions()
    visit(executor.operation, finder)
    for fragment in executor.fragment_definitions.values():
        visit(fragment, finder)
    return tuple(finder.names)
