"""What is refused of comments, and that nothing is left of it."""

from datetime import timedelta
from typing import Any

import pytest

from graphql_api.db.database import Database
from graphql_api.models import CommentStatus, PostStatus, Role, Viewer
from graphql_api.schema import global_id
from tests.schema.mutations.comments import (
    add,
    approve,
    id_of,
    minimize,
    rows,
    run,
    unchanged,
    update,
)
from tests.schema.mutations.conftest import As, errors_of
from tests.support.factories import BEGINNING, Factory

HIDDEN_POSTS: dict[str, dict[str, Any]] = {
    "draft": {"status": PostStatus.DRAFT},
    "scheduled": {
        "status": PostStatus.SCHEDULED,
        "published_at": BEGINNING + timedelta(days=40_000),
    },
    "archived": {"status": PostStatus.ARCHIVED},
    "deleted": {"deleted_at": BEGINNING},
}
BODIES = {
    "nothing": ("", ("REQUIRED", "body"), "min_length: 1"),
    "spaces alone": (" \n\t ", ("REQUIRED", "body"), "min_length: 1"),
    "NUL": ("a\0b", ("INVALID", "body"), None),
    "another control character": ("a\x07b", ("INVALID", "body"), None),
    "a C1 control character": ("a\x85b", ("INVALID", "body"), None),
    "half of a surrogate pair": ("a\ud800b", ("INVALID", "body"), None),
    "too much": ("a" * 10_001, ("TOO_LONG", "body"), "max_length: 10000"),
}
IDS = {
    "of another type": global_id.encode("Tag", 1),
    "unknown": global_id.encode("Comment", 999),
    "beyond every row": global_id.encode("Comment", 10**30),
    "empty": "",
    "not base64": "?",
    "with NUL": "\0",
    "a bare number": "1",
}
ID_FIELDS = {"update": "id", "approve": "subjectId", "minimize": "id"}
INPUTS: dict[str, dict[str, Any]] = {
    "update": {"expectedVersion": 1, "body": "B"},
    "approve": {},
    "minimize": {"reason": "SPAM"},
}


@pytest.mark.parametrize("case", BODIES)
async def test_a_body_that_cannot_be_taken_is_refused(
    case: str, as_: As, make: Factory, database: Database
) -> None:
    body, problem, constraint = BODIES[case]
    comment, editor = await make.comment(), await make.viewer(Role.EDITOR)
    post = global_id.encode("Post", comment.post_id)
    for payload in (
        await run(as_, editor, "add", postId=post, body=body),
        await update(as_, editor, comment, body=body),
    ):
        assert payload["comment"] is None
        assert errors_of(payload) == [problem]
        assert payload["errors"][0]["__typename"] == "ValidationError"
        assert payload["errors"][0]["constraint"] == constraint
    assert await unchanged(database)


async def test_the_longest_body_and_the_shortest_are_taken(as_: As, make: Factory) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    for body in ("a" * 10_000, "😀" * 10_000, "a", "\t.\r\n"):
        payload = await add(as_, reader, post, body=body)
        assert payload["errors"] == []
        assert payload["comment"]["body"] == body.replace("\r\n", "\n")


@pytest.mark.parametrize("key", ["", "\0", "a\nb", "k" * 201])
async def test_a_key_that_cannot_be_taken_is_refused(
    key: str, as_: As, make: Factory, database: Database
) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    payload = await add(as_, reader, post, idempotencyKey=key)
    assert errors_of(payload) == [("INVALID", "idempotencyKey")]
    assert (payload["comment"], payload["commentEdge"], payload["subject"]) == (None, None, None)
    assert await unchanged(database)


@pytest.mark.parametrize("case", IDS)
@pytest.mark.parametrize("name", ID_FIELDS)
async def test_an_id_of_no_comment_is_not_found(
    name: str, case: str, as_: As, make: Factory, database: Database
) -> None:
    await make.tag()
    editor = await make.viewer(Role.EDITOR)
    payload = await run(as_, editor, name, **{ID_FIELDS[name]: IDS[case]} | INPUTS[name])
    assert errors_of(payload) == [("NOT_FOUND", ID_FIELDS[name])]
    [error] = payload["errors"]
    assert error["__typename"] == "NotFoundError"
    if case != "beyond every row":
        assert error["missingId"] == IDS[case]
    assert await unchanged(database)


