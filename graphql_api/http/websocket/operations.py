"""What the operations of a socket are made of; each has a context of its own, as over HTTP.

A socket lives longer than what its operations may share. Each shows the token anew: one that has
expired meanwhile ends what is asked with it, not the socket.
"""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, TypeAlias

import strawberry
from starlette.types import Receive, Scope
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.http.attending import Attendant
from graphql_api.http.authentication import seconds_left
from graphql_api.http.diagnostics import headers_of
from graphql_api.http.endpoint import GraphQLEndpoint
from graphql_api.http.refusal import BAD_REQUEST
from graphql_api.http.request import Asked
from graphql_api.http.websocket.messages import refusal
from graphql_api.schema.context import Context
from graphql_api.services.people.people import People

_SINGLE = frozenset({OperationType.QUERY, OperationType.MUTATION})
_STREAM = frozenset({OperationType.SUBSCRIPTION})

Events: TypeAlias = AsyncGenerator[ExecutionResult, None]


class Operations:
    """Runs operations, in contexts that the endpoint for HTTP makes."""

    def __init__(self, schema: strawberry.Schema, endpoint: GraphQLEndpoint) -> None:
        self._schema = schema
        self._endpoint = endpoint

    def context_of(self, scope: Scope) -> Context:
        """Build the context of one operation.

        Raises:
            UnauthenticatedError: the client is not who it says, or no longer.
        """
        return self._endpoint.context_of(scope, headers_of(scope))

    def seconds_left(self, scope: Scope) -> float | None:
        """Say how long the client's token can be used; None where there is none.

        Raises:
            UnauthenticatedError: it cannot be used.
        """
        people: People = scope["state"]["people"]
        return seconds_left(scope, headers_of(scope), people.tokens)

    async def start(
        self, asked: Asked, context: Context, attendant: Attendant, left: Receive
    ) -> ExecutionResult | Events:
        """Run a query or a mutation to its end; of a subscription give the results to come.

        ``left`` returns when the client wants no answer any more.

        Raises:
            RefusedError: it cannot be told what is asked for.
            ApiError: its turn did not come in time.
        """
        run = partial(
            self._schema.execute,
            asked.query,
            asked.variables,
            context,
            None,
            asked.name,
            _SINGLE,
            asked.extensions,
        )
        try:
            return await attendant.run(context.loaders.operation, run, left)
        except InvalidOperationTypeError:
            pass  # a subscription
        except CannotGetOperationTypeError as error:
            raise refusal(error.as_http_error_reason(), BAD_REQUEST) from None
        except MissingQueryError:
            raise refusal("there is no 'query'", BAD_REQUEST) from None
        results: Any = await self._schema.stream(
            asked.query, asked.variables, context, None, asked.name, asked.extensions, _STREAM
        )
        events: Events = results
        return events
