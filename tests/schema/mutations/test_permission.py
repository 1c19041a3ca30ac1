"""Who may do what: every mutation, for every role, as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.models import Comment, Post, Role, Viewer
from graphql_api.schema import global_id
from graphql_api.schema.build import build_schema
from graphql_api.schema.permission import RULE
from graphql_api.services.permission import ANYBODY, Rule
from tests.schema.mutations.conftest import As
from tests.support.factories import Factory

NOBODY, READER, AUTHOR, OWNER, EDITOR, ADMINISTRATOR = WHO = (
    "nobody",
    "reader",
    "another author",
    "owner",
    "editor",
    "administrator",
)
ALL = set(WHO)
USERS = ALL - {NOBODY}
WRITERS = USERS - {READER}
OWNERS = {OWNER, EDITOR, ADMINISTRATOR}
MODERATORS = {EDITOR, ADMINISTRATOR}


@dataclass
class Scene:
    """What mutations are about: all of it the owner's."""

    people: dict[str, Viewer]
    post: Post
    comment: Comment
    ids: dict[str, str]


def _about(name: str, /, **more: Any) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: {"id": scene.ids[name]} | more


def _subject(name: str) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: {"subjectId": scene.ids[name]}


VERSION = {"expectedVersion": 1}
TABLE: dict[str, tuple[set[str], Callable[[Scene], dict[str, Any]]]] = {
    "createPost": (WRITERS, lambda _: {"title": "T", "body": "B"}),
    "updatePost": (OWNERS, _about("post", **VERSION, title="New")),
    "publishPost": (OWNERS, _about("post", **VERSION)),
    "unpublishPost": (OWNERS, _about("post", **VERSION)),
    "deletePost": (OWNERS, _about("post", **VERSION)),
    "addComment": (USERS, lambda scene: {"postId": scene.ids["post"], "body": "B"}),
    "updateComment": (OWNERS, _about("comment", **VERSION, body="New")),
    "deleteComment": (OWNERS, _about("comment", **VERSION)),
    "approveComment": (MODERATORS, _subject("comment")),
    "minimizeComment": (MODERATORS, _about("comment", reason="SPAM")),
    "like": (USERS, _subject("post")),
    "unlike": (USERS, _subject("comment")),
    "follow": (USERS, _subject("somebody")),
    "unfollow": (USERS, _subject("tag")),
    "bookmark": (USERS, _subject("post")),
    "unbookmark": (USERS, _subject("post")),
    "createCategory": ({ADMINISTRATOR}, lambda _: {"name": "New"}),
    "updateCategory": ({ADMINISTRATOR}, _about("category", **VERSION, name="New")),
    "deleteCategory": ({ADMINISTRATOR}, _about("category", **VERSION)),
    "renameTag": (MODERATORS, _about("tag", name="New")),
    "mergeTags": (
        MODERATORS,
        lambda scene: {"fromId": scene.ids["tag"], "intoId": scene.ids["other tag"]},
    ),
}
# what is refused for other reasons than who asks, or needs more than a row: told by their own tests
ELSEWHERE = {
    "register",
    "login",
    "refreshToken",
    "logout",
    "changePassword",
    "updateProfile",
    "restore",
}
OPEN = {"register", "login", "refreshToken", "logout"}


def mutations() -> dict[str, Any]:
    """Find every mutation, with its field in Strawberry."""
    kind = build_schema()._schema.mutation_type  # noqa: SLF001  # no public way
    assert kind is not None
    fields = {}
    for name, field in kind.fields.items():
        fields[name] = field.extensions["strawberry-definition"]
    return fields


def test_every_mutation_has_a_rule_and_stands_in_the_table() -> None:
    rules = {name: field.metadata.get(RULE) for name, field in mutations().items()}
    assert [name for name, rule in rules.items() if not isinstance(rule, Rule)] == []
    assert {name for name, rule in rules.items() if rule is ANYBODY} == OPEN
    assert rules.keys() == TABLE.keys() | ELSEWHERE


