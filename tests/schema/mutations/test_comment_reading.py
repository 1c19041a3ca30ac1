"""Who reads a comment by its key: everybody where it is seen, and otherwise whom it concerns."""

from datetime import timedelta
from typing import Any

import pytest

from graphql_api.models import Comment, CommentStatus, PostStatus, Role, User, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Recorder
from tests.schema.mutations.comments import id_of
from tests.schema.mutations.conftest import As, by_each_executor
from tests.support.factories import BEGINNING, Factory

pytestmark = by_each_executor

QUERY = """query ($id: ID!) { node(id: $id) { ... on Comment { id body
    post { id comments { nodes { id } } } root { id } parent { id }
    ancestors { id } replies { nodes { id } totalCount } replyCount author { id } } } }"""
HIDDEN_POSTS: dict[str, dict[str, Any]] = {
    "draft": {"status": PostStatus.DRAFT},
    "scheduled": {
        "status": PostStatus.SCHEDULED,
        "published_at": BEGINNING + timedelta(days=40_000),
    },
    "archived": {"status": PostStatus.ARCHIVED},
}
STATUSES = [CommentStatus.PENDING, CommentStatus.SPAM]


async def read(as_: As, viewer: Viewer, comment: Comment) -> Any:
    """Read a comment with everything around it, without any error."""
    return (await as_(viewer).data(QUERY, id=id_of(comment)))["node"]


async def writer(make: Factory) -> tuple[User, Viewer]:
    """Make somebody who comments."""
    user = await make.user()
    return user, await make.viewer(Role.READER, user=user)


async def others(make: Factory) -> list[Viewer]:
    """Make those whom others' hidden comments do not concern."""
    return [Viewer(), await make.viewer(Role.READER), await make.viewer(Role.AUTHOR)]


@pytest.mark.parametrize("status", STATUSES)
async def test_a_comment_that_waits_is_read_by_its_author_and_moderators(
    status: CommentStatus, as_: As, make: Factory
) -> None:
    author, mine = await writer(make)
    top = await make.comment()
    middle = await make.comment(parent=top)
    held = await make.comment(parent=middle, author=author, status=status)
    for viewer in (mine, await make.viewer(Role.EDITOR), await make.viewer(Role.ADMINISTRATOR)):
        found = await read(as_, viewer, held)
        assert found["body"] == held.body
        assert found["author"] == {"id": id_of(author)}
        assert (found["root"], found["parent"]) == ({"id": id_of(top)}, {"id": id_of(middle)})
        assert found["ancestors"] == [{"id": id_of(top)}, {"id": id_of(middle)}]
        assert (found["replies"], found["replyCount"]) == ({"nodes": [], "totalCount": 0}, 0)
        listed = [each["id"] for each in found["post"]["comments"]["nodes"]]
        assert listed == [id_of(top), id_of(middle)], "lists hold what everybody sees"
    for viewer in await others(make):
        assert await read(as_, viewer, held) is None


async def test_what_is_above_and_hidden_is_passed_over(as_: As, make: Factory) -> None:
    author, mine = await writer(make)
    top = await make.comment()
    hidden = await make.comment(parent=top, status=CommentStatus.SPAM)
    held = await make.comment(parent=hidden, author=author)
    found = await read(as_, mine, held)
    assert (found["parent"], found["root"]) == (None, {"id": id_of(top)})
    assert found["ancestors"] == [{"id": id_of(top)}]
    found = await read(as_, await make.viewer(Role.EDITOR), held)
    assert found["ancestors"] == [{"id": id_of(top)}, {"id": id_of(hidden)}]


@pytest.mark.parametrize("status", STATUSES)
async def test_below_a_top_that_is_hidden_only_moderators_read(
    status: CommentStatus, as_: As, make: Factory
) -> None:
    author, mine = await writer(make)
    top = await make.comment(status=status)
    reply = await make.comment(parent=top, author=author)
    for viewer in (mine, *await others(make)):
        assert await read(as_, viewer, reply) is None
    found = await read(as_, await make.viewer(Role.EDITOR), reply)
    assert found["root"] == found["parent"] == {"id": id_of(top)}


