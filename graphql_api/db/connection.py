"""A connection as reads use it: the driver's, with the statements that are prepared on it."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, cast

from asyncpg import Connection, InvalidCachedStatementError, Record
from asyncpg.exceptions import OutdatedSchemaCacheError
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy.pool import ConnectionPoolEntry

from graphql_api.db.statement import Compiled

# A statement's text is constant, so each is prepared once per connection; a front end has some
# hundred (by relation, columns, order and direction), and one costs PostgreSQL some 50 kB.
PREPARED_STATEMENTS = 256


class ReadConnection:
    """Runs reads, each a transaction of its own: BEGIN and ROLLBACK would be two round trips more.

    The driver prepares and keeps statements too, but asks and counts more at each run.
    """

    __slots__ = ("_prepared", "_replans", "driver", "entry")

    def __init__(self, entry: ConnectionPoolEntry) -> None:
        self.entry = entry
        self.driver: Connection[Record] = cast("Any", entry.driver_connection)
        self._prepared: OrderedDict[str, PreparedStatement[Record]] = OrderedDict()
        self._replans = False  # as the engine's connections begin

    async def fetch(self, compiled: Compiled, values: Sequence[Any]) -> list[Record]:
        """Run a statement and return its rows."""
        if self._replans is not compiled.replans:
            plans = "force_custom_plan" if compiled.replans else "force_generic_plan"
            await self.driver.execute(f"SET plan_cache_mode = {plans}")
            self._replans = compiled.replans
        sql = compiled.sql
        prepared = self._prepared.get(sql)
        if prepared is None:
            prepared = self._prepared[sql] = await self.driver.prepare(sql)
            if len(self._prepared) > PREPARED_STATEMENTS:
                self._prepared.popitem(last=False)  # the driver closes what nobody holds
        else:
            self._prepared.move_to_end(sql)
        rows: list[Record]
        try:
            rows = await prepared.fetch(*values)
        except (InvalidCachedStatementError, OutdatedSchemaCacheError):  # a migration went by
            self._prepared.clear()
            prepared = self._prepared[sql] = await self.driver.prepare(sql)
            rows = await prepared.fetch(*values)
        return rows

    async def fetch_in_transaction(self, compiled: Compiled, values: Sequence[Any]) -> list[Record]:
        """Do the same behind PgBouncer: a transaction stays on the server that it began on."""
        async with self.driver.transaction():
            if compiled.replans:
                await self.driver.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            rows: list[Record] = await self.driver.fetch(compiled.sql, *values)
        return rows
