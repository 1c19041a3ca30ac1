"""Likes, follows and bookmarks."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.models import Role, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Recorder
from tests.schema.mutations.conftest import As, errors_of
from tests.support.derived import WRONG
from tests.support.factories import BEGINNING, Factory

ERRORS = "errors { __typename message code path ... on NotFoundError { missingId } }"


def document(name: str) -> str:
    """Write the document of a mutation."""
    part = "subject { __typename id likeCount viewerHasLiked likers { nodes { id } } }"
    if name.endswith("follow"):
        part = "subject { __typename id followerCount viewerIsFollowing }"
    if name.endswith("bookmark"):
        part = "post { id viewerHasBookmarked }"
    return f"""mutation ($input: SubjectInput!) {{ {name}(input: $input) {{
        clientMutationId {part} {ERRORS} }} }}"""


ALL = ("like", "unlike", "follow", "unfollow", "bookmark", "unbookmark")


async def ask(as_: As, viewer: Viewer, name: str, subject_id: str) -> dict[str, Any]:
    """Run a mutation, and return its payload."""
    data = await as_(viewer).data(document(name), input={"subjectId": subject_id})
    payload: dict[str, Any] = data[name]
    return payload


def n_begun(log: StatementLog) -> int:
    """Count the transactions that began to change something: those that were repeated twice."""
    return sum("accounts.role" in statement.sql for statement in log.statements)


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    """Read rows past the API."""
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(text(query))]


LOG = "SELECT action, subject_type, subject_id, owner_id, version, actor_id FROM revisions"


@pytest.mark.parametrize("kind", ["Post", "Comment"])
async def test_a_like_counts_once_however_often_it_is_given_and_taken(
    kind: str, as_: As, make: Factory, database: Database
) -> None:
    row: Any = await (make.post() if kind == "Post" else make.comment())
    await (make.post_like(post=row) if kind == "Post" else make.comment_like(comment=row))
    viewer, subject_id = await make.viewer(Role.READER), global_id.encode(kind, row.id)
    for name, count, has in (("like", 2, True), ("unlike", 1, False)):
        for _ in range(2):
            payload = await ask(as_, viewer, name, subject_id)
            assert payload["errors"] == []
            subject = payload["subject"]
            likers = [each["id"] for each in subject.pop("likers")["nodes"]]
            assert (global_id.encode("User", viewer.user_id) in likers) is has
            assert subject == {
                "__typename": kind,
                "id": subject_id,
                "likeCount": count,
                "viewerHasLiked": has,
            }
    assert await rows(database, LOG) == [
        (action, kind, row.id, row.author_id, 1, viewer.user_id) for action in ("like", "unlike")
    ]
    events = "SELECT action, subject_type, subject_id, version FROM outbox ORDER BY id"
    assert await rows(database, events) == [("like", kind, row.id, 1), ("unlike", kind, row.id, 1)]


@pytest.mark.parametrize("kind", ["User", "Tag"])
async def test_a_follow_counts_once_however_often_it_is_given_and_taken(
    kind: str, as_: As, make: Factory, database: Database
) -> None:
    row: Any = await (make.user() if kind == "User" else make.tag())
    viewer, subject_id = await make.viewer(Role.READER), global_id.encode(kind, row.id)
    for name, count, has in (("follow", 1, True), ("unfollow", 0, False)):
        for _ in range(2):
            payload = await ask(as_, viewer, name, subject_id)
            assert payload["errors"] == []
            assert payload["subject"] == {
                "__typename": kind,
                "id": subject_id,
                "followerCount": count,
                "viewerIsFollowing": has,
            }
    owner, version = (row.id, 1) if kind == "User" else (None, 0)
    assert await rows(database, LOG) == [
        (action, kind, row.id, owner, version, viewer.user_id) for action in ("follow", "unfollow")
    ]
    assert await rows(database, WRONG) == []


async def test_a_bookmark_is_nobody_elses_business(
    as_: As, make: Factory, database: Database
) -> None:
    post, viewer, other = await make.post(), await make.viewer(), await make.viewer()
    post_id = global_id.encode("Post", post.id)
    for name, has in (("bookmark", True), ("unbookmark", False)):
        for _ in range(2):
            payload = await ask(as_, viewer, name, post_id)
            assert payload["post"] == {"id": post_id, "viewerHasBookmarked": has}
            assert payload["errors"] == []
            seen = await as_(other).data(
                "query ($id: ID!) { post(by: {id: $id}) { viewerHasBookmarked } }", id=post_id
            )
            assert seen["post"] == {"viewerHasBookmarked": False}
    assert await rows(database, LOG) == []
    assert await rows(database, "SELECT id FROM outbox") == []


async def test_nobody_can_follow_themselves(as_: As, make: Factory, database: Database) -> None:
    viewer = await make.viewer()
    me = global_id.encode("User", viewer.user_id)
    payload = await ask(as_, viewer, "follow", me)
    assert errors_of(payload) == [("INVALID", "subjectId")]
    assert payload["subject"] is None
    payload = await ask(as_, viewer, "unfollow", me)
    assert payload["errors"] == []
    assert payload["subject"]["viewerIsFollowing"] is False
    assert await rows(database, LOG) == []


@pytest.mark.parametrize("name", ALL)
async def test_whoever_is_not_logged_in_is_told_so(name: str, as_: As, make: Factory) -> None:
    row: Any = await (make.tag() if "follow" in name else make.post())
    subject_id = global_id.encode("Tag" if "follow" in name else "Post", row.id)
    payload = await ask(as_, Viewer(), name, subject_id)
    assert errors_of(payload) == [("UNAUTHENTICATED", "")]
    gone = await make.viewer(user=await make.user(deleted_at=BEGINNING))
    payload = await ask(as_, gone, name, subject_id)  # their token is valid for some minutes more
    assert errors_of(payload) == [("UNAUTHENTICATED", "")]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "subject_id",
    ["", "?", "UG9zdDox=", "UG9zdDow", "Q2F0ZWdvcnk6MQ==", "UG9zdDo5OTk5OTk5OTk5OTk5OTk5OTk5"],
    ids=["empty", "no id", "padded", "zero", "a category", "beyond every row"],
)
async def test_what_is_no_id_of_such_a_thing_is_not_found(
    name: str, subject_id: str, as_: As, make: Factory
) -> None:
    await make.category()
    payload = await ask(as_, await make.viewer(), name, subject_id)
    assert errors_of(payload) == [("NOT_FOUND", "subjectId")]
    if len(subject_id) < 20:
        assert payload["errors"][0]["missingId"] == subject_id


@pytest.mark.parametrize("name", ALL)
async def test_a_thing_of_another_kind_is_not_found(name: str, as_: As, make: Factory) -> None:
    viewer, post = await make.viewer(), await make.post()
    others = {
        "like": global_id.encode("User", post.author_id),
        "follow": global_id.encode("Post", post.id),
        "bookmark": global_id.encode("Comment", (await make.comment(post=post)).id),
    }
    payload = await ask(as_, viewer, name, others[name.removeprefix("un")])
    assert errors_of(payload) == [("NOT_FOUND", "subjectId")]


async def test_only_what_the_viewer_may_see_can_be_liked(as_: As, make: Factory) -> None:
    author = await make.user()
    draft = await make.post(author=author, status="draft", published_at=None)
    deleted = await make.post(author=author, deleted_at=draft.created_at)
    under_draft = await make.comment(post=draft, author=author)
    pending = await make.comment(author=author, status="pending")
    reader, editor = await make.viewer(Role.READER), await make.viewer(Role.EDITOR)
    owner = await make.viewer(user=author)
    cases = [
        ("Post", draft.id, {"owner", "editor"}),
        ("Post", deleted.id, set()),
        ("Comment", under_draft.id, {"owner", "editor"}),
        ("Comment", pending.id, {"owner", "editor"}),
    ]
    for kind, number, allowed in cases:
        for who, viewer in (("reader", reader), ("owner", owner), ("editor", editor)):
            subject_id = global_id.encode(kind, number)
            payload = await ask(as_, viewer, "like", subject_id)
            expected = [] if who in allowed else [("NOT_FOUND", "subjectId")]
            assert errors_of(payload) == expected, (kind, number, who)
            if kind == "Post":
                assert errors_of(await ask(as_, viewer, "bookmark", subject_id)) == expected


async def test_whoever_is_deleted_can_not_be_followed(as_: As, make: Factory) -> None:
    viewer, now = await make.viewer(), (await make.tag()).created_at
    gone = [
        global_id.encode("User", (await make.user(deleted_at=now)).id),
        global_id.encode("Tag", (await make.tag(deleted_at=now)).id),
    ]
    for subject_id in gone:
        payload = await ask(as_, viewer, "follow", subject_id)
        assert errors_of(payload) == [("NOT_FOUND", "subjectId")]


async def test_things_of_another_tenant_are_not_found(as_: As, make: Factory) -> None:
    tenant = await make.tenant()
    stranger = await make.user(tenant_id=tenant.id)
    post, tag = await make.post(author=stranger), await make.tag(tenant_id=tenant.id)
    comment, viewer = await make.comment(post=post), await make.viewer(Role.ADMINISTRATOR)
    for name, kind, number in (
        ("like", "Post", post.id),
        ("like", "Comment", comment.id),
        ("follow", "User", stranger.id),
        ("follow", "Tag", tag.id),
        ("bookmark", "Post", post.id),
    ):
        payload = await ask(as_, viewer, name, global_id.encode(kind, number))
        assert errors_of(payload) == [("NOT_FOUND", "subjectId")]


@pytest.mark.parametrize(
    ("name", "kind", "n_statements"),
    [("like", "Post", 6), ("like", "Comment", 6), ("follow", "User", 6), ("follow", "Tag", 6)],
)
async def test_a_link_costs_the_same_statements_each_time(
    name: str, kind: str, n_statements: int, as_: As, make: Factory, statements: Recorder
) -> None:
    makers: dict[str, Any] = {
        "Post": make.post,
        "Comment": make.comment,
        "User": make.user,
        "Tag": make.tag,
    }
    row, viewer = await makers[kind](), await make.viewer()
    query = f"""mutation ($id: ID!) {{
        {name}(input: {{subjectId: $id}}) {{ clientMutationId }} }}"""
    with statements() as log:
        await as_(viewer).data(query, id=global_id.encode(kind, row.id))
    assert log.loaders == {"": n_statements}


N_PEOPLE, N_ROUNDS = 64, 5


async def test_counters_are_exact_after_many_like_and_unlike_at_once(
    as_: As, make: Factory, database: Database, statements: Recorder
) -> None:
    dice = random.Random(1)  # noqa: S311  # a test's dice
    people = [await make.viewer(Role.READER) for _ in range(N_PEOPLE)]
    posts = [(await make.post()).id for _ in range(10)]
    wants: dict[tuple[int, int], bool] = {}

    async def react(viewer: Viewer) -> None:
        for _ in range(N_ROUNDS):
            post_id, likes = dice.choice(posts), dice.random() < 0.6
            name = "like" if likes else "unlike"
            payload = await ask(as_, viewer, name, global_id.encode("Post", post_id))
            assert payload["errors"] == []
            assert payload["subject"]["viewerHasLiked"] is likes
            wants[post_id, viewer.user_id] = likes

    with statements() as log:
        await asyncio.gather(*map(react, people))
    assert n_begun(log) == N_PEOPLE * N_ROUNDS
    liked = {key for key, likes in wants.items() if likes}
    assert set(await rows(database, "SELECT post_id, user_id FROM post_likes")) == liked
    counted = dict(await rows(database, "SELECT id, like_count FROM posts"))
    assert counted == {each: sum(post == each for post, _ in liked) for each in posts}
    assert await rows(database, WRONG) == []


async def test_counters_are_exact_after_many_follow_each_other_at_once(
    as_: As, make: Factory, database: Database, statements: Recorder
) -> None:
    dice = random.Random(2)  # noqa: S311  # a test's dice
    people = [await make.viewer(Role.READER) for _ in range(16)]
    tags = [global_id.encode("Tag", (await make.tag()).id) for _ in range(3)]

    async def react(viewer: Viewer) -> None:
        others = [each for each in people if each is not viewer]
        for _ in range(N_ROUNDS * 3):
            user_id = global_id.encode("User", dice.choice(others).user_id)
            follows = dice.random() < 0.6
            name = "follow" if follows else "unfollow"
            payload = await ask(
                as_, viewer, name, dice.choice([user_id, user_id, *tags[:1], *tags])
            )
            assert payload["errors"] == []
            assert payload["subject"]["viewerIsFollowing"] is follows

    with statements() as log:
        await asyncio.gather(*map(react, people))
    assert n_begun(log) == 16 * 3 * N_ROUNDS
    assert await rows(database, WRONG) == []
    n_follows = await rows(database, "SELECT count(*) FROM user_follows")
    assert n_follows == await rows(database, "SELECT sum(follower_count)::int FROM users")
    done = "SELECT count(*) FILTER (WHERE action = 'follow') - count(*) FILTER"
    left = "SELECT count(*) FROM (SELECT FROM user_follows UNION ALL SELECT FROM tag_follows) AS f"
    assert await rows(database, f"{done} (WHERE action = 'unfollow') FROM revisions") == (
        await rows(database, left)
    )


async def test_likes_and_edits_of_the_same_posts_end_in_no_deadlock(
    as_: As, make: Factory, database: Database, statements: Recorder
) -> None:
    """The author, who edits, also likes: user and post are wanted by both."""
    users = [await make.user() for _ in range(3)]
    viewers = [await make.viewer(user=user) for user in users]
    posts = [global_id.encode("Post", (await make.post(author=user)).id) for user in users]
    edit = """mutation ($id: ID!, $version: Int!, $title: String!) {
        updatePost(input: {id: $id, expectedVersion: $version, title: $title, status: %s}) {
            errors { code } } }"""

    async def edits(place: int) -> None:
        for version in range(1, 9):
            status = "DRAFT" if version % 2 else "PUBLISHED"
            data = await as_(viewers[place]).data(
                edit % status, id=posts[place], version=version, title=f"T{version}"
            )
            assert data["updatePost"]["errors"] == []

    async def likes(place: int) -> None:
        for number in range(16):
            name = "like" if number % 2 else "unlike"
            payload = await ask(as_, viewers[place], name, posts[(place + number // 2) % 3])
            assert errors_of(payload) in ([], [("NOT_FOUND", "subjectId")])

    with statements() as log:
        await asyncio.gather(*map(edits, range(3)), *map(likes, range(3)))
    assert n_begun(log) == 3 * 8 + 3 * 16
    assert await rows(database, WRONG) == []
