"""The history of a thing, for its owner and those who audit; and the audit log."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from graphql_api.db.database import Database
from graphql_api.models import Action, Post, Role, User, Viewer
from graphql_api.schema import global_id
from graphql_api.settings import Settings
from tests.schema.client import Execute
from tests.schema.mutations.conftest import As, by_each_executor
from tests.schema.mutations.conftest import as_ as as_  # noqa: PLC0414  # a fixture
from tests.schema.mutations.conftest import mode as mode  # noqa: PLC0414  # what that asks for
from tests.schema.mutations.deleting import deleted, id_of, restore
from tests.schema.mutations.test_comment_races import until_one_waits
from tests.support.factories import BEGINNING, Factory
from tests.support.postgres import address

REVISION = """id version at action actor { id } snapshot
    changes { field before after diff }"""
HISTORY = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Versioned {{ revisions {{
    totalCount nodes {{ {REVISION} }} }} }} }} }}"""
LOG = """query ($subject: ID, $actor: ID, $action: [AuditAction!], $range: DateRange) {
    auditLog(subjectId: $subject, actorId: $actor, action: $action, range: $range) {
        totalCount nodes { version } } }"""


async def history(execute: Execute, row: Any) -> list[dict[str, Any]]:  # a post or comment
    """Read what was done to a thing, latest first."""
    found = (await execute.data(HISTORY, id=id_of(row)))["node"]["revisions"]
    assert found["totalCount"] == len(found["nodes"])
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


async def auditor(make: Factory) -> Viewer:
    """Make somebody who may see everything."""
    return await make.viewer(Role.ADMINISTRATOR)


@by_each_executor
async def test_the_history_of_a_post_tells_who_did_what_and_when(
    as_: As, make: Factory, database: Database
) -> None:
    author = await make.viewer()
    shelf = await make.category()
    act = as_(author)
    given = {"title": "T", "body": "one\ntwo\n", "categoryId": id_of(shelf)}
    created = await act.data(
        "mutation ($i: CreatePostInput!) { createPost(input: $i) { post { id } } }", i=given
    )
    post_id = created["createPost"]["post"]["id"]
    update = {"id": post_id, "expectedVersion": 1, "body": "one\n2\n", "categoryId": None}
    await act.data(
        "mutation ($i: UpdatePostInput!) { updatePost(input: $i) { post { id } } }", i=update
    )
    post = Post(tenant_id=author.tenant_id, id=global_id.decode(post_id).number)
    token = await deleted(as_, author, post)
    assert (await restore(as_, author, token))["errors"] == []
    entries = await history(act, post)
    assert [(each["version"], each["action"]) for each in entries] == [
        (4, "RESTORE"),
        (3, "SOFT_DELETE"),
        (2, "UPDATE"),
        (1, "CREATE"),
    ]
    assert {each["actor"]["id"] for each in entries} == {global_id.encode("User", author.user_id)}
    _restored, removed, updated, made = entries
    assert made["snapshot"] == {
        "title": "T",
        "body": "one\ntwo\n",
        "slug": "t",
        "status": "DRAFT",
        "publishedAt": None,
        "categoryId": id_of(shelf),
        "tagNames": [],
    }
    assert updated["snapshot"] == made["snapshot"] | {"body": "one\n2\n", "categoryId": None}
    body, category = updated["changes"]
    assert (body["field"], body["before"], body["after"]) == ("body", "one\ntwo\n", "one\n2\n")
    assert "-two" in body["diff"]
    assert "+2" in body["diff"]
    assert category == {
        "field": "categoryId",
        "before": id_of(shelf),
        "after": None,
        "diff": None,
    }
    [change] = removed["changes"]
    assert (change["field"], change["before"]) == ("deletedAt", None)
    assert [each["field"] for each in made["changes"]] == sorted(
        name for name, value in made["snapshot"].items() if value is not None
    )
    async with database.transaction() as session:
        stored = await session.execute(text("SELECT created_at FROM revisions ORDER BY id DESC"))
        assert [each["at"] for each in entries] == [at.isoformat() for (at,) in stored]


