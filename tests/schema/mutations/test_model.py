"""Random people do random things; then the content is what a small model in Python says."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import Role, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Execute
from tests.schema.mutations.conftest import As
from tests.schema.mutations.model import Comment, Model, Post
from tests.support.derived import WRONG
from tests.support.factories import Factory

ROLES = {"r": Role.READER, "a": Role.AUTHOR, "b": Role.AUTHOR, "e": Role.EDITOR}
N_STEPS = 120
TAGS = ("red", "green", "blue")


def mutation(name: str, kind: str, selection: str) -> str:
    """Write the document of a mutation."""
    return f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
        {selection} errors {{ code message }} }} }}"""


POST = "post { id title version status tags { nodes { name } } }"
COMMENT = "comment { id body version }"
DELETED = "deletedId undoToken cascaded { type count }"
MUTATIONS = {
    "createPost": mutation("createPost", "CreatePostInput", POST),
    "updatePost": mutation("updatePost", "UpdatePostInput", POST),
    "publishPost": mutation("publishPost", "PublishPostInput", POST),
    "unpublishPost": mutation("unpublishPost", "PublishPostInput", POST),
    "deletePost": mutation("deletePost", "DeleteInput", DELETED),
    "addComment": mutation("addComment", "AddCommentInput", COMMENT),
    "updateComment": mutation("updateComment", "UpdateCommentInput", COMMENT),
    "deleteComment": mutation("deleteComment", "DeleteInput", DELETED),
    "restore": mutation("restore", "UndoInput", "restored { id }"),
    "like": mutation("like", "SubjectInput", "subject { id likeCount viewerHasLiked }"),
    "unlike": mutation("unlike", "SubjectInput", "subject { id likeCount viewerHasLiked }"),
    "follow": mutation("follow", "SubjectInput", "subject { id followerCount }"),
    "unfollow": mutation("unfollow", "SubjectInput", "subject { id followerCount }"),
}


@dataclass
class World:
    """The people, the model, and the dice."""

    people: dict[str, Viewer]
    as_: As
    model: Model
    dice: random.Random

    async def ask(self, who: str, name: str, **given: Any) -> tuple[dict[str, Any], str | None]:
        """Run a mutation as somebody; return its payload and the code of its refusal, if any."""
        data = await self.as_(self.people[who]).data(MUTATIONS[name], input=given)
        payload: dict[str, Any] = data[name]
        codes = [error["code"] for error in payload["errors"]]
        assert len(codes) <= 1, payload
        return payload, codes[0] if codes else None

    def any_of(self, rows: dict[str, Any]) -> str:
        """Choose a row."""
        return self.dice.choice(list(rows))

    def version_of(self, row: Any) -> int:
        """Choose the version that a client saw: mostly the present one."""
        version: int = row.version
        return version if self.dice.random() < 0.85 else version - 1


async def create_post(world: World, who: str) -> None:
    """Write a post."""
    title = f"Title {world.dice.random()}"
    is_published = world.dice.random() < 0.7
    tags = world.dice.sample(TAGS, world.dice.randrange(3))
    status = "PUBLISHED" if is_published else "DRAFT"
    given = {"title": title, "body": "Text", "status": status, "tagNames": tags}
    payload, code = await world.ask(who, "createPost", **given)
    assert code == world.model.create_post(who)
    if code is None:
        made = Post(who, title, is_published, frozenset(tags))
        world.model.posts[payload["post"]["id"]] = made


async def update_post(world: World, who: str) -> None:
    """Change a post's title and tags."""
    post_id = world.any_of(world.model.posts)
    post = world.model.posts[post_id]
    version = world.version_of(post)
    title, tags = f"Title {world.dice.random()}", world.dice.sample(TAGS, 2)
    code = world.model.change_post(who, post_id, version)
    given = {"id": post_id, "expectedVersion": version, "title": title, "tagNames": tags}
    payload, found = await world.ask(who, "updatePost", **given)
    assert found == code
    if code is None:
        post.title, post.tags = title, frozenset(tags)
        post.version += 1
        assert (payload["post"]["title"], payload["post"]["version"]) == (title, post.version)


