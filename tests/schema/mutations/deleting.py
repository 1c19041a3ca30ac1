"""How tests delete and restore."""

from typing import Any

from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import Viewer
from graphql_api.schema import global_id
from tests.schema.mutations.conftest import As

ERRORS = """errors { __typename message code path
    ... on NotFoundError { missingId }
    ... on ConflictError { expectedVersion currentVersion current { id } changedFields { field } }
    ... on PermissionError { missingScopes } }"""
DELETE = """mutation ($input: DeleteInput!) {{ {}(input: $input) {{
    clientMutationId deletedId undoToken cascaded {{ type count }}
    node {{ id ... on Comment {{ body author {{ id }} replyCount isDeleted }} }}
    {} }} }}"""
RESTORE = f"""mutation ($input: UndoInput!) {{ restore(input: $input) {{
    clientMutationId restored {{ id ... on Post {{ slug version commentCount }}
        ... on Comment {{ body version }} ... on Category {{ slug }} }} {ERRORS} }} }}"""


def id_of(row: Any) -> str:  # a model
    """Give the global id of a row."""
    return global_id.encode(type(row).__name__, row.id)


async def delete(as_: As, viewer: Viewer, row: Any, **given: Any) -> dict[str, Any]:  # or a type
    """Delete something, and return the payload."""
    is_kind = isinstance(row, str)
    name = f"delete{row if is_kind else type(row).__name__}"
    found = {} if is_kind else {"id": id_of(row)}
    data = await as_(viewer).data(DELETE.format(name, ERRORS), input=found | given)
    payload: dict[str, Any] = data[name]
    return payload


async def deleted(as_: As, viewer: Viewer, row: Any) -> str:  # a model
    """Delete something, which must succeed, and return the token."""
    payload = await delete(as_, viewer, row)
    assert payload["errors"] == []
    token: str = payload["undoToken"]
    return token


async def restore(as_: As, viewer: Viewer, token: str, **given: Any) -> dict[str, Any]:
    """Restore something, and return the payload."""
    data = await as_(viewer).data(RESTORE, input={"undoToken": token} | given)
    payload: dict[str, Any] = data["restore"]
    return payload


async def stored(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """Read rows past all rules."""
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(text(sql))]
