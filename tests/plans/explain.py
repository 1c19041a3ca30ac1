"""What PostgreSQL plans for a statement and what that reads, and the statements of operations."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from graphql_api.db.monitor import Statement, recorded
from tests.schema.client import Execute

LARGE = {
    "comment_likes",
    "comments",
    "post_likes",
    "post_tags",
    "posts",
    "revisions",
    "tag_follows",
    "user_follows",
    "users",
}
"""Tables that no operation may read whole."""


class Plans(StrEnum):
    """Whether a prepared statement is planned for its values or for any."""

    CUSTOM = "force_custom_plan"
    GENERIC = "force_generic_plan"


@dataclass(frozen=True, slots=True)
class Plan:
    """What EXPLAIN says."""

    root: dict[str, Any]

    @property
    def whole(self) -> set[str]:
        """The large tables that it reads from beginning to end."""
        scans = (node for node in self._nodes(self.root) if node["Node Type"] == "Seq Scan")
        return {node["Relation Name"] for node in scans} & LARGE

    @property
    def blocks(self) -> int:
        """How many blocks of 8 kB it looked at, the same one as often as it did; 0 if not run."""
        return int(self.root.get("Shared Hit Blocks", 0) + self.root.get("Shared Read Blocks", 0))

    def _nodes(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for below in node.get("Plans", ()):
            yield from self._nodes(below)

    def __str__(self) -> str:
        return "\n".join(_lines(self.root, 0))


class Explainer:
    """Explains the statements of operations on one database."""

    def __init__(self, execute: Execute, engine: AsyncEngine, driver: asyncpg.Connection) -> None:
        self._execute = execute
        self._engine = engine
        self._driver = driver

    async def data(self, query: str) -> dict[str, Any]:
        """Run ``query`` and return its data."""
        return await self._execute.data(query)

    async def statements(self, query: str) -> list[Statement]:
        """Run ``query`` and return what it sent to the database."""
        with recorded(self._engine) as log:
            await self._execute.data(query)
        return log.statements

    async def blocks(self, operation: str) -> int:
        """Count the blocks that an operation looks at, and hold that it reads no table whole.

        The latter both for its values and for any: a prepared statement is planned for its values
        five times, and then may be for any (the engine forbids it, PgBouncer's may not).
        """
        found = 0
        for statement in await self.statements(operation):
            for plans in Plans:
                plan = await self.plan(statement, plans, run=plans is Plans.CUSTOM)
                assert not plan.whole, f"{plans} {operation}\n{plan}"
                found += plan.blocks
        return found

    async def plan(self, statement: Statement, plans: Plans, *, run: bool = False) -> Plan:
        """Explain a statement, and with ``run`` run it to see what it reads."""
        driver = self._driver
        await driver.execute(f"SET plan_cache_mode = {plans}")
        await driver.execute(f"PREPARE explained AS {statement.sql}")
        try:
            values = ", ".join(await self._literals(statement))
            options = "ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON" if run else "FORMAT JSON"
            execute = f"EXECUTE explained ({values})" if values else "EXECUTE explained"
            [explained] = json.loads(await driver.fetchval(f"EXPLAIN ({options}) {execute}"))
        finally:
            await driver.execute("DEALLOCATE explained")
        return Plan(explained["Plan"])

    async def _literals(self, statement: Statement) -> list[str]:
        """Write the values as SQL does: EXECUTE takes no parameters."""
        prepared = await self._driver.prepare(statement.sql)
        kinds = [kind.name for kind in prepared.get_parameters()]
        asked = [f"quote_nullable(${n}::{kind}::text)" for n, kind in enumerate(kinds, 1)]
        row = await self._driver.fetchrow(f"SELECT {', '.join(asked)}", *statement.values)
        return [f"{value}::{kind}" for value, kind in zip(row, kinds, strict=True)]


def _lines(node: dict[str, Any], depth: int) -> Iterator[str]:
    name = f"{node['Node Type']} {node.get('Index Name') or node.get('Relation Name') or ''}"
    read = f" rows={node['Actual Rows']} of {node['Actual Loops']}" if "Actual Rows" in node else ""
    conditions = [node[key] for key in ("Index Cond", "Filter") if key in node]
    yield f"{'  ' * depth}{name.strip()}{read} {' | '.join(conditions)}"
    for below in node.get("Plans", ()):
        yield from _lines(below, depth + 1)
