"""A walk from page to page meets each row once, while others come and go."""

from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert, update

from graphql_api.db.database import Database
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.page import Page, PageKey
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Comment, Post, PostLike, Tag, User, Viewer
from tests.loaders.questions import COLUMNS
from tests.loaders.world import NAMES, RowDict, minute
from tests.support.factories import Factory

TABLES: dict[str, Any] = {
    "posts": Post,
    "comments_by_post": Comment,
    "tags": Tag,
    "authors": User,
    "likers_by_post": User,
}
"""The lists to walk through, each with what to add so that it grows."""


def orders(name: str) -> list[tuple[Order, ...]]:
    """Return every order of one column, up and down, and two of several that run both ways."""
    columns = COLUMNS[name.partition("_")[0]]
    found: list[tuple[Order, ...]] = []
    for falling in (False, True):
        found += [(Order(column, falling), Order("id", falling)) for column in columns]
        ways = zip(columns[:3], (falling, not falling, falling), strict=False)
        found.append((*(Order(*way) for way in ways), Order("id", not falling)))
    return found


class Crowd:
    """Rows of one list that come and go; with few values a column, so that most of them tie."""

    def __init__(self, database: Database, name: str, post: Post) -> None:
        self._database = database
        self._name = name
        self._post = post
        self._numbers = count(100)

    async def come(self, n: int) -> list[int]:
        """Add rows, and return their ids."""
        ids = [next(self._numbers) for _ in range(n)]
        async with self._database.transaction() as session:
            await session.execute(insert(TABLES[self._name]), [self._row(number) for number in ids])
            if self._name == "likers_by_post":
                like = {"tenant_id": self._post.tenant_id, "post_id": self._post.id}
                likes = [
                    like | {"user_id": number, "created_at": minute(number % 3)} for number in ids
                ]
                await session.execute(insert(PostLike), likes)
        return ids

    async def leave(self, number: int) -> None:
        """Take a row away."""
        model = TABLES[self._name]
        async with self._database.transaction() as session:
            gone = update(model).where(model.tenant_id == self._post.tenant_id, model.id == number)
            await session.execute(gone.values(deleted_at=minute(0)))

    def _row(self, number: int) -> RowDict:
        name = NAMES[number % len(NAMES)]
        texts = {"body": "", "body_html": "", "body_text": ""}
        dates = {"created_at": minute(number % 3), "updated_at": minute(number % 4)}
        owned = {"tenant_id": self._post.tenant_id, "id": number}
        match TABLES[self._name].__name__:
            case "Post":
                times = dates | {"published_at": minute(number % 5)}
                counts = {"like_count": number % 2, "view_count": number % 3}
                counts |= {"comment_count": number % 4, "author_id": self._post.author_id}
                words = texts | {"slug": f"slug-{number}", "title": "", "status": "published"}
                return owned | times | counts | words
            case "Comment":
                counts = {"post_id": self._post.id, "like_count": number % 4}
                return owned | dates | counts | texts | {"status": "approved"}
            case "Tag":
                return owned | {"slug": f"slug-{number}", "name": name}
        counts = {"post_count": number % 3 + 1, "follower_count": number % 2}
        words = {"username": f"user-{number}", "display_name": name}
        return owned | counts | words | {"latest_post_at": minute(number % 5)}


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("name", TABLES)
async def test_a_walk_meets_each_row_once_while_others_come_and_go(
    name: str, *, backward: bool, database: Database, make: Factory
) -> None:
    for order in orders(name):
        tenant = await make.tenant()
        post = await make.post(author=await make.user(tenant_id=tenant.id))
        crowd = Crowd(database, name, post)
        ids = await crowd.come(16)
        doomed = ids[::4]
        key = PageKey(post.id if name.endswith("by_post") else 0, order, 5, backward)
        met: list[int] = []
        more = True
        while more:
            operation = Operation(database.reader(1), Viewer(tenant.id))
            page: Page[Any] = await getattr(Loaders(operation), name).load(key)
            rows = page.rows[::-1] if backward else page.rows
            more, began = page.has_next, page.has_previous
            if backward:
                more, began = began, more
            assert began == bool(met), order
            met += [row.id for row in rows]
            place = tuple(getattr(rows[-1], part.column) for part in order)
            key = key._replace(before=place) if backward else key._replace(after=place)
            await crowd.come(2)
            if doomed:
                await crowd.leave(doomed.pop())
        assert len(met) == len(set(met)), order
        assert set(met) >= set(ids) - set(ids[::4]), order