async def test_below_ones_own_top_that_is_hidden_one_reads_ones_own(as_: As, make: Factory) -> None:
    author, mine = await writer(make)
    top = await make.comment(author=author, status=CommentStatus.PENDING)
    own = await make.comment(parent=top, author=author)
    of_somebody = await make.comment(parent=top)
    found = await read(as_, mine, own)
    assert found["root"] == found["parent"] == {"id": id_of(top)}
    assert await read(as_, mine, of_somebody) is None


@pytest.mark.parametrize("columns", HIDDEN_POSTS.values(), ids=HIDDEN_POSTS)
async def test_under_a_hidden_post_whoever_reads_both_reads_a_comment(
    columns: dict[str, Any], as_: As, make: Factory
) -> None:
    author, mine = await writer(make)
    blogger = await make.user()
    post = await make.post(author=blogger, **columns)
    own = await make.comment(post=post, author=blogger)
    comment = await make.comment(post=post, author=author)
    bloggers = await make.viewer(Role.AUTHOR, user=blogger)
    for viewer in (mine, *await others(make)):
        assert await read(as_, viewer, comment) is None
        assert await read(as_, viewer, own) is None
    assert (await read(as_, bloggers, own))["post"]["id"] == id_of(post)
    assert await read(as_, bloggers, comment) is None
    editor = await make.viewer(Role.EDITOR)
    for each in (own, comment):
        assert (await read(as_, editor, each))["post"]["id"] == id_of(post)


async def test_under_a_deleted_post_nobody_reads_a_comment(as_: As, make: Factory) -> None:
    author, mine = await writer(make)
    post = await make.post(author=author, deleted_at=BEGINNING)
    comment = await make.comment(post=post, author=author)
    for viewer in (mine, await make.viewer(Role.ADMINISTRATOR)):
        assert await read(as_, viewer, comment) is None


async def test_a_deleted_comment_without_replies_is_read_by_nobody(as_: As, make: Factory) -> None:
    author, mine = await writer(make)
    top = await make.comment(author=author, deleted_at=BEGINNING)
    below = await make.comment(parent=top, author=author, status=CommentStatus.PENDING)
    for viewer in (mine, await make.viewer(Role.ADMINISTRATOR)):
        assert await read(as_, viewer, top) is None
        assert await read(as_, viewer, below) is None, "its top could not be shown"


async def test_what_another_tenant_holds_back_is_read_by_nobody_here(
    as_: As, make: Factory
) -> None:
    tenant = await make.tenant()
    comment = await make.comment(
        post=await make.post(author=await make.user(tenant_id=tenant.id)),
        status=CommentStatus.PENDING,
    )
    editor = await make.viewer(Role.EDITOR)
    same_id = Viewer(editor.tenant_id, comment.author_id or 0, Role.READER)
    for viewer in (editor, same_id):
        assert await read(as_, viewer, comment) is None
    there = Viewer(tenant.id, comment.author_id or 0, Role.READER)
    assert (await read(as_, there, comment))["id"] == id_of(comment)


async def test_a_guests_comment_that_waits_is_read_by_moderators_alone(
    as_: As, make: Factory
) -> None:
    comment = await make.comment(author_id=None, guest_name="Guest", status=CommentStatus.PENDING)
    for viewer in await others(make):
        assert await read(as_, viewer, comment) is None
    assert (await read(as_, await make.viewer(Role.EDITOR), comment))["author"] is None


async def test_many_hidden_comments_cost_what_one_costs(
    as_: As, make: Factory, statements: Recorder
) -> None:
    top, author = await make.comment(), await make.user()
    mine = await make.viewer(Role.READER, user=author)
    held = [
        await make.comment(parent=top, author=author, status=CommentStatus.PENDING)
        for _ in range(5)
    ]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Comment {
        post { id } root { id } ancestors { id } } } }"""
    for number in (1, 5):
        with statements() as log:
            data = await as_(mine).data(query, ids=[id_of(each) for each in held[:number]])
        around = {"id": id_of(top)}
        post = {"id": global_id.encode("Post", top.post_id)}
        assert data["nodes"] == [{"post": post, "root": around, "ancestors": [around]}] * number
        assert log.loaders == {"AncestorsByComment": 1, "CommentById": 2, "PostById": 1}
