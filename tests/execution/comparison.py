"""Runs a case with both executors, and says what differs."""

import json
from collections.abc import Awaitable
from inspect import isawaitable
from itertools import cycle
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    NameNode,
    OperationDefinitionNode,
    execute,
    parse,
    validate,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.execution import PlanExecutor, Started, operation_of
from graphql_api.execution.documents import KnownDocument
from tests.execution.faults import make_world
from tests.execution.queries import Case
from tests.execution.schema import Query, core
from tests.execution.world import Context

QUIET = "experimental_disableErrorPropagation"


class DifferenceError(AssertionError):
    """Two executors gave different answers."""


async def run(
    executor_class: type[Any],
    document: DocumentNode,
    variables: dict[str, Any],
    context: Context,
) -> ExecutionResult:
    """Execute a document that was found valid."""
    result = execute(
        core,
        document,
        Query(),
        context,
        variables,
        executor_class=executor_class,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # as Strawberry passes it
    )
    if isawaitable(result):
        awaited: Awaitable[ExecutionResult] = result
        return await awaited
    assert isinstance(result, ExecutionResult)
    return result


async def run_prepared(
    known: KnownDocument, variables: dict[str, Any], context: Context
) -> ExecutionResult:
    """Execute a document that was found valid as `Schema.execute` does when it knows it."""
    operation = operation_of(core, known, None)
    assert operation is not None
    answer = operation.start(core, variables, Query(), context, None)
    if isinstance(answer, Started):
        answer = answer.answer()
    if isawaitable(answer):
        answer = await answer
    assert isinstance(answer, ExecutionResult)
    return answer


async def compare(case: Case, *, checks_text: bool = False) -> int:
    """Run a case four times with both executors; return how many runs had errors.

    Every other time the plan's executor is made only if it has to be.

    With error propagation, which errors are reported is not settled where several null the same
    object; without it every error has its own place.

    Raises:
        DifferenceError: they differ.
    """
    document = parse(case.text)
    mistakes = validate(core, document) if checks_text else []
    if mistakes:
        raise DifferenceError(f"the text is not valid: {mistakes}\n{case.text}")
    n_errors = 0
    for version in (document, quiet(document)):
        known = KnownDocument(version)
        for is_prepared, variables in zip(cycle((False, True)), case.variables):
            contexts = [Context(make_world(case.seed, case.rate)) for _ in range(2)]
            expected = await run(
                StrawberryGraphQLCoreExecutionContext, version, variables, contexts[0]
            )
            try:
                if is_prepared:
                    found = await run_prepared(known, variables, contexts[1])
                else:
                    found = await run(PlanExecutor, version, variables, contexts[1])
            except Exception as error:
                raise DifferenceError(
                    _told(case, variables, "it raised", expected, error)
                ) from error
            what = difference(expected, found, propagates=version is document)
            if not what and contexts[0].log != contexts[1].log:
                what = "what mutations did"
            if what:
                raise DifferenceError(_told(case, variables, what, expected, found))
            n_errors += bool(expected.errors)
    return n_errors


def quiet(document: DocumentNode) -> DocumentNode:
    """Return the document with errors that null nothing but their own field."""
    operation, *others = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    directive = ConstDirectiveNode(name=NameNode(value=QUIET), arguments=())
    changed = OperationDefinitionNode(
        **{key: getattr(operation, key) for key in operation.keys if key != "directives"},
        directives=(directive,),
    )
    return DocumentNode(definitions=(changed, *others), loc=document.loc)


def difference(expected: ExecutionResult, found: ExecutionResult, *, propagates: bool) -> str:
    """Say what differs between two answers: nothing, if the text is empty."""
    if json.dumps(expected.data, default=repr) != json.dumps(found.data, default=repr):
        return "data"
    if not propagates:
        return "" if _errors(expected) == _errors(found) else "errors"
    if _null_points(expected) != _null_points(found):
        return "what errors nulled"
    return "" if _own_errors(expected) == _own_errors(found) else "errors of fields that are null"


def _errors(result: ExecutionResult) -> set[tuple[str, str]]:
    return {(str(error.path), str(error)) for error in result.errors or ()}


def _null_points(result: ExecutionResult) -> set[str]:
    """Return the places that are null because of an error in or below them."""
    return {str(_nulled(result.data, error)) for error in result.errors or ()}


def _own_errors(result: ExecutionResult) -> set[tuple[str, str]]:
    return {
        (str(error.path), str(error))
        for error in result.errors or ()
        if _nulled(result.data, error) == list(error.path or ())
    }


def _nulled(data: Any, error: GraphQLError) -> list[str | int]:
    path = list(error.path or ())
    for length, step in enumerate(path):
        if data is None:
            return path[:length]
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            raise DifferenceError(f"an error at {path}, which is nowhere: {error}") from error
    if path and data is not None:
        raise DifferenceError(f"an error at {path}, where there is a value: {error}")
    return path


def _told(case: Case, variables: Any, what: str, expected: Any, found: Any) -> str:
    lines = [f"{what}: seed {case.seed} rate {case.rate}", case.text, f"variables {variables}"]
    for name, result in (("expected", expected), ("found", found)):
        if isinstance(result, ExecutionResult):
            lines += [f"{name} {json.dumps(result.data, default=repr)}"]
            lines += [f"    {error.path} {error.message}" for error in result.errors or ()]
        else:
            lines += [f"{name} {result!r}"]
    return "\n".join(lines)