async def test_numbers_of_rows_leave_as_global_ids(database: Database, make: Factory) -> None:
    owner = await make.user()
    comment = await make.comment(author=owner)
    numbers = {"postId": 3, "parentId": 4, "categoryId": 5, "authorId": 6, "version": 7}
    ids = {
        "postId": global_id.encode("Post", 3),
        "parentId": global_id.encode("Comment", 4),
        "categoryId": global_id.encode("Category", 5),
        "authorId": global_id.encode("User", 6),
        "version": 7,
    }
    changes = {field: [None, number] for field, number in numbers.items()}
    await make.revision(of=comment, changes=changes, snapshot=numbers)
    shelf = await make.revision(of=comment, subject_type="Category", snapshot={"parentId": 8})
    tag = await make.revision(of=comment, subject_type="Tag", snapshot={"mergedInto": 9})
    act = Execute(database, viewer=await auditor(make))
    [entry] = await history(act, comment)
    assert entry["snapshot"] == ids
    assert {each["field"]: each["after"] for each in entry["changes"]} == ids
    query = "query ($id: ID!) { node(id: $id) { ... on Revision { snapshot } } }"
    found = await act.data(query, id=global_id.encode("Revision", shelf.id))
    assert found["node"] == {"snapshot": {"parentId": global_id.encode("Category", 8)}}
    found = await act.data(query, id=global_id.encode("Revision", tag.id))
    assert found["node"] == {"snapshot": {"mergedInto": global_id.encode("Tag", 9)}}


async def test_a_conflict_names_ids_too(as_: As, make: Factory) -> None:
    author = await make.viewer()
    mine, other = await make.category(), await make.category()
    post = await make.post(author_id=author.user_id, category=mine, version=2)
    data = await as_(author).data(
        """mutation ($i: UpdatePostInput!) { updatePost(input: $i) { errors {
            ... on ConflictError { changedFields { field before after } } } } }""",
        i={"id": id_of(post), "expectedVersion": 1, "categoryId": id_of(other)},
    )
    [error] = data["updatePost"]["errors"]
    assert error["changedFields"] == [
        {"field": "categoryId", "before": id_of(mine), "after": id_of(other)}
    ]


@pytest.mark.parametrize("kind", ["post", "comment"])
async def test_a_history_is_for_its_owner_and_those_who_audit(
    kind: str, database: Database, make: Factory
) -> None:
    owner = await make.user()
    row: Any = await (make.post if kind == "post" else make.comment)(author=owner)
    entry = await make.revision(of=row)
    node = "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
    entry_id = global_id.encode("Revision", entry.id)
    for viewer, sees in (
        (Viewer(), False),
        (await make.viewer(Role.READER), False),
        (await make.viewer(Role.EDITOR), False),
        (await make.viewer(Role.READER, user=owner), True),
        (await make.viewer(Role.ADMINISTRATOR), True),
    ):
        act = Execute(database, viewer=viewer)
        assert [each["id"] for each in await history(act, row)] == [entry_id] * sees
        found = {"id": entry_id} if sees else None
        assert await act.data(node, id=entry_id) == {"node": found, "nodes": [found]}


async def test_a_history_of_nobodys_comment_is_nobodys(database: Database, make: Factory) -> None:
    guest = await make.comment(author_id=None, guest_name="G")
    await make.revision(of=guest, owner_id=None)
    assert await history(Execute(database, viewer=Viewer()), guest) == []
    assert len(await history(Execute(database, viewer=await auditor(make)), guest)) == 1


async def test_the_owner_of_a_mark_sees_what_it_was(as_: As, make: Factory) -> None:
    author = await make.viewer()
    comment = await make.comment(author_id=author.user_id)
    await make.comment(parent=comment)
    await as_(author).data(
        "mutation ($i: UpdateCommentInput!) { updateComment(input: $i) { errors { code } } }",
        i={"id": id_of(comment), "expectedVersion": 1, "body": "said"},
    )
    await deleted(as_, author, comment)
    removed, updated = await history(as_(author), comment)
    assert (removed["action"], updated["action"]) == ("SOFT_DELETE", "UPDATE")
    assert removed["snapshot"] == updated["snapshot"]
    assert removed["snapshot"]["body"] == "said"
    assert await history(as_(Viewer()), comment) == []


async def test_a_history_is_that_of_one_thing_of_one_tenant(
    database: Database, make: Factory
) -> None:
    post = await make.post(id=7)
    comment = await make.comment(id=7, post=post)
    tenant = await make.tenant()
    theirs = await make.post(id=7, author=await make.user(tenant_id=tenant.id, id=post.author_id))
    entries = [await make.revision(of=row) for row in (post, comment, theirs)]
    act = Execute(database, viewer=await auditor(make))
    for row, entry in ((post, entries[0]), (comment, entries[1])):
        [found] = await history(act, row)
        assert found["id"] == global_id.encode("Revision", entry.id)
    foreign = global_id.encode("Revision", entries[2].id)
    data = await act.data("query ($id: ID!) { node(id: $id) { id } }", id=foreign)
    assert data == {"node": None}
    log = await act.data("{ auditLog { totalCount } }")
    assert log["auditLog"]["totalCount"] == 2


