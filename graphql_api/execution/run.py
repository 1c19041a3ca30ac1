"""A run of a plan: level by level, until nothing is waited for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from graphql_api.execution.shapes import After


class Run:
    """What one execution of a plan keeps track of."""

    __slots__ = (
        "_executor",
        "_make_executor",
        "context",
        "has_errors",
        "root_value",
        "types",
        "variables",
        "waiting",
    )

    def __init__(
        self,
        context: Any,
        root_value: Any,
        variables: dict[str, Any],
        make_executor: Callable[[], Any],
    ) -> None:
        self.context = context
        self.root_value = root_value
        self.variables = variables
        """As graphql-core coerces them."""
        self._make_executor = make_executor
        self._executor: Any = None
        self.waiting: list[After] = []
        """What the objects opened so far wait for: the next level."""
        self.has_errors = False
        """Whether a marker stands somewhere in the answer."""
        self.types: dict[int, str] = {}
        """The types of objects behind interfaces and unions, by their ids."""

    @classmethod
    def of(cls, executor: Any) -> Self:
        """Begin a run whose executor is there already."""
        coerced = executor.variable_values.coerced
        run = cls(executor.context_value, executor.root_value, coerced, lambda: executor)
        run._executor = executor
        return run

    @property
    def executor(self) -> Any:
        """The `PlanExecutor` of the operation, made when something asks for it."""
        if self._executor is None:
            self._executor = self._make_executor()
        return self._executor

    def end(self) -> None:
        """Cut what leads from the executor to itself, now that the operation is over.

        It would keep all that the operation loaded until the garbage collector comes by, which
        costs more than to run the plan.
        """
        if self._executor is not None:
            self._executor.async_helpers = None

    async def levels(self) -> None:
        """Go down level by level: wait for all of one before the next begins.

        One is waited for after the other: they have all been started. An exception is an outcome.
        """
        while self.waiting:
            waiting, self.waiting = self.waiting, []
            outcomes: list[Any] = []
            try:
                for after in waiting:
                    try:
                        outcomes.append(await after.awaitable)
                    except Exception as error:  # noqa: BLE001  # the outcome of that one alone
                        outcomes.append(error)
            finally:
                for left in waiting[len(outcomes) :]:  # cancelled: nobody will wait for these
                    _give_up(left.awaitable)
            for after, outcome in zip(waiting, outcomes, strict=True):
                after.resume(outcome)


def _give_up(awaitable: Any) -> None:
    for end in ("close", "cancel"):
        if hasattr(awaitable, end):
            getattr(awaitable, end)()
            return
