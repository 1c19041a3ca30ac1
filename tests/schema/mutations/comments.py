"""What the tests of comments share: the mutations, as functions."""

from typing import Any

from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import Comment, Post, User, Viewer
from graphql_api.schema import global_id
from tests.schema.mutations.conftest import As

ERRORS = """errors { __typename message code path
    ... on ValidationError { constraint }
    ... on NotFoundError { missingId }
    ... on ConflictError { expectedVersion currentVersion
        current { id ... on Comment { body version } } changedFields { field before after diff } }
    ... on PermissionError { missingScopes } }"""
COMMENT = """id body version depth replyCount isMinimized minimizedReason
    html: body(format: HTML) text: body(format: TEXT) author { id } guestName
    post { id } parent { id replyCount } root { id }"""
ADD = f"""mutation ($input: AddCommentInput!) {{ addComment(input: $input) {{
    clientMutationId comment {{ {COMMENT} }} commentEdge {{ cursor node {{ id }} }}
    subject {{ id ... on Post {{ commentCount }} }} {ERRORS} }} }}"""
UPDATE = f"""mutation ($input: UpdateCommentInput!) {{ updateComment(input: $input) {{
    clientMutationId comment {{ {COMMENT} }} {ERRORS} }} }}"""
APPROVE = f"""mutation ($input: SubjectInput!) {{ approveComment(input: $input) {{
    clientMutationId comment {{ {COMMENT} }} {ERRORS} }} }}"""
MINIMIZE = f"""mutation ($input: MinimizeCommentInput!) {{ minimizeComment(input: $input) {{
    clientMutationId comment {{ {COMMENT} }} {ERRORS} }} }}"""
MUTATIONS = {"add": ADD, "update": UPDATE, "approve": APPROVE, "minimize": MINIMIZE}
LISTED = """query ($id: ID!) { post(by: {id: $id}) { commentCount
    comments(first: 50) { edges { cursor node { id } } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id } }"


def id_of(row: Post | Comment | User) -> str:
    """Give a row's global id."""
    return global_id.encode(type(row).__name__, row.id)


async def run(as_: As, viewer: Viewer, name: str, /, **given: Any) -> dict[str, Any]:
    """Run one of the mutations, and return the payload."""
    data = await as_(viewer).data(MUTATIONS[name], input=given)
    payload: dict[str, Any]
    [payload] = data.values()
    return payload


async def add(as_: As, viewer: Viewer, post: Post, **given: Any) -> dict[str, Any]:
    """Comment on a post, and return the payload."""
    return await run(as_, viewer, "add", **({"postId": id_of(post), "body": "B"} | given))


async def update(as_: As, viewer: Viewer, comment: Comment, **given: Any) -> dict[str, Any]:
    """Change a comment, and return the payload."""
    wanted = {"id": id_of(comment), "expectedVersion": 1, "body": "New"} | given
    return await run(as_, viewer, "update", **wanted)


async def approve(as_: As, viewer: Viewer, comment: Comment) -> dict[str, Any]:
    """Approve a comment, and return the payload."""
    return await run(as_, viewer, "approve", subjectId=id_of(comment))


async def minimize(
    as_: As, viewer: Viewer, comment: Comment, reason: str = "OFF_TOPIC"
) -> dict[str, Any]:
    """Fold a comment away, and return the payload."""
    return await run(as_, viewer, "minimize", id=id_of(comment), reason=reason)


async def rows(database: Database, sql: str, **values: object) -> list[dict[str, Any]]:
    """Read from the database, past the API."""
    async with database.transaction() as session:
        return [dict(row) for row in (await session.execute(text(sql), values)).mappings()]


async def unchanged(database: Database) -> bool:
    """Tell whether nothing was written: no trace of a change, no comment of more than version 1."""
    [found] = await rows(
        database,
        "SELECT (SELECT count(*) FROM revisions) AS n_revisions,"
        " (SELECT count(*) FROM outbox) AS n_events, (SELECT count(*) FROM idempotency_keys)"
        " AS n_keys, (SELECT count(*) FROM comments WHERE version > 1) AS n_changed",
    )
    return not any(found.values())