def test_what_the_schema_says_of_scopes_is_the_rule() -> None:
    for name, field in mutations().items():
        rule = field.metadata[RULE]
        said = [
            ({scope.value for scope in each.scopes}, each.owner)
            for each in field.directives
            if type(each).__name__ == "Requires"
        ]
        expected = [({scope.value for scope in rule.scopes}, rule.owner)] if rule.scopes else []
        assert said == expected, name


@pytest.fixture
async def scene(make: Factory) -> Scene:
    """Make people of every role, and something of each kind."""
    roles = {
        READER: Role.READER,
        AUTHOR: Role.AUTHOR,
        OWNER: Role.AUTHOR,
        EDITOR: Role.EDITOR,
        ADMINISTRATOR: Role.ADMINISTRATOR,
    }
    users = {name: await make.user() for name in roles}
    people = {name: await make.viewer(role, user=users[name]) for name, role in roles.items()}
    tag = await make.tag()
    post = await make.post(author=users[OWNER], tags=[tag])
    comment = await make.comment(post=post, author=users[OWNER])
    rows = {
        "post": ("Post", post.id),
        "comment": ("Comment", comment.id),
        "tag": ("Tag", tag.id),
        "other tag": ("Tag", (await make.tag()).id),
        "category": ("Category", (await make.category()).id),
        "somebody": ("User", (await make.user()).id),
    }
    ids = {name: global_id.encode(*row) for name, row in rows.items()}
    return Scene(people | {NOBODY: Viewer()}, post, comment, ids)


async def contents(database: Database) -> list[Any]:
    """Read what a refused mutation must leave alone."""
    tables = (
        "posts",
        "comments",
        "tags",
        "categories",
        "post_tags",
        "post_likes",
        "comment_likes",
        "user_follows",
        "tag_follows",
        "bookmarks",
        "revisions",
        "outbox",
        "deletions",
        "idempotency_keys",
    )
    async with database.transaction() as session:
        return [
            (await session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))).all()  # noqa: S608  # ours
            for table in tables
        ]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", TABLE)
async def test_a_mutation_is_for_those_whom_the_table_names(
    name: str, who: str, scene: Scene, as_: As, database: Database
) -> None:
    allowed, given = TABLE[name]
    kind = str(mutations()[name].arguments[0].type_annotation.annotation.__name__)
    query = f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
        errors {{ __typename code message }} }} }}"""
    before = await contents(database)
    data = await as_(scene.people[who]).data(query, input=given(scene))
    errors = [(each["__typename"], each["code"]) for each in data[name]["errors"]]
    if who in allowed:
        assert errors == []
        return
    code = "UNAUTHENTICATED" if who == NOBODY else "FORBIDDEN"
    assert errors == [("PermissionError", code)]
    assert await contents(database) == before


@pytest.mark.parametrize("name", TABLE)
async def test_a_demotion_counts_at_once_and_a_user_who_is_no_more_changes_nothing(
    name: str, scene: Scene, as_: As, database: Database
) -> None:
    given = TABLE[name][1](scene)
    kind = str(mutations()[name].arguments[0].type_annotation.annotation.__name__)
    query = f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{ errors {{ code }} }} }}"""
    viewer = scene.people[ADMINISTRATOR]
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE accounts SET role = 'reader' WHERE user_id = :id"), {"id": viewer.user_id}
        )
    data = await as_(viewer).data(query, input=given)
    codes = [] if READER in TABLE[name][0] else ["FORBIDDEN"]
    assert [each["code"] for each in data[name]["errors"]] == codes
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE users SET deleted_at = now() WHERE id = :id"), {"id": viewer.user_id}
        )
    data = await as_(viewer).data(query, input=given)
    assert [each["code"] for each in data[name]["errors"]] == ["UNAUTHENTICATED"]
