"""Renaming and merging tags."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import Role, Tag, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Recorder
from tests.schema.mutations.conftest import As, errors_of
from tests.schema.mutations.test_comment_races import until_one_waits
from tests.schema.mutations.test_link import n_begun, rows
from tests.support.derived import WRONG
from tests.support.factories import BEGINNING, Factory

TAG = "tag { id name slug postCount followerCount posts { nodes { id } } }"
ERRORS = "errors { __typename message code path ... on NotFoundError { missingId } }"
RENAME = f"mutation ($input: RenameTagInput!) {{ renameTag(input: $input) {{ {TAG} {ERRORS} }} }}"
MERGE = f"mutation ($input: MergeTagsInput!) {{ mergeTags(input: $input) {{ {TAG} {ERRORS} }} }}"
UNKNOWN = global_id.encode("Tag", 10**9)
LOG = "SELECT action, subject_id, version, owner_id, changes, snapshot FROM revisions ORDER BY id"
MARKS = "SELECT tag_id, post_id FROM post_tags ORDER BY 1, 2"
FOLLOWS = "SELECT tag_id, user_id, created_at FROM tag_follows ORDER BY 1, 2"


def id_of(tag: Tag) -> str:
    """Give the global id of a tag."""
    return global_id.encode("Tag", tag.id)


async def rename(as_: As, viewer: Viewer, tag_id: str, name: str) -> dict[str, Any]:
    """Rename a tag, and return the payload."""
    data = await as_(viewer).data(RENAME, input={"id": tag_id, "name": name})
    payload: dict[str, Any] = data["renameTag"]
    return payload


async def merge(as_: As, viewer: Viewer, from_id: str, into_id: str) -> dict[str, Any]:
    """Merge two tags, and return the payload."""
    data = await as_(viewer).data(MERGE, input={"fromId": from_id, "intoId": into_id})
    payload: dict[str, Any] = data["mergeTags"]
    return payload


async def test_the_slug_of_a_renamed_tag_follows(
    as_: As, make: Factory, database: Database
) -> None:
    editor, tag = await make.viewer(Role.EDITOR), await make.tag(name="Pyhton", slug="pyhton")
    payload = await rename(as_, editor, id_of(tag), " Python 3 ")
    assert payload["errors"] == []
    found = payload["tag"]
    assert (found["id"], found["name"], found["slug"]) == (id_of(tag), "Python 3", "python-3")
    changes = {"name": ["Pyhton", "Python 3"], "slug": ["pyhton", "python-3"]}
    content = {"name": "Python 3", "slug": "python-3"}
    assert await rows(database, LOG) == [("update", tag.id, 0, None, changes, content)]
    [(updated,)] = await rows(database, "SELECT updated_at > created_at FROM tags")
    assert updated
    assert (await rename(as_, editor, id_of(tag), "Python 3"))["errors"] == []
    assert len(await rows(database, LOG)) == 1
    recased = await rename(as_, editor, id_of(tag), "PYTHON 3")
    assert (recased["errors"], recased["tag"]["slug"]) == ([], "python-3")


@pytest.mark.parametrize("role", [None, *Role])
async def test_moderators_alone_rename_and_merge(role: Role | None, as_: As, make: Factory) -> None:
    viewer = Viewer() if role is None else await make.viewer(role)
    tag, other = await make.tag(), await make.tag()
    moderates = role in {Role.EDITOR, Role.ADMINISTRATOR}
    code = "UNAUTHENTICATED" if role is None else "FORBIDDEN"
    expected = [] if moderates else [(code, "")]
    assert errors_of(await rename(as_, viewer, id_of(tag), "N")) == expected
    assert errors_of(await merge(as_, viewer, id_of(tag), id_of(other))) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "REQUIRED"),
        ("  ", "REQUIRED"),
        ("x" * 61, "TOO_LONG"),
        ("a\0", "INVALID"),
        ("a\tb", "INVALID"),
        ("\udfff", "INVALID"),
    ],
)
async def test_a_name_that_cannot_be_taken_is_said_to_be_so(
    name: str, code: str, as_: As, make: Factory, database: Database
) -> None:
    editor, tag = await make.viewer(Role.EDITOR), await make.tag()
    assert errors_of(await rename(as_, editor, id_of(tag), name)) == [(code, "name")]
    assert await rows(database, LOG) == []


async def test_a_slug_that_is_taken_is_an_error_of_the_name(
    as_: As, make: Factory, database: Database
) -> None:
    editor, tag = await make.viewer(Role.EDITOR), await make.tag()
    await make.tag(slug="python")
    await make.tag(slug="perl", deleted_at=BEGINNING)
    assert errors_of(await rename(as_, editor, id_of(tag), "Python")) == [
        ("ALREADY_EXISTS", "name")
    ]
    assert await rows(database, LOG) == []
    assert (await rename(as_, editor, id_of(tag), "Perl"))["errors"] == []


async def test_of_many_who_want_the_same_name_one_gets_it(as_: As, make: Factory) -> None:
    editor = await make.viewer(Role.EDITOR)
    tags = [await make.tag() for _ in range(6)]
    payloads = await asyncio.gather(*(rename(as_, editor, id_of(tag), "Same") for tag in tags))
    errors = [errors_of(payload) for payload in payloads]
    assert errors.count([]) == 1
    assert errors.count([("ALREADY_EXISTS", "name")]) == 5


@pytest.mark.parametrize("given", ["", "x", UNKNOWN, global_id.encode("Post", 1)])
async def test_what_is_not_there_is_not_found(given: str, as_: As, make: Factory) -> None:
    editor, tag = await make.viewer(Role.EDITOR), await make.tag()
    for payload, path in (
        (await rename(as_, editor, given, "N"), "id"),
        (await merge(as_, editor, given, id_of(tag)), "fromId"),
        (await merge(as_, editor, id_of(tag), given), "intoId"),
    ):
        assert errors_of(payload) == [("NOT_FOUND", path)]
        assert payload["errors"][0]["missingId"] == given


async def test_what_is_deleted_or_anothers_is_not_found(
    as_: As, make: Factory, database: Database
) -> None:
    editor = await make.viewer(Role.EDITOR)
    gone = id_of(await make.tag(deleted_at=BEGINNING))
    strange = id_of(await make.tag(tenant_id=(await make.tenant()).id))
    for tag_id in (gone, strange):
        assert errors_of(await rename(as_, editor, tag_id, "N")) == [("NOT_FOUND", "id")]
    both = [("NOT_FOUND", "fromId"), ("NOT_FOUND", "intoId")]
    assert errors_of(await merge(as_, editor, gone, strange)) == both
    assert await rows(database, LOG) == []


async def test_a_tag_is_not_merged_into_itself(as_: As, make: Factory, database: Database) -> None:
    editor, tag = await make.viewer(Role.EDITOR), id_of(await make.tag())
    payload = await merge(as_, editor, tag, tag)
    assert errors_of(payload) == [("INVALID", "intoId")]
    assert payload["errors"][0]["__typename"] == "ValidationError"
    assert await rows(database, "SELECT id FROM tags WHERE deleted_at IS NOT NULL") == []


async def test_a_merge_leaves_each_post_and_follower_once(
    as_: As, make: Factory, database: Database
) -> None:
    editor = await make.viewer(Role.EDITOR)
    old, new = await make.tag(), await make.tag()
    users = [await make.user() for _ in range(3)]
    follows = [
        await make.tag_follow(tag=tag, user=user)
        for tag, user in ((old, users[0]), (old, users[1]), (new, users[1]), (new, users[2]))
    ]
    only_old, both = await make.post(tags=[old]), await make.post(tags=[old, new])
    only_new = await make.post(tags=[new])
    draft = await make.post(tags=[old], status="draft", published_at=None)
    gone = await make.post(tags=[old], deleted_at=BEGINNING)

    payload = await merge(as_, editor, id_of(old), id_of(new))

    assert payload["errors"] == []
    tag = payload["tag"]
    assert (tag["id"], tag["postCount"], tag["followerCount"]) == (id_of(new), 3, 3)
    seen = [global_id.encode("Post", post.id) for post in (only_new, both, only_old)]
    assert [post["id"] for post in tag["posts"]["nodes"]] == seen
    posts = sorted(post.id for post in (only_old, both, only_new, draft, gone))
    assert await rows(database, MARKS) == [(new.id, post_id) for post_id in posts]
    assert await rows(database, FOLLOWS) == [
        (new.id, follow.user_id, follow.created_at) for follow in (follows[0], *follows[2:])
    ]
    assert await rows(database, WRONG) == []
    found = await as_(editor).data(
        "query ($id: ID!, $slug: String!) { node(id: $id) { id } tag(slug: $slug) { id } }",
        id=id_of(old),
        slug=old.slug,
    )
    assert found == {"node": None, "tag": None}
    contents = [{"name": each.name, "slug": each.slug} for each in (old, new)]
    assert await rows(database, LOG) == [
        ("soft_delete", old.id, 0, None, {"mergedInto": [None, new.id]}, contents[0]),
        ("update", new.id, 0, None, {"mergedFrom": [None, old.id]}, contents[1]),
    ]
    events = "SELECT action, subject_id FROM outbox ORDER BY id"
    assert await rows(database, events) == [("soft_delete", old.id), ("update", new.id)]
    told = await as_(await make.viewer(Role.ADMINISTRATOR)).data(
        "{ auditLog { nodes { action changes { field before after } } } }"
    )
    assert told["auditLog"]["nodes"] == [
        {
            "action": "UPDATE",
            "changes": [{"field": "mergedFrom", "before": None, "after": id_of(old)}],
        },
        {
            "action": "SOFT_DELETE",
            "changes": [{"field": "mergedInto", "before": None, "after": id_of(new)}],
        },
    ]


async def test_of_two_merges_in_opposite_directions_one_wins(
    as_: As, make: Factory, database: Database
) -> None:
    editor = await make.viewer(Role.EDITOR)
    for _ in range(5):
        tags = [await make.tag() for _ in range(2)]
        for tag in tags:
            await make.post(tags=[tag])
            await make.tag_follow(tag=tag)
        one, other = map(id_of, tags)
        payloads = await asyncio.gather(
            merge(as_, editor, one, other), merge(as_, editor, other, one)
        )
        errors = sorted(errors_of(payload) for payload in payloads)
        assert errors[0] == []
        assert errors[1] in ([("NOT_FOUND", "fromId")], [("NOT_FOUND", "intoId")])
        [won] = [payload["tag"] for payload in payloads if payload["tag"]]
        assert (won["postCount"], won["followerCount"]) == (2, 2)
    assert await rows(database, WRONG) == []


UPDATE = """mutation ($id: ID!, $version: Int!, $tags: [String!]) {
    updatePost(input: {id: $id, expectedVersion: $version, tagNames: $tags}) {
        errors { code } post { tags { nodes { name } } } } }"""


async def test_a_post_that_is_tagged_during_a_merge_loses_no_tag(
    as_: As, make: Factory, database: Database
) -> None:
    """The merge has the tag when a post is to get it, which then will be no more."""
    author = await make.user()
    viewer = await make.viewer(user=author)
    old, new = await make.tag(slug="old", name="Old"), await make.tag(slug="new", name="New")
    post = await make.post(author=author, tags=[new])
    async with database.transaction() as session:
        await session.execute(text("SELECT FROM tags WHERE slug = 'old' FOR NO KEY UPDATE"))
        given = {"id": global_id.encode("Post", post.id), "version": 1, "tags": ["Old", "New"]}
        asked = asyncio.create_task(as_(viewer).data(UPDATE, **given))
        await until_one_waits(database)
        await session.execute(text("UPDATE tags SET deleted_at = now() WHERE slug = 'old'"))
    data = await asked
    assert data["updatePost"]["errors"] == []
    names = data["updatePost"]["post"]["tags"]["nodes"]
    assert names == [{"name": "New"}, {"name": "Old"}]
    marked = "SELECT tags.deleted_at IS NULL FROM post_tags JOIN tags ON tags.id = tag_id"
    assert await rows(database, marked) == [(True,), (True,)]
    assert old.id not in {tag_id for tag_id, _ in await rows(database, MARKS)}


async def test_a_merge_waits_for_a_post_before_it_holds_a_tag(
    as_: As, make: Factory, database: Database, statements: Recorder
) -> None:
    """Whoever tags the post has it, and goes on to the tags."""
    editor = await make.viewer(Role.EDITOR)
    old, new = await make.tag(), await make.tag()
    post = await make.post(tags=[old])
    with statements() as log:
        async with database.transaction() as session:
            await session.execute(text(f"SELECT FROM posts WHERE id = {post.id} FOR NO KEY UPDATE"))
            asked = asyncio.create_task(merge(as_, editor, id_of(old), id_of(new)))
            await until_one_waits(database)
            await session.execute(text("SELECT FROM tags ORDER BY id FOR NO KEY UPDATE"))
        assert (await asked)["errors"] == []
    assert n_begun(log) == 1


async def test_authors_who_swap_tags_do_not_lock_each_other_out(
    as_: As, make: Factory, database: Database, statements: Recorder
) -> None:
    names = ["A", "B", "C", "D"]
    for name in names:
        await make.tag(name=name, slug=name.lower())
    users = [await make.user() for _ in range(4)]
    viewers = [await make.viewer(user=user) for user in users]
    posts = [global_id.encode("Post", (await make.post(author=user)).id) for user in users]

    async def swap(place: int) -> None:
        for version in range(1, 9):
            turn = (place + version) % 4
            tags = [names[turn], names[(turn + 1 + version % 2) % 4]]
            data = await as_(viewers[place]).data(
                UPDATE, id=posts[place], version=version, tags=tags
            )
            assert data["updatePost"]["errors"] == []

    with statements() as log:
        await asyncio.gather(*map(swap, range(4)))
    assert n_begun(log) == 4 * 8
    assert await rows(database, WRONG) == []


async def test_merges_amid_likes_follows_and_tagging_leave_exact_counters(
    as_: As, make: Factory, database: Database
) -> None:
    editor, author = await make.viewer(Role.EDITOR), await make.user()
    viewer = await make.viewer(user=author)
    posts = [global_id.encode("Post", (await make.post(author=author)).id) for _ in range(3)]
    tags = [await make.tag(name=name, slug=name.lower()) for name in "ABCDEF"]
    follow = """mutation ($id: ID!) { follow(input: {subjectId: $id}) { errors { code } } }"""

    async def tagging(place: int) -> None:
        for version in range(1, 7):
            names = ["ABCDEF"[(place + version + n) % 6] for n in range(3)]
            data = await as_(viewer).data(UPDATE, id=posts[place], version=version, tags=names)
            assert data["updatePost"]["errors"] == []

    async def following() -> None:
        for tag in tags * 2:
            await as_(viewer).data(follow, id=id_of(tag))

    async def merging() -> None:
        for one, other in pairwise(tags):
            assert (await merge(as_, editor, id_of(one), id_of(other)))["errors"] == []

    await asyncio.gather(*map(tagging, range(3)), following(), following(), merging())
    assert await rows(database, WRONG) == []
    lost = "SELECT tag_id FROM post_tags JOIN tags ON tags.id = tag_id AND deleted_at IS NOT NULL"
    assert await rows(database, lost) == []
    assert await rows(database, lost.replace("post_tags", "tag_follows")) == []
