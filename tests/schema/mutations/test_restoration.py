"""Restoring: exactly what one act of deleting took, once, by who may."""

import asyncio

import pytest

from graphql_api.db.database import Database
from graphql_api.models import PostStatus, Role, Viewer
from tests.schema.mutations.conftest import As, by_each_executor, errors_of
from tests.schema.mutations.deleting import delete, deleted, id_of, restore, stored
from tests.schema.scene import EVERYTHING, Scene
from tests.support.derived import WRONG
from tests.support.factories import Factory

pytestmark = by_each_executor

NOT_FOUND = [("NOT_FOUND", "undoToken")]


@pytest.fixture
async def scene(make: Factory, database: Database) -> Scene:
    """Make the visible content."""
    made = Scene(make, database)
    await made.set_up()
    return made


async def test_a_post_comes_back_with_its_comments_and_all_else_as_it_was(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    await deleted(as_, await make.viewer(Role.EDITOR), await make.comment(parent=scene.reply))
    before = await as_(Viewer()).data(EVERYTHING)
    token = await deleted(as_, author, scene.post)
    payload = await restore(as_, author, token, clientMutationId="mine")
    post = {"id": id_of(scene.post), "slug": "seen", "version": 3, "commentCount": 2}
    assert payload == {"clientMutationId": "mine", "restored": [post], "errors": []}
    assert await as_(Viewer()).data(EVERYTHING) == before
    assert await stored(database, WRONG) == []
    left = "SELECT id, deletion_id, version FROM comments WHERE deleted_at IS NOT NULL"
    assert await stored(database, left) == [(3, 1, 2)]
    kept = "SELECT deletion_id, deleted_by_id FROM comments WHERE deleted_at IS NULL"
    assert await stored(database, kept) == [(None, None)] * 2


async def test_a_restoration_counts_versions_up_and_leaves_a_trace_of_each_row(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    token = await deleted(as_, author, scene.post)
    await restore(as_, author, token)
    entries = await stored(
        database,
        """SELECT subject_type, subject_id, owner_id, version, actor_id, action,
            snapshot ->> 'body', (changes -> 'deletedAt' ->> 0)::timestamptz,
            changes -> 'deletedAt' -> 1, changes ? 'slug'
            FROM revisions WHERE action = 'restore' ORDER BY id""",
    )
    [(at,)] = await stored(database, "SELECT created_at FROM deletions")
    common, end = (3, author.user_id, "restore"), (at, None, False)
    assert entries == [
        ("Comment", scene.top.id, scene.writer.id, *common, "top", *end),
        ("Comment", scene.reply.id, scene.fan.id, *common, "reply", *end),
        ("Post", scene.post.id, scene.writer.id, *common, scene.post.body, *end),
    ]
    same = "SELECT subject_type, subject_id, version, action FROM {} ORDER BY id"
    assert await stored(database, same.format("revisions")) == await stored(
        database, same.format("outbox")
    )


async def test_what_was_deleted_by_another_act_stays_deleted(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author, fan = await make.viewer(user=scene.writer), await make.viewer(user=scene.fan)
    editor = await make.viewer(Role.EDITOR)
    below = await make.comment(parent=scene.reply)
    mark = await deleted(as_, fan, scene.reply)
    branch = await deleted(as_, editor, scene.top)
    whole = await deleted(as_, author, scene.post)

    async def living() -> list[int]:
        found = "SELECT id FROM comments WHERE deleted_at IS NULL ORDER BY id"
        return [number for (number,) in await stored(database, found)]

    assert await living() == []
    assert (await restore(as_, author, whole))["errors"] == []
    assert await living() == []
    assert (await restore(as_, editor, branch))["errors"] == []
    assert await living() == [scene.top.id, below.id]
    assert (await restore(as_, fan, mark))["errors"] == []
    assert await living() == [scene.top.id, scene.reply.id, below.id]
    assert await stored(database, WRONG) == []


async def test_a_comment_comes_back_with_what_went_along_below_a_mark_too(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    before = await as_(Viewer()).data(EVERYTHING)
    editor = await make.viewer(Role.EDITOR)
    token = await deleted(as_, editor, scene.top)
    payload = await restore(as_, editor, token)
    assert payload["restored"] == [{"id": id_of(scene.top), "body": "top", "version": 3}]
    assert await as_(Viewer()).data(EVERYTHING) == before
    author = await make.viewer(user=scene.writer)
    reply = await deleted(as_, editor, scene.reply)
    await deleted(as_, author, scene.top)
    assert (await restore(as_, editor, reply))["errors"] == []
    assert await stored(database, WRONG) == []
    found = await as_(Viewer()).data(
        '{ post(by: {slug: "seen"}) { comments { nodes { body isDeleted } } } }'
    )
    assert found["post"]["comments"]["nodes"] == [
        {"body": "", "isDeleted": True},
        {"body": "reply", "isDeleted": False},
    ]


async def test_a_comment_waits_for_its_post_that_another_act_deleted(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author, fan = await make.viewer(user=scene.writer), await make.viewer(user=scene.fan)
    reply = await deleted(as_, fan, scene.reply)
    post = await deleted(as_, author, scene.post)
    payload = await restore(as_, fan, reply)
    [error] = payload["errors"]
    assert (error["__typename"], errors_of(payload)) == (
        "ValidationError",
        [("INVALID", "undoToken")],
    )
    assert "post" in error["message"]
    assert payload["restored"] == []
    living = "SELECT count(*) FROM comments WHERE deleted_at IS NULL"
    assert await stored(database, living) == [(0,)]
    assert (await restore(as_, author, post))["errors"] == []
    assert (await restore(as_, fan, reply))["errors"] == []
    assert await stored(database, living) == [(2,)]


async def test_a_token_works_once(as_: As, make: Factory, scene: Scene) -> None:
    author = await make.viewer(user=scene.writer)
    token = await deleted(as_, author, scene.post)
    assert (await restore(as_, author, token))["errors"] == []
    assert errors_of(await restore(as_, author, token)) == NOT_FOUND
    await deleted(as_, author, scene.post)
    payload = await restore(as_, author, token)
    assert (errors_of(payload), payload["restored"]) == (NOT_FOUND, [])


@pytest.mark.parametrize("kind", ["Post", "Comment", "Category"])
async def test_of_those_who_restore_at_once_one_does(
    kind: str, as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    row = {"Post": scene.post, "Comment": scene.top, "Category": scene.below}[kind]
    administrator = await make.viewer(Role.ADMINISTRATOR)
    token = await deleted(as_, administrator, row)
    payloads = await asyncio.gather(*(restore(as_, administrator, token) for _ in range(8)))
    assert sorted(errors_of(payload) for payload in payloads) == [[], *[NOT_FOUND] * 7]
    found = await stored(database, "SELECT 1 FROM revisions WHERE action = 'restore'")
    assert len(found) == {"Post": 3, "Comment": 2, "Category": 1}[kind]
    assert await stored(database, WRONG) == []


async def test_who_deletes_and_who_restores_at_once_leave_it_whole(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author, editor = await make.viewer(user=scene.writer), await make.viewer(Role.EDITOR)
    for _ in range(5):
        top = await deleted(as_, editor, scene.top)
        removed, restored = await asyncio.gather(
            delete(as_, author, scene.post), restore(as_, editor, top)
        )
        assert removed["errors"] == []
        assert errors_of(restored) in ([], [("INVALID", "undoToken")])
        assert (await restore(as_, author, removed["undoToken"]))["errors"] == []
        if restored["errors"]:
            assert (await restore(as_, editor, top))["errors"] == []
        living = "SELECT count(*) FROM comments WHERE deleted_at IS NULL AND visible"
        assert await stored(database, living) == [(2,)]
        assert await stored(database, WRONG) == []


async def test_a_token_is_for_who_deleted_and_for_those_who_moderate(
    as_: As, make: Factory, scene: Scene
) -> None:
    author, fan = await make.viewer(user=scene.writer), await make.viewer(user=scene.fan)
    editor = await make.viewer(Role.EDITOR)
    for row in (scene.post, scene.top):
        token = await deleted(as_, author, row)
        payload = await restore(as_, Viewer(), token)
        assert errors_of(payload) == [("UNAUTHENTICATED", "")]
        assert errors_of(await restore(as_, fan, token)) == NOT_FOUND
        assert (await restore(as_, editor, token))["errors"] == []
        token = await deleted(as_, editor, row)
        assert errors_of(await restore(as_, author, token)) == NOT_FOUND
        assert (await restore(as_, editor, token))["errors"] == []


async def test_a_category_comes_back_for_those_who_administer(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    first, second = [await make.viewer(Role.ADMINISTRATOR) for _ in range(2)]
    before = await as_(Viewer()).data(EVERYTHING)
    token = await deleted(as_, first, scene.below)
    assert errors_of(await restore(as_, await make.viewer(Role.EDITOR), token)) == NOT_FOUND
    payload = await restore(as_, second, token)
    assert payload["restored"] == [{"id": id_of(scene.below), "slug": "below"}]
    assert await as_(Viewer()).data(EVERYTHING) == before
    entry = "SELECT version, action, snapshot FROM revisions ORDER BY id DESC LIMIT 1"
    content = {"name": scene.below.name, "slug": "below", "parentId": scene.shelf.id}
    assert await stored(database, entry) == [(3, "restore", content)]


async def test_an_administrator_of_old_restores_no_category(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    administrator = await make.viewer(Role.ADMINISTRATOR)
    token = await deleted(as_, administrator, scene.below)
    await demote(database, administrator)
    assert errors_of(await restore(as_, administrator, token)) == NOT_FOUND


async def test_a_moderator_of_old_restores_what_is_their_own_and_no_more(
    as_: As, make: Factory, database: Database
) -> None:
    editor = await make.viewer(Role.EDITOR)
    theirs = await make.post(author_id=editor.user_id)
    tokens = [await deleted(as_, editor, post) for post in (await make.post(), theirs)]
    await demote(database, editor)
    assert errors_of(await restore(as_, editor, tokens[0])) == NOT_FOUND
    [restored] = (await restore(as_, editor, tokens[1]))["restored"]
    assert restored["id"] == id_of(theirs)


async def demote(database: Database, viewer: Viewer) -> None:
    """Make somebody a reader."""
    await stored(
        database,
        f"UPDATE accounts SET role = 'reader' WHERE user_id = {viewer.user_id} RETURNING 1",  # noqa: S608  # a number
    )


async def test_a_slug_that_was_taken_meanwhile_is_replaced(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    administrator = await make.viewer(Role.ADMINISTRATOR)
    post, shelf = [await deleted(as_, administrator, each) for each in (scene.post, scene.below)]
    await make.post(slug="seen")
    await make.post(slug="seen-2")
    await make.category(slug="below")
    [restored] = (await restore(as_, administrator, post))["restored"]
    assert restored["slug"] == "seen-3"
    assert (await restore(as_, administrator, shelf))["restored"] == [
        {"id": id_of(scene.below), "slug": "below-2"}
    ]
    entries = """SELECT changes -> 'slug', snapshot -> 'slug' FROM revisions
        WHERE action = 'restore' AND subject_type <> 'Comment' ORDER BY id"""
    assert await stored(database, entries) == [
        (["seen", "seen-3"], "seen-3"),
        (["below", "below-2"], "below-2"),
    ]
    assert await stored(database, WRONG) == []


async def test_of_two_posts_that_want_the_same_slug_back_at_once_each_gets_one(
    as_: As, make: Factory, database: Database
) -> None:
    author = await make.viewer()
    tokens = []
    for _ in range(3):
        post = await make.post(author_id=author.user_id, slug="same")
        tokens.append(await deleted(as_, author, post))
    payloads = await asyncio.gather(*(restore(as_, author, token) for token in tokens))
    assert [payload["errors"] for payload in payloads] == [[]] * 3
    slugs = await stored(database, "SELECT slug FROM posts ORDER BY slug")
    assert slugs == [("same",), ("same-2",), ("same-3",)]


async def test_a_draft_comes_back_as_a_draft(as_: As, make: Factory) -> None:
    author = await make.viewer()
    draft = await make.post(author_id=author.user_id, status=PostStatus.DRAFT)
    token = await deleted(as_, author, draft)
    [restored] = (await restore(as_, author, token))["restored"]
    assert restored["id"] == id_of(draft)
    assert (await as_(Viewer()).data("{ posts { totalCount } }"))["posts"]["totalCount"] == 0


async def test_what_only_others_see_is_restored_and_not_listed(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    fan = await make.viewer(user=scene.fan)
    token = await deleted(as_, fan, scene.reply)
    await stored(database, "UPDATE posts SET status = 'draft', published_at = NULL RETURNING 1")
    assert await restore(as_, fan, token) == {
        "clientMutationId": None,
        "restored": [],
        "errors": [],
    }
    living = "SELECT count(*) FROM comments WHERE deleted_at IS NULL"
    assert await stored(database, living) == [(2,)]


async def test_what_is_no_token_is_not_found(as_: As, make: Factory, scene: Scene) -> None:
    editor = await make.viewer(Role.EDITOR)
    token = await deleted(as_, editor, scene.post)
    for odd in ("", " ", token[:-1], f"{token} ", token.swapcase(), "x" * 100_000, "é\n😀"):
        assert errors_of(await restore(as_, editor, odd)) == NOT_FOUND, odd
    for strange in ("\0", "\ud800"):
        assert errors_of(await restore(as_, editor, strange)) == NOT_FOUND
    assert (await restore(as_, editor, token))["errors"] == []


async def test_a_token_of_another_tenant_is_not_found(as_: As, make: Factory, scene: Scene) -> None:
    tenant = await make.tenant()
    stranger = await make.viewer(
        Role.ADMINISTRATOR, user=await make.user(tenant_id=tenant.id, id=scene.writer.id)
    )
    author = await make.viewer(user=scene.writer)
    token = await deleted(as_, author, scene.post)
    assert errors_of(await restore(as_, stranger, token)) == NOT_FOUND
    assert (await restore(as_, author, token))["errors"] == []


async def test_a_token_is_kept_as_its_hash_alone(
    as_: As, make: Factory, scene: Scene, database: Database
) -> None:
    author = await make.viewer(user=scene.writer)
    token = await deleted(as_, author, scene.post)
    hashed = f"SELECT token_hash = sha256('{token}') FROM deletions"  # noqa: S608  # a token of ours
    assert await stored(database, hashed) == [(True,)]
