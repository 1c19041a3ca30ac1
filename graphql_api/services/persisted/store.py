"""Documents in the database, where all processes find them.

Automatic ones come from anybody, so there are so many and no more: when they are too many, those go
that were not used for longest, and their clients send them again.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    any_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.db.statement import Compiled
from graphql_api.errors import UnavailableError
from graphql_api.models import PersistedDocument as Row
from graphql_api.services.persisted.document import LONGEST_NAME, Document

MOST_AUTOMATIC = 10_000
MOST_AUTOMATIC_BYTES = 16 * 2**20
"""What a tenant's automatic documents may be: a large front end has some hundred, of 2 kB each."""

_KEPT = 0.9  # of these, when they are too many: not every new one is to look for the oldest
_SAME_USE = timedelta(hours=1)  # what is used all the time is written no more often

_FIND = Compiled(
    select(
        Row.text,
        Row.trusted,
        or_(Row.last_used_at.is_(None), Row.last_used_at < func.now() - _SAME_USE).label("is_old"),
    ).where(
        Row.tenant_id == bindparam("tenant_id", type_=BigInteger),
        Row.id == bindparam("document_id", type_=Text),
    )
)


class Found(NamedTuple):
    """What an id stands for."""

    text: str
    trusted: bool


async def find(database: Database, tenant_id: int, document_id: str) -> Found | None:
    """Look a document up, and note that it is used.

    Raises:
        UnavailableError: the database does not answer.
    """
    given = {"tenant_id": tenant_id, "document_id": document_id}
    rows = await database.reader(1).rows(_FIND, given, loader="PersistedDocument")
    if not rows:
        return None
    text, trusted, is_old = rows[0]
    if is_old:
        used = update(Row).where(*of(tenant_id, [document_id])).values(last_used_at=func.now())
        with suppress(UnavailableError):  # it is found, and the next may note it

            async def act(session: AsyncSession) -> None:
                await session.execute(used)

            await database.change(act)
    return Found(text, trusted)


async def register(database: Database, tenant_id: int, document: Document) -> None:
    """Keep an automatic document, whose id is its hash; safe to repeat.

    Raises:
        UnavailableError: the database does not answer.
    """
    row = row_of(tenant_id, document) | {"trusted": False, "last_used_at": func.now()}
    added = insert(Row).values(row).on_conflict_do_nothing().returning(Row.id)
    sums = select(func.count(), func.sum(Row.n_bytes)).where(*_automatic(tenant_id))

    async def act(session: AsyncSession) -> None:
        if (await session.execute(added)).one_or_none() is None:
            return  # somebody was first
        n_rows, n_bytes = (await session.execute(sums)).one()
        if n_rows > MOST_AUTOMATIC or n_bytes > MOST_AUTOMATIC_BYTES:
            await _evict(session, tenant_id)

    await database.change(act)


async def _evict(session: AsyncSession, tenant_id: int) -> None:
    latest = Row.last_used_at.desc(), Row.id
    ranked = (
        select(
            Row.id,
            func.row_number().over(order_by=latest).label("place"),
            func.sum(Row.n_bytes).over(order_by=latest).label("n_bytes"),
        )
        .where(*_automatic(tenant_id))
        .subquery()
    )
    is_over = or_(
        ranked.c.place > MOST_AUTOMATIC * _KEPT, ranked.c.n_bytes > MOST_AUTOMATIC_BYTES * _KEPT
    )
    # others may evict too: who deletes the same rows in another order would wait in a circle
    key = Row.tenant_id, Row.id
    evicted = (
        select(*key)
        .where(*_automatic(tenant_id), Row.id.in_(select(ranked.c.id).where(is_over)))
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(Row).where(tuple_(*key).in_(evicted)))


def of(tenant_id: int, ids: Iterable[str]) -> tuple[Any, ...]:
    """Select documents by their ids."""
    return Row.tenant_id == tenant_id, Row.id == any_(bindparam("ids", list(ids), ARRAY(Text)))


def row_of(tenant_id: int, document: Document) -> dict[str, Any]:
    """Write what a row has of a document."""
    return {
        "tenant_id": tenant_id,
        "id": document.id,
        "name": document.name[:LONGEST_NAME],
        "text": document.text,
        "n_bytes": len(document.text.encode()),
    }


def _automatic(tenant_id: int) -> tuple[Any, ...]:
    return Row.tenant_id == tenant_id, Row.trusted.is_(False)
