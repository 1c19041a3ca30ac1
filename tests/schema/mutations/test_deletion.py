"""Deleting and restoring."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import CommentStatus, Post, PostStatus, Role, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Execute, Recorder
from tests.schema.mutations.conftest import As, errors_of
from tests.schema.scene import EVERYTHING, Scene
from tests.support.derived import WRONG
from tests.support.factories import Factory

ERRORS = """errors { __typename message code path
    ... on NotFoundError { missingId }
    ... on ConflictError { expectedVersion currentVersion current { id } changedFields { field } }
    ... on PermissionError { missingScopes } }"""
DELETE = """mutation ($input: DeleteInput!) {{ {}(input: $input) {{
    clientMutationId deletedId undoToken cascaded {{ type count }}
    node {{ id ... on Comment {{ body author {{ id }} replyCount }} }}
    {} }} }}"""
RESTORE = f"""mutation ($input: UndoInput!) {{ restore(input: $input) {{
    clientMutationId restored {{ id ... on Post {{ slug version commentCount }}
        ... on Comment {{ body version }} ... on Category {{ slug }} }} {ERRORS} }} }}"""

Row = Any  # a model


def id_of(row: Row) -> str:
    """Give the global id of a row."""
    return global_id.encode(type(row).__name__, row.id)


async def delete(as_: As, viewer: Viewer, row: Row | str, **given: Any) -> dict[str, Any]:
    """Delete something, and return the payload."""
    kind, found = (row, {}) if isinstance(row, str) else (type(row).__name__, {"id": id_of(row)})
    name = f"delete{kind}"
    data = await as_(viewer).data(DELETE.format(name, ERRORS), input=found | given)
    payload: dict[str, Any] = data[name]
    return payload


async def deleted(as_: As, viewer: Viewer, row: Row) -> str:
    """Delete something, which must succeed, and return the token."""
    payload = await delete(as_, viewer, row)
    assert payload["errors"] == []
    token: str = payload["undoToken"]
    return token


async def restore(as_: As, viewer: Viewer, token: str) -> dict[str, Any]:
    """Restore something, and return the payload."""
    data = await as_(viewer).data(RESTORE, input={"undoToken": token})
    payload: dict[str, Any] = data["restore"]
    return payload


async def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """Read rows."""
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(text(sql))]


async def living(database: Database, table: str) -> set[int]:
    """Read the ids of the rows of a table that are not deleted."""
    return {number for (number,) in await rows(database, f"SELECT id FROM {table} WHERE deleted_at IS NULL")}  # noqa: S608  # our own table  # fmt: skip


@pytest.fixture
async def scene(make: Factory, database: Database) -> Scene:
    """Make a content."""
    made = Scene(make, database)
    await made.set_up()
    return made


@pytest.fixture
async def editor(make: Factory) -> Viewer:
    """Make somebody who moderates."""
    return await make.viewer(Role.EDITOR)


@pytest.fixture
async def administrator(make: Factory) -> Viewer:
    """Make somebody who may do everything."""
    return await make.viewer(Role.ADMINISTRATOR)


async def test_a_post_goes_with_its_living_comments_and_comes_back_with_them(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    await make.comment(post=scene.post, status=CommentStatus.PENDING)
    gone_before = await make.comment(parent=scene.reply)
    await deleted(as_, await make.viewer(Role.EDITOR), gone_before)
    before = await as_(Viewer()).data(EVERYTHING)
    payload = await delete(as_, author, scene.post, clientMutationId="mine")
    assert payload.pop("undoToken") != ""
    assert payload == {
        "clientMutationId": "mine",
        "deletedId": id_of(scene.post),
        "cascaded": [{"type": "Comment", "count": 3}],
        "node": None,
        "errors": [],
    }
    assert await as_(Viewer()).data(EVERYTHING) != before
    assert await living(database, "comments") == set()
    assert await rows(database, WRONG) == []


async def test_try_restore(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    before = await as_(Viewer()).data(EVERYTHING)
    token = await deleted(as_, author, scene.post)
    payload = await restore(as_, author, token)
    print(payload)
    assert await as_(Viewer()).data(EVERYTHING) == before
    assert await rows(database, WRONG) == []
    print(await rows(database, "select subject_type, subject_id, owner_id, version, actor_id, action, changes, snapshot from revisions"))
    token = await deleted(as_, await make.viewer(Role.EDITOR), scene.top)
    payload = await restore(as_, author, token)
    print(payload)