async def test_a_history_is_paged_both_ways(database: Database, make: Factory) -> None:
    post = await make.post()
    for version in range(1, 6):
        await make.revision(of=post, version=version)
    act = Execute(database, viewer=await auditor(make))

    async def page(arguments: str) -> tuple[list[int], dict[str, Any]]:
        data = await act.data(
            f"query ($id: ID!) {{ node(id: $id) {{ ... on Post {{ revisions({arguments}) {{"
            " nodes { version } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }"
            " } } } }",
            id=id_of(post),
        )
        found = data["node"]["revisions"]
        return [node["version"] for node in found["nodes"]], found["pageInfo"]

    first, ends = await page("first: 2")
    assert (first, ends["hasNextPage"], ends["hasPreviousPage"]) == ([5, 4], True, False)
    following, ends = await page(f'first: 2, after: "{ends["endCursor"]}"')
    assert (following, ends["hasNextPage"], ends["hasPreviousPage"]) == ([3, 2], True, True)
    assert (await page(f'last: 1, before: "{ends["startCursor"]}"'))[0] == [4]
    assert (await page("last: 2"))[0] == [2, 1]


async def test_the_order_is_that_of_versions_also_where_one_had_to_wait(
    as_: As, make: Factory, settings: Settings, database: Database
) -> None:
    author = await make.viewer()
    post = await make.post(author_id=author.user_id)
    holder, other = [await asyncpg.connect(address(settings.url)) for _ in range(2)]
    async with holder.transaction():
        await holder.execute("SELECT 1 FROM users FOR UPDATE")
        waiting = asyncio.create_task(deleted(as_, author, post))  # began before, and ends after
        await until_one_waits(database)
        await other.execute(
            """WITH changed AS (UPDATE posts SET version = 2 RETURNING *)
            INSERT INTO revisions (tenant_id, subject_type, subject_id, owner_id, version, action,
                changes, snapshot)
            SELECT 1, 'Post', id, author_id, version, 'update', '{}', '{}' FROM changed"""
        )
    token = await waiting
    for connection in (holder, other):
        await connection.close()
    assert (await restore(as_, author, token))["errors"] == []
    versions = [each["version"] for each in await history(as_(author), post)]
    assert versions == [4, 3, 2]


async def test_the_audit_log_is_for_those_who_audit(database: Database, make: Factory) -> None:
    await make.revision(of=await make.post())
    for viewer, code in (
        (Viewer(), "UNAUTHENTICATED"),
        (await make.viewer(Role.AUTHOR), "FORBIDDEN"),
        (await make.viewer(Role.EDITOR), "FORBIDDEN"),
    ):
        result = await Execute(database, viewer=viewer)("{ auditLog { totalCount } }")
        assert result.data is None
        [error] = result.errors or []
        assert (error.extensions, error.path) == ({"code": code}, ["auditLog"])
    act = Execute(database, viewer=await auditor(make))
    log = await act.data(f"{{ auditLog {{ totalCount nodes {{ {REVISION} }} }} }}")
    assert log["auditLog"]["totalCount"] == len(log["auditLog"]["nodes"]) == 1


@pytest.fixture
async def entries(make: Factory) -> list[User]:
    """Note seven things that two people did to two posts, a minute apart; return the people."""
    people = [await make.user(), await make.user()]
    posts = [await make.post(author=person) for person in people]
    done = (
        (0, 0, Action.CREATE),
        (1, 1, Action.CREATE),
        (0, 0, Action.UPDATE),
        (0, 1, Action.UPDATE),
        (1, 0, Action.LIKE),
        (1, 1, Action.SOFT_DELETE),
        (0, 1, Action.RESTORE),
    )
    for number, (actor, post, action) in enumerate(done):
        await make.revision(
            of=posts[post],
            actor_id=people[actor].id,
            action=action,
            version=number,
            created_at=BEGINNING.replace(hour=1, minute=number),
        )
    return people


