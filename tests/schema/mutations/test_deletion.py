"""Deleting: what goes along, what is still seen, and who may."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import CommentStatus, PostStatus, Role, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Recorder
from tests.schema.mutations.conftest import As, errors_of
from tests.schema.mutations.deleting import delete, deleted, id_of, restore, stored
from tests.schema.scene import EVERYTHING, Scene
from tests.support.derived import WRONG
from tests.support.factories import Factory

MANY = 2000


@pytest.fixture
async def scene(make: Factory, database: Database) -> Scene:
    """Make the visible content."""
    made = Scene(make, database)
    await made.set_up()
    return made


async def living(database: Database, table: str) -> set[int]:
    """Read the ids of the rows of a table that are not deleted."""
    found = await stored(database, f"SELECT id FROM {table} WHERE deleted_at IS NULL")  # noqa: S608  # our own table
    return {number for (number,) in found}


def said(body: str) -> dict[str, Any]:
    """Give what the log says of an approved comment."""
    return {"body": body, "status": "APPROVED", "minimizedReason": None}


async def test_a_post_takes_all_of_its_living_comments_along(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    elsewhere = await make.comment()
    await make.comment(post=scene.post, status=CommentStatus.PENDING)
    gone_before = await make.comment(parent=scene.reply)
    await deleted(as_, await make.viewer(Role.EDITOR), gone_before)
    payload = await delete(as_, author, scene.post, clientMutationId="mine")
    assert len(payload.pop("undoToken")) == 43
    assert payload == {
        "clientMutationId": "mine",
        "deletedId": id_of(scene.post),
        "cascaded": [{"type": "Comment", "count": 3}],
        "node": None,
        "errors": [],
    }
    assert await living(database, "posts") == {elsewhere.post_id}
    assert await living(database, "comments") == {elsewhere.id}
    assert await stored(database, WRONG) == []


async def test_a_post_without_comments_takes_nothing_along(as_: As, make: Factory) -> None:
    author = await make.viewer()
    post = await make.post(author_id=author.user_id)
    assert (await delete(as_, author, post))["cascaded"] == []


async def test_a_deletion_counts_versions_up_and_leaves_a_trace_of_each_row(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    await deleted(as_, author, scene.post)
    entries = await stored(
        database,
        """SELECT subject_type, subject_id, owner_id, version, actor_id, action, snapshot,
            changes -> 'deletedAt' -> 0, (changes -> 'deletedAt' ->> 1)::timestamptz
            FROM revisions ORDER BY id""",
    )
    [(at,)] = await stored(database, "SELECT created_at FROM deletions")
    common = (2, author.user_id, "soft_delete")
    content = {
        "title": scene.post.title,
        "body": scene.post.body,
        "slug": "seen",
        "status": "PUBLISHED",
        "publishedAt": "2026-01-01T00:06:00+00:00",
        "categoryId": scene.below.id,
        "tagNames": [scene.tag.name],
    }
    assert entries == [
        ("Post", scene.post.id, scene.writer.id, *common, content, None, at),
        ("Comment", scene.top.id, scene.writer.id, *common, said("top"), None, at),
        ("Comment", scene.reply.id, scene.fan.id, *common, said("reply"), None, at),
    ]
    same = "SELECT subject_type, subject_id, version, action FROM {} ORDER BY id"
    assert await stored(database, same.format("revisions")) == await stored(
        database, same.format("outbox")
    )
    rows = "SELECT version, deleted_at, deleted_by_id, deletion_id FROM {}"
    found = await stored(database, rows.format("posts"))
    found += await stored(database, rows.format("comments"))
    assert found == [(2, at, author.user_id, 1)] * 3


async def test_a_deleted_post_is_nowhere_for_anybody(as_: As, make: Factory, scene: Scene) -> None:
    author = await make.viewer(user=scene.writer)
    viewers = [Viewer(), author, await make.viewer(Role.EDITOR)]
    before = [await as_(viewer).data(EVERYTHING) for viewer in viewers]
    post = await scene.another_post()
    everywhere = """query ($id: ID!, $n: BigInt!, $ids: [ID!]!) {
        node(id: $id) { id } nodes(ids: $ids) { id } number: post(by: {databaseId: $n}) { id }
        id: post(by: {id: $id}) { id } slug: post(by: {slug: "other"}) { id } }"""
    ids = [id_of(post), *(global_id.encode("Comment", number) for number in (3, 4))]
    await deleted(as_, author, post)
    for viewer, seen in zip(viewers, before, strict=True):
        assert await as_(viewer).data(EVERYTHING) == seen
        found = await as_(viewer).data(everywhere, id=ids[0], n=post.id, ids=ids)
        assert found == {
            "node": None,
            "nodes": [None, None, None],
            "number": None,
            "id": None,
            "slug": None,
        }


async def test_the_author_of_a_comment_leaves_a_mark_above_the_replies_of_others(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    payload = await delete(as_, author, scene.top)
    assert payload["node"] == {
        "id": id_of(scene.top),
        "body": "",
        "author": None,
        "replyCount": 1,
        "isDeleted": True,
    }
    assert payload["cascaded"] == []
    assert await living(database, "comments") == {scene.reply.id}
    assert await stored(database, WRONG) == []


async def test_the_author_of_a_comment_without_replies_leaves_nothing(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    payload = await delete(as_, await make.viewer(user=scene.fan), scene.reply)
    assert (payload["deletedId"], payload["node"]) == (id_of(scene.reply), None)
    assert await living(database, "comments") == {scene.top.id}
    assert await stored(database, WRONG) == []


async def test_who_moderates_takes_all_that_lives_below_a_comment(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    below = await make.comment(parent=scene.reply)
    await make.comment(parent=scene.reply, status=CommentStatus.SPAM)
    await make.comment(parent=below)
    beside = await make.comment(post=scene.post)
    await deleted(as_, await make.viewer(user=scene.fan), scene.reply)
    editor = await make.viewer(Role.EDITOR)
    payload = await delete(as_, editor, scene.top)
    assert payload["node"] is None
    assert payload["cascaded"] == [{"type": "Comment", "count": 3}]
    assert await living(database, "comments") == {beside.id}
    acts = "SELECT id, deletion_id FROM comments WHERE deleted_at IS NOT NULL ORDER BY id"
    assert await stored(database, acts) == [(1, 2), (2, 1), (3, 2), (4, 2), (5, 2)]
    assert await stored(database, WRONG) == []


async def test_who_moderates_takes_the_replies_to_their_own_comment_along_too(
    as_: As, make: Factory, scene: Scene
) -> None:
    editor = await make.viewer(Role.EDITOR, user=scene.writer)
    assert (await delete(as_, editor, scene.top))["cascaded"] == [{"type": "Comment", "count": 1}]


async def test_a_category_goes_and_its_posts_show_none_but_stay(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    administrator = await make.viewer(Role.ADMINISTRATOR)
    payload = await delete(as_, administrator, scene.below)
    assert (payload["deletedId"], payload["node"], payload["cascaded"]) == (
        id_of(scene.below),
        None,
        [],
    )
    query = """query ($id: ID!) { node(id: $id) { id } category(slug: "below") { id }
        categories(rootsOnly: false) { slug children { slug } }
        post(by: {slug: "seen"}) { category { slug } } }"""
    assert await as_(administrator).data(query, id=id_of(scene.below)) == {
        "node": None,
        "category": None,
        "categories": [{"slug": "shelf", "children": []}],
        "post": {"category": None},
    }
    kept = await stored(database, "SELECT category_id FROM posts")
    assert kept == [(scene.below.id,)]
    entry = "SELECT owner_id, version, action, snapshot FROM revisions"
    content = {"name": scene.below.name, "slug": "below", "parentId": scene.shelf.id}
    assert await stored(database, entry) == [(None, 2, "soft_delete", content)]


async def test_a_category_with_living_ones_below_stays(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    administrator = await make.viewer(Role.ADMINISTRATOR)
    payload = await delete(as_, administrator, scene.shelf)
    assert errors_of(payload) == [("INVALID", "id")]
    assert await living(database, "categories") == {scene.shelf.id, scene.below.id}
    await deleted(as_, administrator, scene.below)
    assert (await delete(as_, administrator, scene.shelf))["errors"] == []
    assert await living(database, "categories") == set()


async def test_only_owners_and_those_who_moderate_delete(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    nobody = {"code": "UNAUTHENTICATED", "missingScopes": []}
    stranger = {"code": "FORBIDDEN", "missingScopes": ["MODERATE"]}
    for row in (scene.post, scene.top):
        for viewer, refusal in (
            (Viewer(), nobody),
            (await make.viewer(Role.READER), stranger),
            (await make.viewer(Role.AUTHOR), stranger),
        ):
            payload = await delete(as_, viewer, row)
            [error] = payload.pop("errors")
            assert error["__typename"] == "PermissionError"
            assert {name: error[name] for name in refusal} == refusal
            assert payload == {
                "clientMutationId": None,
                "deletedId": None,
                "undoToken": None,
                "cascaded": [],
                "node": None,
            }
    payload = await delete(as_, await make.viewer(Role.EDITOR), scene.below)
    assert [error["missingScopes"] for error in payload["errors"]] == [["TENANT_ADMIN"]]
    assert len(await living(database, "posts") | await living(database, "categories")) == 2
    assert await stored(database, "SELECT 1 FROM deletions UNION ALL SELECT 1 FROM revisions") == []


async def test_the_role_counts_that_the_database_knows(
    as_: As, make: Factory, scene: Scene
) -> None:
    reader = await make.viewer(Role.READER)
    pretender = Viewer(reader.tenant_id, reader.user_id, Role.EDITOR)
    assert errors_of(await delete(as_, pretender, scene.post)) == [("FORBIDDEN", "")]


@pytest.mark.parametrize("kind", ["Post", "Comment", "Category"])
async def test_what_is_not_there_cannot_be_deleted(as_: As, make: Factory, kind: str) -> None:
    administrator = await make.viewer(Role.ADMINISTRATOR)
    other = "User"
    for given in (
        "",
        "no id",
        "\0",
        global_id.encode(other, 1),
        global_id.encode(kind, 99),
        global_id.encode(kind, 2**63 - 1),
    ):
        payload = await delete(as_, administrator, kind, id=given)
        assert errors_of(payload) == [("NOT_FOUND", "id")]
        assert payload["errors"][0]["missingId"] == given


async def test_what_cannot_be_seen_cannot_be_deleted_and_looks_as_if_it_were_not_there(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    draft = await make.post(status=PostStatus.DRAFT)
    under_draft = await make.comment(post=draft, author=scene.fan)
    pending = await make.comment(post=scene.post, status=CommentStatus.PENDING)
    tenant = await make.tenant()
    theirs = await make.post(author=await make.user(tenant_id=tenant.id))
    their_comment = await make.comment(post=theirs)
    their_shelf = await make.category(tenant_id=tenant.id)
    fan, editor = await make.viewer(user=scene.fan), await make.viewer(Role.ADMINISTRATOR)
    for viewer, hidden in (
        (fan, draft),
        (fan, under_draft),
        (fan, pending),
        (editor, theirs),
        (editor, their_comment),
        (editor, their_shelf),
    ):
        payload = await delete(as_, viewer, hidden)
        absent = await delete(as_, viewer, type(hidden).__name__, id=id_of(hidden))
        assert errors_of(payload) == [("NOT_FOUND", "id")] == errors_of(absent)
    assert await stored(database, "SELECT 1 FROM deletions") == []
    for there in (pending, under_draft, draft):
        assert (await delete(as_, editor, there))["errors"] == []


async def test_people_delete_what_only_they_and_editors_see(as_: As, make: Factory) -> None:
    author = await make.viewer()
    draft = await make.post(author_id=author.user_id, status=PostStatus.DRAFT)
    pending = await make.comment(author_id=author.user_id, status=CommentStatus.PENDING)
    for row in (pending, draft):
        assert (await delete(as_, author, row))["errors"] == []


async def test_another_version_than_the_one_named_stays(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    administrator = await make.viewer(Role.ADMINISTRATOR)
    for row in (scene.reply, scene.post, scene.below):
        for wrong in (0, 2, -1):
            payload = await delete(as_, administrator, row, expectedVersion=wrong)
            [error] = payload["errors"]
            assert error == error | {
                "__typename": "ConflictError",
                "code": "CONFLICT",
                "path": ["expectedVersion"],
                "expectedVersion": wrong,
                "currentVersion": 1,
                "current": {"id": id_of(row)},
                "changedFields": [],
            }
        assert (await delete(as_, administrator, row, expectedVersion=1))["errors"] == []
    assert len(await stored(database, "SELECT 1 FROM deletions")) == 3


@pytest.mark.parametrize("kind", ["Post", "Comment", "Category"])
async def test_of_those_who_delete_at_once_one_wins(
    kind: str, as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    row = {"Post": scene.post, "Comment": scene.top, "Category": scene.below}[kind]
    viewers = [await make.viewer(Role.ADMINISTRATOR) for _ in range(8)]
    payloads = await asyncio.gather(*(delete(as_, viewer, row) for viewer in viewers))
    [won] = [payload for payload in payloads if payload["errors"] == []]
    assert won["undoToken"]
    lost = [errors_of(payload) for payload in payloads if payload is not won]
    assert lost == [[("NOT_FOUND", "id")]] * 7
    assert len(await stored(database, "SELECT 1 FROM deletions")) == 1
    found = await stored(database, "SELECT 1 FROM revisions WHERE action = 'soft_delete'")
    assert len(found) == {"Post": 3, "Comment": 2, "Category": 1}[kind]


async def test_no_comment_lives_visibly_under_a_post_that_is_deleted_meanwhile(
    as_: As, make: Factory, database: Database
) -> None:
    author = await make.viewer()
    fan = await make.user()
    for _ in range(5):
        post = await make.post(author_id=author.user_id)
        top = await make.comment(post=post, author=fan)
        commenting = [make.comment(post=post, author=fan) for _ in range(4)]
        answering = [make.comment(parent=top, author=fan) for _ in range(4)]
        payload, *_ = await asyncio.gather(delete(as_, author, post), *commenting, *answering)
        assert payload["errors"] == []
        seen = "SELECT id FROM comments WHERE visible OR shown"
        assert await stored(database, seen) == []
        assert await stored(database, WRONG) == []


async def test_thousands_of_comments_go_and_come_back_in_as_many_statements_as_one(
    as_: As, make: Factory, database: Database, statements: Recorder
) -> None:
    author, editor = await make.viewer(), await make.viewer(Role.EDITOR)
    counts = []
    for number in (1, MANY):
        post = await make.post(author_id=author.user_id)
        top = await thread(database, post.id, number)
        for viewer, row, n_cascaded in (
            (editor, global_id.encode("Comment", top), number - 1),
            (author, id_of(post), number),
        ):
            kind = global_id.decode(row).type_name
            with statements() as log:
                payload = await delete(as_, viewer, kind, id=row)
                restored = await restore(as_, viewer, payload["undoToken"])
            counts.append(len(log))
            assert sum(each["count"] for each in payload["cascaded"]) == n_cascaded
            assert (payload["errors"], restored["errors"]) == ([], [])
    assert counts[:2] == counts[2:]
    [(n_entries, n_events)] = await stored(
        database, "SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM outbox)"
    )
    assert n_entries == n_events == 2 * (1 + MANY) * 2 + 4
    seen = await stored(database, "SELECT comment_count FROM posts ORDER BY id")
    assert seen == [(1,), (MANY,)]


THREAD = """
INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text, status)
SELECT 1, :last + n, :post,
    CASE WHEN n > 1 THEN :last + CASE n % 2 WHEN 0 THEN 1 ELSE n - 1 END END,
    '', '', '', 'approved'
FROM generate_series(1, :number) AS n
"""
"""A comment with replies below it, every other in reply to the one before."""


async def thread(database: Database, post_id: int, number: int) -> int:
    """Write a thread under a post, and return the id of its top."""
    async with database.transaction() as session:
        found = await session.execute(text("SELECT coalesce(max(id), 0) FROM comments"))
        last: int = found.scalar_one()
        given = {"last": last, "post": post_id, "number": number}
        await session.execute(text(THREAD), given)
    return last + 1
