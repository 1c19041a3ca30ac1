"""What a thing tells a viewer: what they did to it, and what they may do."""

from typing import Any

import pytest

from graphql_api.models import Role, User, Viewer
from graphql_api.schema import global_id
from graphql_api.schema.build import build_schema
from graphql_api.schema.permission import RULE
from tests.schema.client import Recorder
from tests.schema.mutations.conftest import As
from tests.support.factories import BEGINNING, Factory

LINKS = {
    ("Post", "viewerHasLiked"): "LikedPosts",
    ("Post", "viewerHasBookmarked"): "BookmarkedPosts",
    ("Comment", "viewerHasLiked"): "LikedComments",
    ("User", "viewerIsFollowing"): "FollowedUsers",
    ("Tag", "viewerIsFollowing"): "FollowedTags",
}
"""What the viewer did, and the loader that says so."""

MAY = "viewerCanUpdate viewerCannotUpdateReasons viewerCanDelete"
MOST = 30


async def linked(make: Factory, viewer: Viewer, kind: str, field: str, number: int) -> list[str]:
    """Make things of a kind, of which the viewer did something to every other; return their ids."""
    user = User(tenant_id=viewer.tenant_id, id=viewer.user_id)
    author, post = await make.user(), await make.post()
    ids = []
    for place in range(number):
        row: Any
        if kind == "Post":
            row = await make.post(author=author)
        elif kind == "Comment":
            row = await make.comment(post=post, author=author)
        else:
            row = await (make.user() if kind == "User" else make.tag())
        ids.append(global_id.encode(kind, row.id))
        if place % 2 == 0:
            await link(make, kind, field, row, user)
    return ids


async def link(make: Factory, kind: str, field: str, row: Any, user: User) -> None:
    """Let a user do to a row what the field tells of."""
    if field == "viewerHasBookmarked":
        await make.bookmark(post=row, user=user)
    elif kind == "Post":
        await make.post_like(post=row, user=user)
    elif kind == "Comment":
        await make.comment_like(comment=row, user=user)
    elif kind == "User":
        await make.user_follow(followed=row, follower=user)
    else:
        await make.tag_follow(tag=row, user=user)


@pytest.mark.parametrize(("kind", "field"), LINKS)
async def test_what_the_viewer_did_costs_one_statement_at_any_number_of_rows(
    kind: str, field: str, as_: As, make: Factory, statements: Recorder
) -> None:
    viewer, other = await make.viewer(), await make.viewer()
    ids = await linked(make, viewer, kind, field, MOST)
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {field} }} }} }}"
    nodes = global_id.NODES[kind].__name__
    for number in (1, 2, MOST):
        with statements() as log:
            data = await as_(viewer).data(query, ids=ids[:number])
        assert [node[field] for node in data["nodes"]] == [n % 2 == 0 for n in range(number)]
        assert log.loaders == dict.fromkeys(sorted([LINKS[kind, field], nodes]), 1)
    for somebody, loaders in ((other, [LINKS[kind, field], nodes]), (Viewer(), [nodes])):
        with statements() as log:
            data = await as_(somebody).data(query, ids=ids)
        assert not any(node[field] for node in data["nodes"])
        assert log.loaders == dict.fromkeys(sorted(loaders), 1)


async def test_what_the_viewer_did_in_lists_is_asked_once_for_each_relation(
    as_: As, make: Factory, statements: Recorder
) -> None:
    viewer = await make.viewer()
    user = User(tenant_id=viewer.tenant_id, id=viewer.user_id)
    for number in range(4):
        post = await make.post(tags=[await make.tag()])
        comment = await make.comment(post=post)
        if number % 2:
            await make.post_like(post=post, user=user)
            await make.comment_like(comment=comment, user=user)
    query = """{ posts { nodes { viewerHasLiked viewerHasBookmarked
        author { viewerIsFollowing } tags { nodes { viewerIsFollowing } }
        comments { nodes { viewerHasLiked author { viewerIsFollowing } } } } } }"""
    with statements() as log:
        data = await as_(viewer).data(query)
    posts = data["posts"]["nodes"]
    assert [post["viewerHasLiked"] for post in posts] == [True, False, True, False]
    likes = [post["comments"]["nodes"][0]["viewerHasLiked"] for post in posts]
    assert likes == [True, False, True, False]
    assert log.loaders == {
        "BookmarkedPosts": 1,
        "CommentsByPost": 1,
        "FollowedTags": 1,
        "FollowedUsers": 2,  # of the posts, and a level below those of the comments
        "LikedComments": 1,
        "LikedPosts": 1,
        "Posts": 1,
        "TagsByPost": 1,
        "UserById": 2,
    }


async def test_what_the_viewer_may_do_costs_no_statement(
    as_: As, make: Factory, statements: Recorder
) -> None:
    viewer = await make.viewer()
    mine = await make.user()
    owner = await make.viewer(user=mine)
    for number in range(MOST):
        post = await make.post(author=mine if number % 2 else None)
        await make.comment(post=post, author=mine)
    query = f"""query ($first: Int!) {{ posts(first: $first) {{ nodes {{
        {MAY} comments {{ nodes {{ {MAY} }} }} }} }} }}"""
    for who in (viewer, owner, Viewer()):
        for number in (1, 2, MOST):
            with statements() as log:
                data = await as_(who).data(query, first=number)
            assert log.loaders == {"CommentsByPost": 1, "Posts": 1}
            can = [post["viewerCanUpdate"] for post in data["posts"]["nodes"]]
            assert can == [who is owner and n % 2 == 0 for n in range(number)]
            for post in data["posts"]["nodes"]:
                [comment] = post["comments"]["nodes"]
                assert comment["viewerCanDelete"] is (who is owner)


