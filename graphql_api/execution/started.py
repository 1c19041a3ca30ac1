"""A plan from its first level to its result."""

from collections.abc import Generator
from typing import Any

from graphql import ExecutionResult
from graphql.pyutils import Path

from graphql_api.execution.errors import NULLED, ErrorPass
from graphql_api.execution.leaves import RerunNeededError
from graphql_api.execution.plan import Field, Plan
from graphql_api.execution.run import Run


class Started:
    """A query whose first level has been asked for: go on with the levels of its ``run``."""

    __slots__ = ("_frame", "_plan", "run")

    def __init__(self, plan: Plan, run: Run) -> None:
        self._plan = plan
        self._frame = plan.root.opened([run.root_value], run, _root)
        self.run = run

    def answer(self) -> Any:
        """Return the result, or something to await it."""
        return self._awaited() if self.run.waiting else self.ended()

    async def _awaited(self) -> ExecutionResult:
        await self.run.levels()
        answer = self.ended()
        if isinstance(answer, ExecutionResult):
            return answer
        awaited: ExecutionResult = await answer
        return awaited

    def ended(self) -> Any:
        """Return the result when nothing is waited for any more.

        Where graphql-core has to run the operation again it is graphql-core's, or something to
        await that.
        """
        run = self.run
        try:
            (data,) = self._frame.finish(run)
            return _result(self._plan, data, run)
        except RerunNeededError as needed:
            reason = str(needed)
        except RecursionError:  # graphql-core takes fewer frames a level than the pass over errors
            reason = "an answer nested too deeply for a plan"
        return run.executor.run_again(reason)


def serially(plan: Plan, run: Run) -> Any:
    """Run the fields of the root one after the other, each with all that is below it.

    Returns the result, or something to await it.
    """
    steps = _serial_steps(plan, run)
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


def _serial_steps(plan: Plan, run: Run) -> Generator[None, None, ExecutionResult]:
    """Yield whenever something is to be waited for."""
    root = plan.root
    answer: dict[str, Any] = {}
    for field in root.fields:
        if field not in root.columned:
            answer[field.key] = root.type.name
            continue
        column = field.start(root, [run.root_value], run, _root)
        if run.waiting:
            yield
        (answer[field.key],) = column.finish(run)
        if run.has_errors and _ends_mutation(plan, field, answer, run):
            break
    return _result(plan, answer, run)


def _ends_mutation(plan: Plan, field: Field, answer: dict[str, Any], run: Run) -> bool:
    """Tell whether the field nulled everything: the fields after it are then not run."""
    return ErrorPass(run).of_field(plan.root, field, answer[field.key], None) is NULLED


def _result(plan: Plan, data: dict[str, Any], run: Run) -> ExecutionResult:
    result = ExecutionResult(data, None)
    if run.has_errors:
        mending = ErrorPass(run)
        mended = mending.of_object(plan.root, data, None)
        result = ExecutionResult(None if mended is NULLED else mended, mending.errors or None)
    run.end()
    return result


def _root() -> list[Path | None]:
    return [None]
