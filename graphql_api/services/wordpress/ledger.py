"""What this site's earlier imports made: which row an item became, and what it said then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

import orjson
from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from graphql_api.models import Category, Comment, ImportedItem, Post, Tag, User

Model: TypeAlias = type[User] | type[Category] | type[Tag] | type[Post] | type[Comment]


@dataclass(slots=True)
class Plan:
    """What is to do with items of one table, by their ids in the file."""

    digests: dict[str, str]
    rows: dict[str, int] = field(default_factory=dict)
    """The row of each item: of a new one from when it is numbered."""
    changed: list[str] = field(default_factory=list)
    """Items that say something else than their row was made from."""
    new: list[str] = field(default_factory=list)
    """Items without a row."""
    n_known: int = 0
    """How many had a row before."""


class Ledger:
    """The entries of one source in ``imported_items``; a kind is a table's name."""

    def __init__(self, connection: AsyncConnection, tenant_id: int, source: str) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._source = source

    async def plan(self, model: Model, pieces: Mapping[str, object]) -> Plan:
        """Compare pieces of content, by their ids in the file, with what is known of them."""
        plan = Plan({key: _digest(piece) for key, piece in pieces.items()})
        entry = ImportedItem
        statement = (
            select(entry.external_id, entry.row_id, entry.digest)
            .join(model, (model.tenant_id == entry.tenant_id) & (model.id == entry.row_id))
            .where(
                *self._of(model), entry.external_id == any_(bindparam("keys", type_=ARRAY(String)))
            )
        )
        known = await self._connection.execute(statement, {"keys": list(pieces)})
        for key, row_id, digest in known:
            plan.rows[key] = row_id
            if digest != plan.digests[key]:
                plan.changed.append(key)
        plan.new += [key for key in pieces if key not in plan.rows]
        plan.n_known = len(plan.rows)
        return plan

    async def number(self, model: Model, plan: Plan) -> None:
        """Give each new item the id that its row will have."""
        if not plan.new:
            return
        sequence = func.pg_get_serial_sequence(literal(model.__tablename__), literal("id"))
        series = func.generate_series(1, len(plan.new)).table_valued("n")
        ids = await self._connection.execute(select(func.nextval(sequence)).select_from(series))
        plan.rows.update(zip(plan.new, ids.scalars(), strict=True))

    async def record(self, model: Model, plan: Plan) -> None:
        """Remember the rows of what was new or changed, and what they were made from."""
        statement = insert(ImportedItem)
        statement = statement.on_conflict_do_update(
            constraint="pk_imported_items",
            set_={"row_id": statement.excluded.row_id, "digest": statement.excluded.digest},
        )
        entries = [
            {
                "tenant_id": self._tenant_id,
                "source": self._source,
                "kind": model.__tablename__,
                "external_id": key,
                "row_id": plan.rows[key],
                "digest": plan.digests[key],
            }
            for key in (*plan.new, *plan.changed)
        ]
        if entries:
            await self._connection.execute(statement, entries)

    async def count(self, model: Model) -> int:
        """Return how many items of a table are known and have their row."""
        entry = ImportedItem
        statement = (
            select(func.count())
            .select_from(entry)
            .join(model, (model.tenant_id == entry.tenant_id) & (model.id == entry.row_id))
            .where(*self._of(model))
        )
        return await self._connection.scalar(statement) or 0

    def _of(self, model: Model) -> tuple[ColumnElement[bool], ...]:
        return (
            ImportedItem.tenant_id == self._tenant_id,
            ImportedItem.source == self._source,
            ImportedItem.kind == model.__tablename__,
        )


def _digest(piece: object) -> str:
    return sha256(orjson.dumps(piece)).hexdigest()