@pytest.mark.parametrize("case", IDS)
async def test_an_id_of_no_post_and_of_no_parent_is_not_found(
    case: str, as_: As, make: Factory, database: Database
) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    for given, path in (
        ({"postId": IDS[case]}, "postId"),
        ({"replyToId": IDS[case]}, "replyToId"),
    ):
        payload = await add(as_, reader, post, **given)
        assert errors_of(payload) == [("NOT_FOUND", path)]
        assert payload["comment"] is None
    assert await unchanged(database)


async def test_an_unknown_post_is_not_found(as_: As, make: Factory) -> None:
    reader = await make.viewer(Role.READER)
    unknown = global_id.encode("Post", 999)
    payload = await run(as_, reader, "add", postId=unknown, body="B")
    assert errors_of(payload) == [("NOT_FOUND", "postId")]
    assert payload["errors"][0]["missingId"] == unknown


async def test_what_another_tenant_has_is_not_found(
    as_: As, make: Factory, database: Database
) -> None:
    elsewhere = await make.user(tenant_id=(await make.tenant()).id)
    theirs = await make.post(author=elsewhere)
    comment = await make.comment(post=theirs)
    post, editor = await make.post(), await make.viewer(Role.EDITOR)
    assert errors_of(await add(as_, editor, theirs)) == [("NOT_FOUND", "postId")]
    payload = await add(as_, editor, post, replyToId=id_of(comment))
    assert errors_of(payload) == [("NOT_FOUND", "replyToId")]
    for payload in (
        await update(as_, editor, comment),
        await approve(as_, editor, comment),
        await minimize(as_, editor, comment),
    ):
        assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]
    assert await unchanged(database)


@pytest.mark.parametrize("columns", HIDDEN_POSTS.values(), ids=HIDDEN_POSTS)
async def test_only_a_published_post_takes_comments(
    columns: dict[str, Any], as_: As, make: Factory, database: Database
) -> None:
    author = await make.user()
    post = await make.post(author=author, **columns)
    owner = await make.viewer(Role.AUTHOR, user=author)
    others = await make.viewer(Role.AUTHOR), await make.viewer(Role.READER)
    for viewer in others:
        assert errors_of(await add(as_, viewer, post)) == [("NOT_FOUND", "postId")]
    told = "NOT_FOUND" if "deleted_at" in columns else "INVALID"
    for viewer in (owner, await make.viewer(Role.EDITOR)):
        payload = await add(as_, viewer, post)
        assert errors_of(payload) == [(told, "postId")]
        assert payload["subject"] is None
    assert await unchanged(database)


async def test_a_post_of_a_writer_who_is_no_more_takes_no_comments(as_: As, make: Factory) -> None:
    post = await make.post(author=await make.user(deleted_at=BEGINNING))
    payload = await add(as_, await make.viewer(Role.READER), post)
    assert errors_of(payload) == [("NOT_FOUND", "postId")]


HIDDEN_COMMENTS: dict[str, dict[str, Any]] = {
    "pending": {"status": CommentStatus.PENDING},
    "spam": {"status": CommentStatus.SPAM},
    "deleted": {"deleted_at": BEGINNING},
}


@pytest.mark.parametrize("columns", HIDDEN_COMMENTS.values(), ids=HIDDEN_COMMENTS)
async def test_what_is_hidden_cannot_be_answered(
    columns: dict[str, Any], as_: As, make: Factory, database: Database
) -> None:
    post, author = await make.post(), await make.user()
    hidden = await make.comment(post=post, author=author, **columns)
    for viewer in (
        await make.viewer(Role.READER, user=author),
        await make.viewer(Role.EDITOR),
    ):
        payload = await add(as_, viewer, post, replyToId=id_of(hidden))
        assert errors_of(payload) == [("NOT_FOUND", "replyToId")]
    assert await unchanged(database)


async def test_the_mark_of_a_deleted_comment_can_neither_be_answered_nor_changed(
    as_: As, make: Factory, database: Database
) -> None:
    author = await make.user()
    owner = await make.viewer(Role.READER, user=author)
    mark = await make.comment(author=author)
    reply = await make.comment(parent=mark)
    await rows(
        database,
        "UPDATE comments SET deleted_at = now() WHERE id = :id RETURNING id",
        id=mark.id,
    )
    found = "query ($id: ID!) { node(id: $id) { ... on Comment { isDeleted body } } }"
    data = await as_(owner).data(found, id=id_of(mark))
    assert data == {"node": {"isDeleted": True, "body": ""}}
    post = global_id.encode("Post", mark.post_id)
    editor = await make.viewer(Role.EDITOR)
    for viewer in (owner, editor):
        payload = await run(as_, viewer, "add", postId=post, body="B", replyToId=id_of(mark))
        assert errors_of(payload) == [("NOT_FOUND", "replyToId")]
        assert errors_of(await update(as_, viewer, mark)) == [("NOT_FOUND", "id")]
    assert errors_of(await approve(as_, editor, mark)) == [("NOT_FOUND", "subjectId")]
    assert errors_of(await minimize(as_, editor, mark)) == [("NOT_FOUND", "id")]
    assert await unchanged(database)
    below = await run(as_, owner, "add", postId=post, body="B", replyToId=id_of(reply))
    assert below["errors"] == []


