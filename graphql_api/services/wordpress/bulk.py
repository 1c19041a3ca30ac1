"""Writes many rows with one statement, so that the triggers count them once and not row by row.

The rows go in as one array a column, which keeps the statement's text constant.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import TableValuedAlias

Values: TypeAlias = dict[str, Any]
"""The columns of one row, by name; all rows of a call have the same."""


async def insert_rows(connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
    """Insert ``rows`` in their order: a row may refer to one before it."""
    if rows:
        names = list(rows[0])
        statement = insert(table).from_select(names, select(_given(table, names)))
        await connection.execute(statement, _arrays(rows))


async def update_rows(connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
    """Write ``rows``, one or more, over those with their ids, as a new version of now."""
    names = list(rows[0])
    given = _given(table, names)
    change: dict[str, ColumnElement[Any]] = {
        name: given.c[name] for name in names if name not in {"tenant_id", "id"}
    }
    if "version" in table.c:
        change["version"] = table.c.version + 1
    statement = (
        update(table)
        .where(table.c.tenant_id == given.c.tenant_id, table.c.id == given.c.id)
        .values(change | {"updated_at": func.now()})
    )
    await connection.execute(statement, _arrays(rows))


async def delete_rows(connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
    """Delete the rows with these values."""
    if rows:
        names = list(rows[0])
        found = tuple_(*(table.c[name] for name in names)).in_(select(_given(table, names)))
        await connection.execute(delete(table).where(found), _arrays(rows))


def _given(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Make a table of the arrays, with the types of ``table``."""
    columns = [table.c[name] for name in names]
    arrays = (bindparam(f"{each.name}s", type_=ARRAY(each.type)) for each in columns)
    given = func.unnest(*arrays).table_valued(
        *(column(each.name, each.type) for each in columns), name="given"
    )
    return given.render_derived()


def _arrays(rows: Sequence[Values]) -> dict[str, list[Any]]:
    return {f"{name}s": [row[name] for row in rows] for name in rows[0]}
