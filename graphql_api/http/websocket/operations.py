"""What the operations of a socket are made of; each has a context of its own, as over HTTP.

A socket lives longer than what its operations may share. Each shows the token anew: one that has
expired meanwhile ends what is asked with it, not the socket.
"""

from collections.abc import AsyncGenerator
from functools import partial
from typing import TypeAlias

from starlette.types import Receive, Scope
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.http.attending import Attendant
from graphql_api.http.authentication import seconds_left
from graphql_api.http.diagnostics import headers_of
from graphql_api.http.request import Asked
from graphql_api.http.runner import Runner, fill_in
from graphql_api.schema.context import Context
from graphql_api.services.people.people import People

_SINGLE = frozenset({OperationType.QUERY, OperationType.MUTATION})

Events: TypeAlias = AsyncGenerator[ExecutionResult, None]


class Operations:
    """Runs the operations of sockets as the endpoint runs those of HTTP."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def context_of(self, scope: Scope) -> Context:
        """Build the context of one operation.

        Raises:
            UnauthenticatedError: the client is not who it says, or no longer.
        """
        return self._runner.context_of(scope, headers_of(scope))

    def seconds_left(self, scope: Scope) -> float | None:
        """Say how long the client's token can be used; None where there is none.

        Raises:
            UnauthenticatedError: it cannot be used.
        """
        people: People = scope["state"]["people"]
        return seconds_left(scope, headers_of(scope), people.tokens)

    async def start(
        self, asked: Asked, context: Context, scope: Scope, left: Receive
    ) -> ExecutionResult | Events:
        """Run a query or a mutation to its end; of a subscription give the results to come.

        ``left`` returns when the client wants no answer any more.

        Raises:
            RefusedError: it cannot be told what is asked for.
            ApiError: its turn did not come in time, or the database does not answer.
        """
        await fill_in(asked, scope, context)
        attendant: Attendant = scope["state"]["attendant"]
        run = partial(self._runner.run, asked, context, _SINGLE)
        try:
            return await attendant.run(context.loaders.operation, run, left)
        except InvalidOperationTypeError:
            pass  # a subscription
        events: Events = await self._runner.subscribe(asked, context, scope)
        return events
