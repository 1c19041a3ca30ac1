"""What the public may not see is nowhere: each case must leave the whole answer as it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphql_api.db.database import Database
from graphql_api.models import CommentStatus, PostStatus, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Execute
from tests.schema.scene import EVERYTHING, Scene
from tests.support.factories import BEGINNING, Factory

LATER = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture
async def scene(make: Factory, database: Database) -> Scene:
    """Make the visible content."""
    made = Scene(make, database)
    await made.set_up()
    return made


async def is_nobody(execute: Execute, kind: str, number: int) -> bool:
    """Tell whether neither `node` nor `nodes` finds a thing."""
    data = await execute.data(
        "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }",
        id=global_id.encode(kind, number),
    )
    return data == {"node": None, "nodes": [None]}


HIDDEN_POSTS: dict[str, dict[str, object]] = {
    "draft": {"status": PostStatus.DRAFT},
    "scheduled": {"status": PostStatus.SCHEDULED, "published_at": LATER},
    "archived": {"status": PostStatus.ARCHIVED},
    "deleted": {"deleted_at": BEGINNING},
}


@pytest.mark.parametrize("columns", HIDDEN_POSTS.values(), ids=HIDDEN_POSTS)
@pytest.mark.parametrize("from_the_start", [True, False], ids=["made so", "made so later"])
async def test_a_post_that_is_hidden_is_nowhere(
    columns: dict[str, object], scene: Scene, execute: Execute, *, from_the_start: bool
) -> None:
    before = await execute.data(EVERYTHING)
    post = await scene.another_post(**columns if from_the_start else {})
    if not from_the_start:
        assert await execute.data(EVERYTHING) != before
        await scene.change(post, **columns)
    assert await execute.data(EVERYTHING) == before
    assert await is_nobody(execute, "Post", post.id)
    for number in (3, 4):
        assert await is_nobody(execute, "Comment", number)
    data = await execute.data(
        "query ($n: BigInt!, $id: ID!) { number: post(by: {databaseId: $n}) { id }"
        ' id: post(by: {id: $id}) { id } slug: post(by: {slug: "other"}) { id } }',
        n=post.id,
        id=global_id.encode("Post", post.id),
    )
    assert data == {"number": None, "id": None, "slug": None}


async def test_what_a_deleted_writer_wrote_is_nowhere(scene: Scene, execute: Execute) -> None:
    before = await execute.data(EVERYTHING)
    gone = await scene.make.user(username="gone")
    post = await scene.another_post(author=gone)
    await scene.make.user_follow(followed=gone, follower=scene.writer)
    await scene.make.user_follow(followed=scene.writer, follower=gone)
    await scene.make.post_like(post=scene.post, user=gone)
    await scene.make.comment_like(comment=scene.top, user=gone)
    await scene.make.tag_follow(tag=scene.tag, user=gone)
    assert await execute.data(EVERYTHING) != before
    await scene.change(gone, deleted_at=BEGINNING)
    assert await execute.data(EVERYTHING) == before
    assert await is_nobody(execute, "User", gone.id)
    assert await is_nobody(execute, "Post", post.id)
    data = await execute.data(
        "query ($n: BigInt!, $id: ID!) { number: user(by: {databaseId: $n}) { id }"
        ' id: user(by: {id: $id}) { id } name: user(by: {username: "gone"}) { id } }',
        n=gone.id,
        id=global_id.encode("User", gone.id),
    )
    assert data == {"number": None, "id": None, "name": None}


HIDDEN_COMMENTS: dict[str, dict[str, object]] = {
    "pending": {"status": CommentStatus.PENDING},
    "spam": {"status": CommentStatus.SPAM},
    "deleted spam": {"status": CommentStatus.SPAM, "deleted_at": BEGINNING},
}


@pytest.mark.parametrize("columns", HIDDEN_COMMENTS.values(), ids=HIDDEN_COMMENTS)
@pytest.mark.parametrize("place", ["at the top", "below"])
async def test_a_comment_that_is_hidden_is_nowhere_nor_what_is_below_it(
    columns: dict[str, object], place: str, scene: Scene, execute: Execute
) -> None:
    before = await execute.data(EVERYTHING)
    make, parent = scene.make, scene.reply if place == "below" else None
    hidden = await make.comment(post=scene.post, parent=parent, author=scene.writer)
    child = await make.comment(parent=hidden, author=scene.writer)
    grandchild = await make.comment(parent=child, author=scene.fan)
    await make.comment_like(comment=child, user=scene.fan)
    assert await execute.data(EVERYTHING) != before
    await scene.change(hidden, **columns)
    assert await execute.data(EVERYTHING) == before
    for comment in (hidden, child, grandchild):
        assert await is_nobody(execute, "Comment", comment.id)
        data = await execute.data(
            'query ($id: ID!) { post(by: {slug: "seen"}) { around: comments(around: $id) {'
            " nodes { id } } children: comments(where: {parent: {eq: $id}}) { totalCount } } }",
            id=global_id.encode("Comment", comment.id),
        )
        assert data["post"] == {"around": {"nodes": []}, "children": {"totalCount": 0}}


async def test_a_deleted_comment_without_replies_is_nowhere(scene: Scene, execute: Execute) -> None:
    before = await execute.data(EVERYTHING)
    above = await scene.make.comment(parent=scene.reply, author=scene.writer)
    leaf = await scene.make.comment(parent=above, author=scene.fan)
    assert await execute.data(EVERYTHING) != before
    await scene.change(above, deleted_at=BEGINNING)
    assert await execute.data(EVERYTHING) != before
    await scene.change(leaf, deleted_at=BEGINNING)
    assert await execute.data(EVERYTHING) == before
    for comment in (above, leaf):
        assert await is_nobody(execute, "Comment", comment.id)


ALL_WAYS_TO_A_COMMENT = """
query ($top: ID!, $leaf: ID!) {
  node(id: $top) { ...Mark }
  nodes(ids: [$top]) { ...Mark }
  post(by: {slug: "seen"}) {
    commentCount
    comments { totalCount nodes { ...Mark } edges { node { ...Mark } } }
    around: comments(around: $top, first: 1) { nodes { ...Mark } }
    best: comments(orderBy: [{field: LIKES, direction: DESC}]) { nodes { ...Mark } }
    likely: comments(where: {topLevelOnly: true}) { totalCount nodes { ...Mark } }
  }
  leaf: node(id: $leaf) {
    ... on Comment {
      ancestors { ...Mark }
      parent { ...Mark }
      root { ...Mark }
    }
  }
  user(by: {username: "writer"}) { comments { totalCount nodes { ...Mark } } }
}
fragment Mark on Comment {
  databaseId isDeleted deletedAt body html: body(format: HTML) text: body(format: TEXT)
  author { username } guestName deletedBy { username } replies { totalCount }
}
"""


async def test_a_deleted_comment_with_replies_shows_nothing_but_that_it_was(
    scene: Scene, execute: Execute
) -> None:
    await scene.change(scene.top, deleted_at=BEGINNING, deleted_by_id=scene.fan.id)
    data = await execute.data(
        ALL_WAYS_TO_A_COMMENT,
        top=global_id.encode("Comment", scene.top.id),
        leaf=global_id.encode("Comment", scene.reply.id),
    )
    mark = {
        "databaseId": scene.top.id,
        "isDeleted": True,
        "deletedAt": BEGINNING.isoformat(),
        **dict.fromkeys(("body", "html", "text"), ""),
        "author": None,
        "guestName": None,
        "deletedBy": {"username": "fan"},
        "replies": {"totalCount": 1},
    }
    post, leaf = data["post"], data["leaf"]
    listed = [post["comments"]["nodes"][0], post["comments"]["edges"][0]["node"]]
    listed += [*post["around"]["nodes"], *post["likely"]["nodes"]]
    listed.append(post["best"]["nodes"][0])
    for found in (data["node"], *data["nodes"], *listed, *leaf["ancestors"]):
        assert found == mark
    assert [leaf["parent"], leaf["root"]] == [mark, mark]
    assert (post["commentCount"], post["comments"]["totalCount"]) == (2, 2)
    assert data["user"]["comments"] == {"totalCount": 0, "nodes": []}


async def test_who_deleted_their_own_comment_is_not_named(scene: Scene, execute: Execute) -> None:
    await scene.change(scene.top, deleted_at=BEGINNING, deleted_by_id=scene.writer.id)
    data = await execute.data(
        "query ($id: ID!) { node(id: $id) { ...Trace } }"
        " fragment Trace on SoftDeletable { isDeleted deletedBy { id } }",
        id=global_id.encode("Comment", scene.top.id),
    )
    assert data["node"] == {"isDeleted": True, "deletedBy": None}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"eq": "writer"}, []),
        ({"in": ["writer"]}, []),
        ({"in": ["writer", "fan"]}, ["reply"]),
        ({"eq": "fan"}, ["reply"]),
        ({"notIn": ["writer"]}, ["", "reply"]),
        ({"notIn": ["fan"]}, [""]),
        ({"in": ["writer"], "notIn": ["fan"]}, []),
    ],
    ids=str,
)
async def test_a_filter_does_not_tell_who_wrote_a_deleted_comment(
    where: dict[str, Any], found: list[str], scene: Scene, execute: Execute
) -> None:
    await scene.change(scene.top, deleted_at=BEGINNING)
    ids = {name: global_id.encode("User", getattr(scene, name).id) for name in ("writer", "fan")}
    given = {
        key: ids[value] if isinstance(value, str) else [ids[each] for each in value]
        for key, value in where.items()
    }
    data = await execute.data(
        'query ($w: CommentWhere) { post(by: {slug: "seen"}) { comments(where: $w) {'
        " totalCount nodes { body } } } }",
        w={"author": given},
    )
    assert data["post"]["comments"] == {
        "totalCount": len(found),
        "nodes": [{"body": body} for body in found],
    }


async def test_a_comment_outlives_its_writer(scene: Scene, execute: Execute) -> None:
    await scene.change(scene.fan, deleted_at=BEGINNING)
    data = await execute.data(
        '{ post(by: {slug: "seen"}) { comments { nodes { body author { id } guestName } } } }'
    )
    assert data["post"]["comments"]["nodes"][1] == {
        "body": "reply",
        "author": None,
        "guestName": None,
    }


@pytest.mark.parametrize(("where", "n_found"), [("eq", 0), ("in", 0), ("notIn", 2)])
async def test_a_filter_does_not_tell_what_a_deleted_user_wrote(
    where: str, n_found: int, scene: Scene, execute: Execute
) -> None:
    await scene.change(scene.fan, deleted_at=BEGINNING)
    fan = global_id.encode("User", scene.fan.id)
    data = await execute.data(
        'query ($w: CommentWhere) { post(by: {slug: "seen"}) { comments(where: $w) {'
        " totalCount nodes { body } } } }",
        w={"author": {where: fan if where == "eq" else [fan]}},
    )
    assert data["post"]["comments"]["totalCount"] == n_found
    assert len(data["post"]["comments"]["nodes"]) == n_found


async def test_a_deleted_tag_is_nowhere(scene: Scene, execute: Execute) -> None:
    before = await execute.data(EVERYTHING)
    gone = await scene.make.tag(slug="gone")
    await scene.make.post_tag(post=scene.post, tag=gone)
    assert await execute.data(EVERYTHING) != before
    await scene.change(gone, deleted_at=BEGINNING)
    assert await execute.data(EVERYTHING) == before
    assert await is_nobody(execute, "Tag", gone.id)
    assert await execute.data(
        '{ tag(slug: "gone") { id } posts(where: {anyTags: ["gone"]}) { totalCount }'
        ' all: posts(where: {allTags: ["common", "gone"]}) { totalCount } }'
    ) == {"tag": None, "posts": {"totalCount": 0}, "all": {"totalCount": 0}}


async def test_a_deleted_category_is_nowhere(scene: Scene, execute: Execute) -> None:
    before = await execute.data(EVERYTHING)
    gone = await scene.make.category(slug="gone", parent=scene.shelf)
    assert await execute.data(EVERYTHING) != before
    await scene.change(gone, deleted_at=BEGINNING)
    assert await execute.data(EVERYTHING) == before
    assert await is_nobody(execute, "Category", gone.id)
    assert await execute.data('{ category(slug: "gone") { id } }') == {"category": None}


async def test_a_post_outlives_its_category(scene: Scene, execute: Execute) -> None:
    await scene.change(scene.below, deleted_at=BEGINNING)
    data = await execute.data(
        '{ post(by: {slug: "seen"}) { slug category { id } }'
        ' category(slug: "shelf") { posts { totalCount nodes { slug } } children { slug } } }'
    )
    assert data["post"] == {"slug": "seen", "category": None}
    assert data["category"] == {"posts": {"totalCount": 0, "nodes": []}, "children": []}


@pytest.mark.parametrize(("where", "n_found"), [("eq", 0), ("in", 0), ("notIn", 1)])
async def test_a_filter_does_not_tell_what_stood_in_a_deleted_category(
    where: str, n_found: int, scene: Scene, execute: Execute
) -> None:
    await scene.change(scene.below, deleted_at=BEGINNING)
    below = global_id.encode("Category", scene.below.id)
    data = await execute.data(
        "query ($w: PostWhere) { posts(where: $w) { totalCount nodes { slug } } }",
        w={"category": {where: below if where == "eq" else [below]}},
    )
    assert data["posts"]["totalCount"] == n_found
    assert len(data["posts"]["nodes"]) == n_found


async def test_a_category_whose_parent_is_deleted_is_at_the_top(
    scene: Scene, execute: Execute
) -> None:
    await scene.change(scene.shelf, deleted_at=BEGINNING)
    data = await execute.data("{ categories { slug parent { slug } path { slug } } }")
    assert data["categories"] == [{"slug": "below", "parent": None, "path": [{"slug": "below"}]}]


async def test_what_another_tenant_has_is_nowhere(
    scene: Scene, execute: Execute, database: Database
) -> None:
    make = scene.make
    before = await execute.data(EVERYTHING)
    tenant = await make.tenant()
    theirs: dict[str, Any] = {"tenant_id": tenant.id}
    author = await make.user(username="writer", **theirs)
    tag = await make.tag(slug="common", **theirs)
    shelf = await make.category(slug="shelf", **theirs)
    post = await make.post(slug="seen", author=author, category=shelf, tags=[tag])
    comment = await make.comment(post=post, author=author)
    await make.post_like(post=post)
    assert await execute.data(EVERYTHING) == before
    for kind, row in (
        ("User", author),
        ("Tag", tag),
        ("Category", shelf),
        ("Post", post),
        ("Comment", comment),
    ):
        assert await is_nobody(execute, kind, row.id)
    found = await Execute(database, viewer=Viewer(tenant.id)).data("{ posts { totalCount } }")
    assert found == {"posts": {"totalCount": 1}}


async def test_a_cursor_still_marks_the_place_of_what_is_hidden_now(
    scene: Scene, execute: Execute
) -> None:
    posts = [
        await scene.make.post(slug=f"n{n}", published_at=LATER - timedelta(days=n))
        for n in range(5)
    ]
    data = await execute.data("{ posts(first: 5) { edges { cursor } } }")
    cursor = data["posts"]["edges"][2]["cursor"]
    await scene.change(posts[2], deleted_at=BEGINNING)
    data = await execute.data(
        "query ($c: String) { after: posts(after: $c, first: 1) { ...Page }"
        " before: posts(before: $c, last: 1) { ...Page } }"
        " fragment Page on PostConnection { nodes { slug }"
        " pageInfo { hasNextPage hasPreviousPage } }",
        c=cursor,
    )
    both = {"hasNextPage": True, "hasPreviousPage": True}
    assert data["after"] == {"nodes": [{"slug": "n3"}], "pageInfo": both}
    assert data["before"] == {"nodes": [{"slug": "n1"}], "pageInfo": both}