async def test_a_guests_comment_is_nobodys_own(as_: As, make: Factory) -> None:
    comment = await make.comment(post=await make.post())
    guests = await make.comment(post=await make.post(), author_id=None, guest_name="G")
    ids = [global_id.encode("Comment", each.id) for each in (comment, guests)]
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Updatable {{ {UPDATES} }} }} }}"
    for viewer, reasons in (
        (Viewer(), ["LOGIN_REQUIRED"]),
        (await make.viewer(), ["NOT_OWNER", "INSUFFICIENT_SCOPE"]),
        (await make.viewer(Role.EDITOR), []),
    ):
        data = await as_(viewer).data(query, ids=ids)
        expected = {"viewerCanUpdate": not reasons, "viewerCannotUpdateReasons": reasons}
        assert data["nodes"] == [expected, expected]


UPDATES = "viewerCanUpdate viewerCannotUpdateReasons"


async def test_a_deleted_comment_that_is_still_seen_says_that_it_is_deleted(
    as_: As, make: Factory
) -> None:
    mark = await make.comment(deleted_at=BEGINNING)
    await make.comment(parent=mark)
    editor = await make.viewer(Role.EDITOR)
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Comment {{ {MAY} }} }} }}"
    data = await as_(editor).data(query, id=global_id.encode("Comment", mark.id))
    assert data["node"] == {
        "viewerCanUpdate": False,
        "viewerCannotUpdateReasons": ["DELETED"],
        "viewerCanDelete": False,
    }


RULES = {
    ("Post", "viewer_can_update"): ("update_post", "publish_post", "unpublish_post"),
    ("Post", "viewer_cannot_update_reasons"): ("update_post", "publish_post", "unpublish_post"),
    ("Post", "viewer_can_delete"): ("delete_post",),
    ("Comment", "viewer_can_update"): ("update_comment",),
    ("Comment", "viewer_cannot_update_reasons"): ("update_comment",),
    ("Comment", "viewer_can_delete"): ("delete_comment",),
}
"""Of each field the mutations that it foretells."""


@pytest.mark.parametrize("place", RULES, ids=".".join)
def test_a_field_has_the_very_rule_of_its_mutations(place: tuple[str, str]) -> None:
    schema: Any = build_schema()
    rules = {
        (kind, field.python_name): field.metadata.get(RULE)
        for kind in ("Post", "Comment", "Mutation")
        for field in schema.get_type_by_name(kind).fields
    }
    assert rules[place] is not None
    for name in RULES[place]:
        assert rules["Mutation", name] is rules[place], name


SAID = {
    (): [],
    ("LOGIN_REQUIRED",): ["UNAUTHENTICATED"],
    ("NOT_OWNER", "INSUFFICIENT_SCOPE"): ["FORBIDDEN"],
    ("DELETED",): ["NOT_FOUND"],
}
"""What mutations say where a field gives such reasons."""

MUTATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "updatePost": ("Post", "viewerCanUpdate", {"expectedVersion": 1, "title": "Another"}),
    "publishPost": ("Post", "viewerCanUpdate", {"expectedVersion": 1}),
    "unpublishPost": ("Post", "viewerCanUpdate", {"expectedVersion": 1}),
    "deletePost": ("Post", "viewerCanDelete", {}),
    "updateComment": ("Comment", "viewerCanUpdate", {"expectedVersion": 1, "body": "Another"}),
    "deleteComment": ("Comment", "viewerCanDelete", {}),
}
"""Of each mutation the type, the field that foretells what it will say, and its input."""

OWNERS = ("own", "others", "a mark")


async def made(make: Factory, kind: str, whose: str, user: User) -> str:
    """Make a post or a comment, and return its id; a mark is a deleted comment with a reply."""
    if kind == "Post":
        post = await make.post(author=user if whose == "own" else None)
        return global_id.encode("Post", post.id)
    deleted_at = BEGINNING if whose == "a mark" else None
    author = None if whose == "others" else user
    comment = await make.comment(author=author, deleted_at=deleted_at)
    await make.comment(parent=comment)
    return global_id.encode("Comment", comment.id)


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("whose", OWNERS)
@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_mutation_answers_what_its_field_foretold(
    name: str, whose: str, role: Role | None, as_: As, make: Factory
) -> None:
    kind, field, given = MUTATIONS[name]
    if kind == "Post" and whose == "a mark":
        pytest.skip("a deleted post leaves none")
    user = await make.user()
    viewer = Viewer() if role is None else await make.viewer(role, user=user)
    thing = await made(make, kind, whose, user)
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {MAY} }} }} }}"
    says = (await as_(viewer).data(query, id=thing))["node"]
    document = f"""mutation ($input: {INPUTS.get(name, f"{name[0].upper()}{name[1:]}Input")}!) {{
        {name}(input: $input) {{ errors {{ code }} }} }}"""
    payload = (await as_(viewer).data(document, input={"id": thing, **given}))[name]
    codes = [error["code"] for error in payload["errors"]]
    assert codes == SAID[tuple(says["viewerCannotUpdateReasons"])]
    assert says[field] is (not codes)


INPUTS: dict[str, str] = {
    "unpublishPost": "PublishPostInput",
    "deletePost": "DeleteInput",
    "deleteComment": "DeleteInput",
}
"""The types of inputs that are not called after their mutation."""
