"""What the public may not see is in no answer of any loader, and in no total or counter."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest
from sqlalchemy import insert, literal, select, text

from graphql_api.db.database import Database
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.page import PageKey, TotalKey
from graphql_api.loaders.registry import Loaders
from graphql_api.models import DEFAULT_TENANT, Base, Viewer
from tests.loaders.questions import COLUMNS, LISTS, PUBLIC
from tests.support.factories import Factory

Scene: TypeAlias = dict[str, int]
"""The ids of rows, by the name of the part they play."""
Answers: TypeAlias = dict[str, set[int]]
"""The ids that each loader knows of, by its name."""

KINDS_OF_ROWS = {
    "posts": {"posts", "post"},
    "comments": {"comments", "comment", "replies", "ancestors"},
    "tags": {"tags", "tag"},
    "categories": {"categories", "category", "children", "path"},
    "users": {"authors", "user", "likers", "followers", "following"},
}
"""The first words of the names of the loaders that return rows of a table."""

COUNTERS = {
    "post_by_id": {"comment_count": "comments_by_post", "like_count": "likers_by_post"},
    "comment_by_id": {"reply_count": "replies_by_comment", "like_count": "likers_by_comment"},
    "tag_by_id": {"post_count": "posts_by_tag"},
    "user_by_id": {
        "post_count": "posts_by_author",
        "follower_count": "followers_by_user",
        "following_count": "following_by_user",
    },
}
"""The lists whose totals the columns of rows hold."""

IDS = range(1, 30)
THREAD = "comment reply answer remark"
HIDINGS: dict[str, tuple[str, dict[str, str]]] = {
    "a draft": (
        "UPDATE posts SET status = 'draft' WHERE id = :post",
        {"posts": "post", "comments": THREAD},
    ),
    "a scheduled post": (
        "UPDATE posts SET status = 'scheduled', published_at = '2100-01-01' WHERE id = :post",
        {"posts": "post", "comments": THREAD},
    ),
    "an archived post": (
        "UPDATE posts SET status = 'archived' WHERE id = :post",
        {"posts": "post", "comments": THREAD},
    ),
    "a deleted post": (
        "UPDATE posts SET deleted_at = now() WHERE id = :post",
        {"posts": "post", "comments": THREAD},
    ),
    "a deleted author": (
        "UPDATE users SET deleted_at = now() WHERE id = :author",
        {"users": "author", "posts": "post second", "comments": THREAD},
    ),
    "a deleted reader": (
        "UPDATE users SET deleted_at = now() WHERE id = :reader",
        {"users": "reader"},
    ),
    "a pending comment with its replies": (
        "UPDATE comments SET status = 'pending' WHERE id = :comment",
        {"comments": THREAD},
    ),
    "a reply that is spam with its replies": (
        "UPDATE comments SET status = 'spam' WHERE id = :reply",
        {"comments": "reply answer"},
    ),
    "a deleted comment without replies": (
        "UPDATE comments SET deleted_at = now() WHERE id = :remark",
        {"comments": "remark"},
    ),
    "a deleted thread": (
        "UPDATE comments SET deleted_at = now() WHERE post_id = :post",
        {"comments": THREAD},
    ),
    "a deleted tag": (
        "UPDATE tags SET deleted_at = now() WHERE id = :tag",
        {"tags": "tag"},
    ),
    "a deleted category": (
        "UPDATE categories SET deleted_at = now() WHERE id = :category",
        {"categories": "category"},
    ),
}
"""How to hide something, and the parts of the scene that are then gone from each table."""


@pytest.fixture
async def scene(make: Factory) -> Scene:
    """Make a post with everything around it, and enough beside it that no list runs empty."""
    author, reader, other = await make.user(), await make.user(), await make.user()
    root = await make.category()
    category = await make.category(parent=root)
    leaf = await make.category(parent=category)
    tag, other_tag = await make.tag(), await make.tag()
    second = await make.post(author=author, category=leaf, tags=[tag])
    post = await make.post(author=author, category=category, tags=[tag, other_tag])
    await make.post(author=other, category=root, tags=[other_tag])
    comment = await make.comment(post=post, author=reader)
    reply = await make.comment(parent=comment, author=other)
    answer = await make.comment(parent=reply, author=reader)
    remark = await make.comment(parent=comment, author=other)
    await make.comment(parent=await make.comment(author=author), author=author)
    for user in (author, reader, other):
        await make.post_like(post=post, user=user)
        await make.comment_like(comment=comment, user=user)
    for one, two in ((author, reader), (reader, author), (other, reader), (other, author)):
        await make.user_follow(followed=one, follower=two)
    parts: dict[str, Any] = {
        "author": author,
        "reader": reader,
        "category": category,
        "tag": tag,
        "post": post,
    }
    parts |= {
        "other": other,
        "second": second,
        "comment": comment,
        "reply": reply,
        "answer": answer,
        "remark": remark,
    }
    return {name: row.id for name, row in parts.items()}


def table_of(loader: str) -> str:
    """Return the table whose rows a loader returns."""
    word = loader.partition("_")[0]
    return next(table for table, words in KINDS_OF_ROWS.items() if word in words)


def keys_of(loader: str) -> Sequence[Any]:
    """Return more keys for a loader than the scene has."""
    if loader == "categories":
        return [True, False]
    if loader in LISTS:
        word = loader.partition("_")[0]
        order = (Order(COLUMNS[word][0]), Order("id"))
        return [PageKey(number, order, size=50) for number in ([0] if word == loader else IDS)]
    if loader.endswith(("slug", "username")):
        return [f"{loader.partition('_')[0]}-{number}" for number in range(60)]
    return IDS


async def answers(database: Database, tenant_id: int = DEFAULT_TENANT) -> Answers:
    """Ask every loader for everything, and check the totals of lists by the way."""
    operation = Operation(database.reader(2), Viewer(tenant_id))
    found: Answers = {}
    for name in PUBLIC:
        loader = getattr(Loaders(operation), name)
        values = await loader.load_many(keys := keys_of(name))
        if name in LISTS:
            values = [page.rows for page in values]
            totals = await loader.totals.load_many([TotalKey(key.parent) for key in keys])
            assert totals == list(map(len, values)), name
        lists = [value if isinstance(value, list) else [value] for value in values]
        for rows in lists:
            assert len({row and row.id for row in rows}) == len(rows), f"{name}: a row twice"
        found[name] = {row.id for rows in lists for row in rows if row}
    await operation.close()
    return found


@pytest.mark.parametrize("hiding", HIDINGS)
async def test_hiding_takes_just_what_is_hidden_out_of_every_answer(
    hiding: str, scene: Scene, database: Database
) -> None:
    sql, gone = HIDINGS[hiding]
    before = await answers(database)
    async with database.transaction() as session:
        await session.execute(text(sql), scene)
    after = await answers(database)

    hidden = {table: {scene[part] for part in parts.split()} for table, parts in gone.items()}
    assert all(before[name] for name in PUBLIC), "no list is empty anyway"
    for name, ids in before.items():
        assert after[name] == ids - hidden.get(table_of(name), set()), name


async def test_a_deleted_comment_with_replies_is_where_it_was_but_among_its_authors(
    scene: Scene, database: Database
) -> None:
    before = await answers(database)
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE comments SET deleted_at = now(), deleted_by_id = :other WHERE id = :reply"
            ),
            scene,
        )
    hidden = {"comments_by_author": {scene["reply"]}}
    for name, ids in (await answers(database)).items():
        assert ids == before[name] - hidden.get(name, set()), name


@pytest.mark.parametrize("name", [name for name in PUBLIC if table_of(name) == "comments"])
async def test_no_loader_says_what_a_deleted_comment_said_nor_whose_it_was(
    name: str, scene: Scene, database: Database
) -> None:
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE comments SET deleted_at = now(), deleted_by_id = :reader, guest_name = 'G',"
                " minimized_reason = 'spam' WHERE id = :comment OR id = :reply"
            ),
            scene,
        )
    loader = getattr(Loaders(Operation(database.reader(2), Viewer())), name)
    values = await loader.load_many(keys_of(name))
    lists = [page.rows for page in values] if name in LISTS else values
    rows = [row for found in lists for row in (found if isinstance(found, list) else [found])]
    marks = [row for row in rows if row and row.id in (scene["comment"], scene["reply"])]
    assert marks or name == "comments_by_author"
    for row in marks:
        said = row.body, row.body_html, row.body_text, row.author_id, row.guest_name
        assert said == ("", "", "", None, None)
        # the reader wrote the comment, not the reply
        assert row.deleted_by_id == (scene["reader"] if row.id == scene["reply"] else None)
        assert row.deleted_at is not None
        assert row.minimized_reason == "spam"
    for row in rows:
        assert row is None or row in marks or (row.body and row.author_id and not row.deleted_at)


async def test_another_tenant_sees_nothing(scene: Scene, database: Database, make: Factory) -> None:
    tenant = await make.tenant()
    assert scene["post"] in (await answers(database))["posts"]
    assert await answers(database, tenant.id) == {name: set() for name in PUBLIC}


async def test_rows_of_another_tenant_with_the_same_ids_are_in_no_answer(
    scene: Scene, database: Database, make: Factory
) -> None:
    assert scene
    before = await answers(database)
    tenant = await make.tenant()
    async with database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in {"tenants", "imported_items"}:
                continue
            columns = [column for column in table.c if column.computed is None]
            copied = [
                literal(tenant.id) if column.name == "tenant_id" else column for column in columns
            ]
            rows = select(*copied).order_by(*table.primary_key.columns)
            await session.execute(insert(table).from_select(columns, rows))
    assert await answers(database) == before
    assert await answers(database, tenant.id) == before


@pytest.mark.parametrize("hiding", HIDINGS)
async def test_counters_are_the_totals_of_what_is_left(
    hiding: str, scene: Scene, database: Database
) -> None:
    async with database.transaction() as session:
        await session.execute(text(HIDINGS[hiding][0]), scene)
    operation = Operation(database.reader(2), Viewer())
    loaders = Loaders(operation)
    for by_id, counters in COUNTERS.items():
        rows = [row for row in await getattr(loaders, by_id).load_many(IDS) if row]
        for counter, pages in counters.items():
            keys = [TotalKey(row.id) for row in rows]
            totals = await getattr(loaders, pages).totals.load_many(keys)
            assert [getattr(row, counter) for row in rows] == totals, counter
    await operation.close()