async def publish_post(world: World, who: str) -> None:
    """Publish a post, or make it a draft."""
    post_id = world.any_of(world.model.posts)
    post = world.model.posts[post_id]
    version = world.version_of(post)
    is_published = world.dice.random() < 0.6
    name = "publishPost" if is_published else "unpublishPost"
    code = world.model.change_post(who, post_id, version)
    _payload, found = await world.ask(who, name, id=post_id, expectedVersion=version)
    assert found == code
    if code is None and post.is_published != is_published:
        post.is_published = is_published
        post.version += 1


async def delete_post(world: World, who: str) -> None:
    """Delete a post."""
    post_id = world.any_of(world.model.posts)
    code = world.model.change_post(who, post_id, None)
    payload, found = await world.ask(who, "deletePost", id=post_id)
    assert found == code
    if code is None:
        n_comments = world.model.delete_post(who, post_id, payload["undoToken"])
        assert sum(each["count"] for each in payload["cascaded"]) == n_comments


async def add_comment(world: World, who: str) -> None:
    """Comment on a post, or answer a comment there or elsewhere."""
    post_id, parent = world.any_of(world.model.posts), None
    if world.model.comments and world.dice.random() < 0.6:
        parent = world.any_of(world.model.comments)
        if world.dice.random() < 0.9:
            post_id = world.model.comments[parent].post
    body = f"Comment {world.dice.random()}"
    code = world.model.add_comment(who, post_id, parent)
    payload, found = await world.ask(who, "addComment", postId=post_id, replyToId=parent, body=body)
    assert found == code
    if code is None:
        world.model.comments[payload["comment"]["id"]] = Comment(who, body, post_id, parent)


async def update_comment(world: World, who: str) -> None:
    """Change a comment."""
    comment_id = world.any_of(world.model.comments)
    comment = world.model.comments[comment_id]
    version, body = world.version_of(comment), f"Comment {world.dice.random()}"
    code = world.model.change_comment(who, comment_id, version)
    given = {"id": comment_id, "expectedVersion": version, "body": body}
    _payload, found = await world.ask(who, "updateComment", **given)
    assert found == code
    if code is None:
        comment.body = body
        comment.version += 1


async def delete_comment(world: World, who: str) -> None:
    """Delete a comment."""
    comment_id = world.any_of(world.model.comments)
    code = world.model.change_comment(who, comment_id, None)
    payload, found = await world.ask(who, "deleteComment", id=comment_id)
    assert found == code
    if code is None:
        n_replies = world.model.delete_comment(who, comment_id, payload["undoToken"])
        assert sum(each["count"] for each in payload["cascaded"]) == n_replies


async def restore(world: World, who: str) -> None:
    """Undo a deletion."""
    token = world.any_of(world.model.deletions)
    code = world.model.restore(who, token)
    _payload, found = await world.ask(who, "restore", undoToken=token)
    assert found == code


async def like(world: World, who: str) -> None:
    """Like a post or a comment, or no longer."""
    subject = world.any_of({**world.model.posts, **world.model.comments})
    rows: dict[str, Any] = (
        world.model.posts if subject in world.model.posts else world.model.comments
    )
    likes: set[str] = rows[subject].likes
    likes_it = world.dice.random() < 0.7
    code = world.model.like(who, subject)
    payload, found = await world.ask(who, "like" if likes_it else "unlike", subjectId=subject)
    assert found == code
    if code is None:
        (likes.add if likes_it else likes.discard)(who)
        expected = {"id": subject, "likeCount": len(likes), "viewerHasLiked": who in likes}
        assert payload["subject"] == expected


async def follow(world: World, who: str) -> None:
    """Follow somebody else, or no longer."""
    other = world.dice.choice([name for name in world.people if name != who])
    follows = world.dice.random() < 0.7
    subject = global_id.encode("User", world.people[other].user_id)
    payload, found = await world.ask(who, "follow" if follows else "unfollow", subjectId=subject)
    assert found is None
    pairs = world.model.follows
    (pairs.add if follows else pairs.discard)((who, other))
    n_followers = sum(followed == other for _who, followed in pairs)
    assert payload["subject"] == {"id": subject, "followerCount": n_followers}


Step = Callable[[World, str], Any]
NEED_POSTS: tuple[Step, ...] = (update_post, publish_post, delete_post, add_comment, like)
NEED_COMMENTS: tuple[Step, ...] = (update_comment, delete_comment, add_comment, add_comment)


