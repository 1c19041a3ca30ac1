"""How the tests of the schema talk to it."""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from sqlalchemy import URL
from strawberry.types import ExecutionResult

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.execution import Execution, Mode
from graphql_api.models import Viewer
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.schema.limits.account import Account
from graphql_api.schema.limits.bounds import Limits
from graphql_api.services.people.people import People
from graphql_api.settings import Settings
from tests.support.postgres import address
from tests.support.serving import SECRET_KEY

Recorder: TypeAlias = Callable[[], AbstractContextManager[StatementLog]]
"""The fixture ``statements``."""

# what a person who sends a query has no use for
LEAK = re.compile(
    r"Traceback|asyncpg|sqlalchemy|SELECT|Exception|\wError\b|NoneType|UNSET|0x[0-9a-f]+|<class|sys\."
)


# the id of a request without one is made up each time
_REQUEST_ID = re.compile(r"\b[0-9a-f]{16}\b")


def settings_for(database: URL) -> Settings:
    """Give the settings for a database as it is; the fixture ``settings`` empties it."""
    return Settings.load(
        _env_file=None,
        database_url=address(database),
        secret_key=SECRET_KEY,
        pool_size=4,
        introspection=True,
        graphiql=True,
    )


def unlimited() -> Account:
    """Open an account for what no client may ask: tests look at more of it at once."""
    most = 10**9
    return Account(
        Limits(
            tokens=most,
            depth=most,
            aliases=most,
            root_fields=most,
            mutations=most,
            cost=most,
            nodes=most,
        )
    )


class Execute:
    """Runs operations as the endpoint does: each with loaders of its own.

    Every one of ``modes`` runs it, and all must give the same answer; the first one's is returned.
    """

    def __init__(
        self,
        database: Database,
        *,
        viewer: Viewer | None = None,
        secret: str = SECRET_KEY,
        modes: Sequence[Mode] = tuple(Mode),
        people: People | None = None,
    ) -> None:
        self._people = people
        self._database = database
        self._modes = modes
        self._viewer = viewer or Viewer()
        self._cursors = CursorCodec(secret, self._viewer.tenant_id)

    async def __call__(self, query: str, /, **variables: object) -> ExecutionResult:
        """Run ``query`` and return all that came of it."""
        answers = [await self._run(mode, query, variables) for mode in self._modes]
        result, said = answers[0]
        assert all(other == said for _result, other in answers)
        return result

    async def _run(
        self, mode: Mode, query: str, variables: dict[str, object]
    ) -> tuple[ExecutionResult, str]:
        context = Context.of(
            self._database,
            self._viewer,
            self._cursors,
            execution=Execution(mode=mode),
            people=self._people,
            account=unlimited(),
        )
        try:
            result = await build_schema().execute(
                query, variable_values=variables, context_value=context
            )
        finally:
            await context.loaders.close()
        errors = sorted(
            (str(error.path), error.message, str(error.locations), str(error.extensions))
            for error in result.errors or ()
        )
        return result, _REQUEST_ID.sub("#", json.dumps([result.data, errors]))

    async def data(self, query: str, /, **variables: object) -> dict[str, Any]:
        """Run ``query``, which must succeed, and return its data."""
        result = await self(query, **variables)
        assert result.errors is None
        assert result.data is not None
        return result.data

    async def refusal(self, query: str, /, **variables: object) -> str:
        """Run ``query``, in which the client made one mistake, and return what it is told."""
        result = await self(query, **variables)
        [error] = result.errors or []
        assert error.extensions == {"code": "BAD_USER_INPUT"}, error
        assert not LEAK.search(error.message), error.message
        return error.message