async def test_a_comment_under_another_post_cannot_be_answered_here(
    as_: As, make: Factory, database: Database
) -> None:
    post, elsewhere = await make.post(), await make.comment()
    payload = await add(as_, await make.viewer(Role.EDITOR), post, replyToId=id_of(elsewhere))
    assert errors_of(payload) == [("NOT_FOUND", "replyToId")]
    assert await unchanged(database)


async def test_a_thread_has_its_deepest_reply(as_: As, make: Factory) -> None:
    parent = await make.comment()
    for _ in range(99):
        parent = await make.comment(parent=parent)
    reader, post = await make.viewer(Role.READER), global_id.encode("Post", parent.post_id)
    deepest = await run(as_, reader, "add", postId=post, body="B", replyToId=id_of(parent))
    assert deepest["errors"] == []
    assert deepest["comment"]["depth"] == 100
    given = {"postId": post, "replyToId": deepest["comment"]["id"], "body": "B"}
    payload = await run(as_, reader, "add", **given)
    assert errors_of(payload) == [("LIMIT_EXCEEDED", "replyToId")]
    assert payload["errors"][0]["constraint"] == "max_depth: 100"


async def test_another_version_is_a_conflict(as_: As, make: Factory, database: Database) -> None:
    comment, editor = await make.comment(body="One\nTwo"), await make.viewer(Role.EDITOR)
    for expected in (0, 2, -1, 2**31 - 1):
        payload = await update(as_, editor, comment, expectedVersion=expected, body="One\nThree")
        assert payload["comment"] is None
        [error] = payload["errors"]
        assert error["__typename"] == "ConflictError"
        assert (error["code"], error["path"]) == ("CONFLICT", ["expectedVersion"])
        assert (error["expectedVersion"], error["currentVersion"]) == (expected, 1)
        assert error["current"] == {"id": id_of(comment), "body": "One\nTwo", "version": 1}
        [change] = error["changedFields"]
        assert (change["field"], change["before"], change["after"]) == (
            "body",
            "One\nTwo",
            "One\nThree",
        )
        assert change["diff"].endswith("-Two\n+Three")
    assert await unchanged(database)


# ---------- who may ----------


async def test_nobody_writes_without_logging_in(as_: As, make: Factory, database: Database) -> None:
    comment = await make.comment()
    nobody, post = Viewer(), global_id.encode("Post", comment.post_id)
    for payload in (
        await run(as_, nobody, "add", postId=post, body=""),
        await update(as_, nobody, comment),
        await approve(as_, nobody, comment),
        await minimize(as_, nobody, comment),
    ):
        [error] = payload["errors"]
        assert (error["__typename"], error["code"]) == ("PermissionError", "UNAUTHENTICATED")
        assert payload["comment"] is None
    assert await unchanged(database)


async def test_a_comment_is_changed_by_its_author_and_by_moderators_alone(
    as_: As, make: Factory
) -> None:
    author = await make.user()
    comment = await make.comment(author=author, post=await make.post())
    for version, viewer in enumerate(
        [
            await make.viewer(Role.READER, user=author),
            await make.viewer(Role.EDITOR),
            await make.viewer(Role.ADMINISTRATOR),
        ],
        start=1,
    ):
        payload = await update(as_, viewer, comment, expectedVersion=version, body=f"B{version}")
        assert payload["errors"] == []
        assert payload["comment"]["author"] == {"id": id_of(author)}
    for role in (Role.READER, Role.AUTHOR):
        payload = await update(as_, await make.viewer(role), comment, expectedVersion=4)
        [error] = payload["errors"]
        assert (error["code"], error["missingScopes"]) == ("FORBIDDEN", ["MODERATE"])


async def test_the_author_of_a_post_does_not_rule_its_comments(as_: As, make: Factory) -> None:
    author = await make.user()
    comment = await make.comment(post=await make.post(author=author))
    payload = await update(as_, await make.viewer(Role.AUTHOR, user=author), comment)
    assert errors_of(payload) == [("FORBIDDEN", "")]