def steps(model: Model) -> list[Step]:
    """List what can be done; what makes rows, more often."""
    possible: list[Step] = [create_post, create_post, follow]
    if model.posts:
        possible += NEED_POSTS
    if model.comments:
        possible += NEED_COMMENTS
    if model.deletions:
        possible.append(restore)
    return possible


async def stored(database: Database) -> dict[str, set[tuple[Any, ...]]]:
    """Read the whole state: what people wrote, whatever can be seen of it."""
    queries = {
        "posts": "SELECT 'Post:' || id, author_id, title, status = 'published', version,"
        " deleted_at IS NOT NULL, like_count FROM posts",
        "comments": "SELECT 'Comment:' || id, author_id, body, 'Post:' || post_id,"
        " 'Comment:' || parent_id, version, deleted_at IS NOT NULL, like_count, visible"
        " FROM comments",
        "tags": "SELECT 'Post:' || post_id, name FROM post_tags JOIN tags ON tag_id = tags.id",
        "likes": "SELECT 'Post:' || post_id, user_id FROM post_likes"
        " UNION ALL SELECT 'Comment:' || comment_id, user_id FROM comment_likes",
        "follows": "SELECT follower_id, followed_id FROM user_follows",
    }
    async with database.transaction() as session:
        return {
            name: {tuple(row) for row in await session.execute(text(query))}
            for name, query in queries.items()
        }


def expected(world: World) -> dict[str, set[tuple[Any, ...]]]:
    """Say the same from the model."""
    model, ids = world.model, {name: viewer.user_id for name, viewer in world.people.items()}

    def plain(node_id: str | None) -> str | None:
        if node_id is None:
            return None
        type_name, number = global_id.decode(node_id)
        return f"{type_name}:{number}"

    return {
        "posts": {
            (
                plain(key),
                ids[p.author],
                p.title,
                p.is_published,
                p.version,
                p.is_deleted,
                len(p.likes),
            )
            for key, p in model.posts.items()
        },
        "comments": {
            (
                plain(key),
                ids[c.author],
                c.body,
                plain(c.post),
                plain(c.parent),
                c.version,
                c.is_deleted,
                len(c.likes),
                model.is_shown(key),
            )
            for key, c in model.comments.items()
        },
        "tags": {(plain(key), tag) for key, p in model.posts.items() for tag in p.tags},
        "likes": {
            (plain(key), ids[who])
            for rows in (model.posts, model.comments)
            for key, row in rows.items()
            for who in row.likes
        },
        "follows": {(ids[who], ids[other]) for who, other in model.follows},
    }


async def check_lists(world: World, execute: Execute) -> None:
    """Compare what everybody can list with the model."""
    query = """{ posts(first: 100) { totalCount nodes { id commentCount
        comments(first: 100) { nodes { id body isDeleted } } } } }"""
    data = await execute.data(query)
    listed = {post["id"]: post for post in data["posts"]["nodes"]}
    assert listed.keys() == {key for key in world.model.posts if world.model.is_listed(key)}
    for post_id, post in listed.items():
        shown = {
            key: ("" if each.is_deleted else each.body, each.is_deleted)
            for key, each in world.model.comments.items()
            if each.post == post_id and world.model.is_shown(key)
        }
        found = {
            each["id"]: (each["body"], each["isDeleted"]) for each in post["comments"]["nodes"]
        }
        assert found == shown
        assert post["commentCount"] == len(shown)


@pytest.mark.parametrize("seed", range(4))
async def test_the_content_is_what_a_model_says(
    seed: int, as_: As, make: Factory, database: Database
) -> None:
    people = {name: await make.viewer(role) for name, role in ROLES.items()}
    model = Model({name: role.value for name, role in ROLES.items()})
    world = World(people, as_, model, random.Random(seed))  # noqa: S311  # a test's dice
    for _ in range(N_STEPS):
        who = world.dice.choice(list(people))
        await world.dice.choice(steps(model))(world, who)
    assert await stored(database) == expected(world)
    await check_lists(world, as_(Viewer()))
    async with database.transaction() as session:
        assert (await session.execute(text(WRONG))).all() == []
        n_changes = await session.scalar(text("SELECT count(*) FROM revisions"))
        assert n_changes == await session.scalar(text("SELECT count(*) FROM outbox"))
