"""What an operator does about documents, by the command line."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.errors import OperatorError
from graphql_api.models import PersistedDocument as Row
from graphql_api.services.persisted.document import Document, read_id
from graphql_api.services.persisted.store import of, row_of


class Loaded(NamedTuple):
    """What loading a manifest did."""

    added: int
    promoted: int
    """Those that were automatic before."""
    known: int
    """Those that were trusted before."""


class Listed(NamedTuple):
    """A document without its text."""

    id: str
    name: str
    trusted: bool
    n_bytes: int
    last_used_at: datetime | None


async def load(database: Database, tenant_id: int, documents: Sequence[Document]) -> Loaded:
    """Trust documents, all of them or none; safe to repeat.

    Raises:
        OperatorError: an id is known, and stands for another text.
    """
    ids = [each.id for each in documents]
    # in one order for all, so that nobody waits in a circle
    ordered = sorted(documents, key=lambda each: each.id)
    rows = [row_of(tenant_id, each) | {"trusted": True} for each in ordered]
    table = Row.__table__
    new = insert(table).on_conflict_do_nothing().returning(table.c.id)  # type: ignore[arg-type]  # SQLAlchemy says less than it gives
    stored = select(Row.id, Row.text, Row.trusted).where(*of(tenant_id, ids))

    async def act(session: AsyncSession) -> Loaded:
        added = set((await session.scalars(new, rows)).all())
        known = {row.id: row for row in await session.execute(stored) if row.id not in added}
        for each in documents:
            if each.id in known and known[each.id].text != each.text:
                called = f"{each.id} ({each.name})" if each.name else each.id
                said = f"the id {called} stands for another document"
                raise OperatorError(f"{said}; nothing was loaded: remove that, or take another id")
        automatic = [row.id for row in known.values() if not row.trusted]
        await session.execute(update(Row).where(*of(tenant_id, automatic)).values(trusted=True))
        return Loaded(len(added), len(automatic), len(known) - len(automatic))

    return await database.change(act)


async def listed(database: Database, tenant_id: int) -> list[Listed]:
    """List the documents: trusted ones first, and by name."""
    columns = Row.id, Row.name, Row.trusted, Row.n_bytes, Row.last_used_at
    found = select(*columns).where(Row.tenant_id == tenant_id)

    async def act(session: AsyncSession) -> list[Listed]:
        rows = await session.execute(found.order_by(Row.trusted.desc(), Row.name, Row.id))
        return [Listed(*row) for row in rows]

    return await database.change(act)


async def remove(database: Database, tenant_id: int, beginnings: Sequence[str]) -> int:
    """Remove documents by how their ids begin, all of them or none; return how many.

    Raises:
        OperatorError: a beginning is that of no id, or of several.
    """
    ids = [each.id for each in await listed(database, tenant_id)]
    chosen = set()
    for given in beginnings:
        beginning = read_id(given) or given
        found = [beginning] if beginning in ids else [id_ for id_ in ids if id_.startswith(given)]
        if len(found) != 1:
            n_found = len(found) or "no"
            said = f"there are {n_found} documents whose id begins with {given}"
            raise OperatorError(f"{said}; nothing was removed")
        chosen.update(found)
    return await _delete(database, *of(tenant_id, chosen))


async def prune(database: Database, tenant_id: int, age: timedelta) -> int:
    """Remove what nobody has asked for in so long; return how many."""
    used_at = func.coalesce(Row.last_used_at, Row.created_at)
    return await _delete(database, Row.tenant_id == tenant_id, used_at < func.now() - age)


async def _delete(database: Database, *which: ColumnElement[bool]) -> int:
    removed = delete(Row).where(*which).returning(Row.id)

    async def act(session: AsyncSession) -> int:
        return len((await session.scalars(removed)).all())

    return await database.change(act)