async def test_judging_is_for_moderators_alone(as_: As, make: Factory, database: Database) -> None:
    author = await make.user()
    comment = await make.comment(author=author, status=CommentStatus.PENDING)
    for viewer in (await make.viewer(Role.AUTHOR, user=author), await make.viewer(Role.READER)):
        for payload in (await approve(as_, viewer, comment), await minimize(as_, viewer, comment)):
            [error] = payload["errors"]
            assert (error["code"], error["missingScopes"]) == ("FORBIDDEN", ["MODERATE"])
    assert await unchanged(database)


async def test_who_was_an_editor_when_the_token_was_made_may_judge_no_more(
    as_: As, make: Factory, database: Database
) -> None:
    comment, editor = await make.comment(), await make.viewer(Role.EDITOR)
    await rows(
        database,
        "UPDATE accounts SET role = 'reader' WHERE user_id = :id RETURNING user_id",
        id=editor.user_id,
    )
    for payload in (
        await update(as_, editor, comment),
        await approve(as_, editor, comment),
        await minimize(as_, editor, comment),
    ):
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"]
    assert await unchanged(database)


async def test_who_is_deleted_writes_no_more(as_: As, make: Factory, database: Database) -> None:
    author = await make.user()
    writer = await make.viewer(Role.READER, user=author)
    comment, post = await make.comment(author=author), await make.post()
    await rows(
        database, "UPDATE users SET deleted_at = now() WHERE id = :id RETURNING id", id=author.id
    )
    for payload in (await add(as_, writer, post), await update(as_, writer, comment)):
        assert [error["code"] for error in payload["errors"]] == ["UNAUTHENTICATED"]
    assert await unchanged(database)


async def test_a_guests_comment_is_changed_by_moderators_alone(as_: As, make: Factory) -> None:
    comment = await make.comment(author_id=None, guest_name="Guest")
    reader, editor = await make.viewer(Role.READER), await make.viewer(Role.EDITOR)
    assert errors_of(await update(as_, reader, comment)) == [("FORBIDDEN", "")]
    changed = (await update(as_, editor, comment))["comment"]
    assert (changed["body"], changed["author"], changed["guestName"]) == ("New", None, "Guest")


async def test_a_hidden_comment_is_not_found_by_whom_it_does_not_concern(
    as_: As, make: Factory, database: Database
) -> None:
    hidden = await make.comment(status=CommentStatus.PENDING)
    for role in (Role.READER, Role.AUTHOR):
        payload = await update(as_, await make.viewer(role), hidden)
        assert errors_of(payload) == [("NOT_FOUND", "id")]
        assert payload["errors"][0]["missingId"] == id_of(hidden)
    assert await unchanged(database)


@pytest.mark.parametrize("columns", HIDDEN_POSTS.values(), ids=HIDDEN_POSTS)
async def test_a_comment_under_a_post_that_one_does_not_see_is_not_found(
    columns: dict[str, Any], as_: As, make: Factory, database: Database
) -> None:
    author = await make.user()
    comment = await make.comment(post=await make.post(**columns), author=author)
    owner = await make.viewer(Role.READER, user=author)
    assert errors_of(await update(as_, owner, comment)) == [("NOT_FOUND", "id")]
    if "deleted_at" in columns:
        editor = await make.viewer(Role.EDITOR)
        assert errors_of(await update(as_, editor, comment)) == [("NOT_FOUND", "id")]
        assert errors_of(await approve(as_, editor, comment)) == [("NOT_FOUND", "subjectId")]
        assert errors_of(await minimize(as_, editor, comment)) == [("NOT_FOUND", "id")]
    assert await unchanged(database)


async def test_what_hangs_below_a_deleted_comment_that_leaves_no_mark_is_not_found(
    as_: As, make: Factory, database: Database
) -> None:
    top = await make.comment(deleted_at=BEGINNING)
    reply = await make.comment(parent=top, status=CommentStatus.PENDING)
    editor = await make.viewer(Role.EDITOR)
    assert errors_of(await approve(as_, editor, reply)) == [("NOT_FOUND", "subjectId")]
    assert await unchanged(database)


async def test_a_wrong_reason_is_an_error_of_the_document(as_: As, make: Factory) -> None:
    comment, editor = await make.comment(), await make.viewer(Role.EDITOR)
    given = {"id": id_of(comment), "reason": "BORING"}
    query = (
        "mutation ($i: MinimizeCommentInput!) { minimizeComment(input: $i) { errors { code } } }"
    )
    assert "BORING" in await as_(editor).refusal(query, i=given)