def minutes(start: int, end: int) -> dict[str, str]:
    """Write a range of time."""
    return {
        "from": BEGINNING.replace(hour=1, minute=start).isoformat(),
        "to": BEGINNING.replace(hour=1, minute=end).isoformat(),
    }


FILTERS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "none": ({}, [6, 5, 4, 3, 2, 1, 0]),
    "nulls": (dict.fromkeys(("subject", "actor", "action", "range")), [6, 5, 4, 3, 2, 1, 0]),
    "a subject": ({"subject": ("Post", 0)}, [4, 2, 0]),
    "a comment with the number of a post": ({"subject": ("Comment", 0)}, []),
    "an actor": ({"actor": 1}, [5, 4, 1]),
    "an action": ({"action": ["UPDATE"]}, [3, 2]),
    "several actions": ({"action": ["RESTORE", "CREATE", "CREATE"]}, [6, 1, 0]),
    "no action": ({"action": []}, []),
    "a range": ({"range": minutes(2, 4)}, [3, 2]),
    "an empty range": ({"range": minutes(2, 2)}, []),
    "all": (
        {
            "subject": ("Post", 1),
            "actor": 0,
            "action": ["UPDATE", "RESTORE"],
            "range": minutes(0, 6),
        },
        [3],
    ),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_the_audit_log_is_filtered(
    name: str, entries: list[User], database: Database, make: Factory
) -> None:
    variables, versions = FILTERS[name]
    given = dict(variables)
    if given.get("subject"):
        kind, number = given["subject"]
        given["subject"] = global_id.encode(kind, number + 1)
    if given.get("actor") is not None:
        given["actor"] = id_of(entries[given["actor"]])
    act = Execute(database, viewer=await auditor(make))
    log = (await act.data(LOG, **given))["auditLog"]
    assert [node["version"] for node in log["nodes"]] == versions
    assert log["totalCount"] == len(versions)


async def test_a_filtered_log_goes_on_after_a_cursor(
    entries: list[User], database: Database, make: Factory
) -> None:
    assert entries
    act = Execute(database, viewer=await auditor(make))
    query = """query ($after: String) { auditLog(action: [CREATE, UPDATE], first: 1, after: $after)
        { totalCount nodes { version } pageInfo { endCursor hasNextPage } } }"""
    seen, cursor, has_next = [], None, True
    while has_next:
        log = (await act.data(query, after=cursor))["auditLog"]
        assert log["totalCount"] == 4
        seen += [node["version"] for node in log["nodes"]]
        cursor, has_next = log["pageInfo"]["endCursor"], log["pageInfo"]["hasNextPage"]
    assert seen == [3, 2, 1, 0]


@pytest.mark.parametrize(
    "given",
    [
        {"subject": "no id"},
        {"actor": global_id.encode("Post", 1)},
        {"range": minutes(3, 2)},
        {"range": {"from": "2026-01-01T00:00:00Z"}},
        {"action": ["PUBLISH"]},
    ],
    ids=str,
)
async def test_a_filter_that_cannot_be_used_is_refused(
    given: dict[str, Any], database: Database, make: Factory
) -> None:
    assert await Execute(database, viewer=await auditor(make)).refusal(LOG, **given)


async def test_an_entry_of_somebody_who_is_no_more_has_no_actor(
    database: Database, make: Factory
) -> None:
    gone = await make.user(deleted_at=BEGINNING)
    post = await make.post()
    for actor_id in (gone.id, 99, None):
        await make.revision(of=post, actor_id=actor_id)
    act = Execute(database, viewer=await auditor(make))
    assert [each["actor"] for each in await history(act, post)] == [None] * 3


async def test_an_entry_is_never_changed(make: Factory, database: Database) -> None:
    await make.revision(of=await make.post())
    with pytest.raises(IntegrityError, match="never changed"):
        async with database.transaction() as session:
            await session.execute(text("UPDATE revisions SET actor_id = 1"))


async def test_likes_are_in_the_audit_log_and_in_no_history(as_: As, make: Factory) -> None:
    author = await make.viewer()
    post = await make.post()
    like = "mutation ($id: ID!) { like(input: {subjectId: $id}) { errors { code } } }"
    assert await as_(author).data(like, id=id_of(post)) == {"like": {"errors": []}}
    reader = as_(await auditor(make))
    assert await history(reader, post) == []
    log = await reader.data(LOG, subject=id_of(post))
    assert log["auditLog"]["totalCount"] == 1
