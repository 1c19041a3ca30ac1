"""A statement's text does not depend on how many keys it is for, so few are ever prepared."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.loaders.filter import IdFilter
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.page import PageKey, TotalKey
from graphql_api.loaders.post import PostFilter
from graphql_api.loaders.registry import KINDS, Loaders
from graphql_api.models import DEFAULT_TENANT
from tests.loaders.questions import COLUMNS, LISTS

Recorder = Callable[[], AbstractContextManager[StatementLog]]

LOADERS = [*KINDS, *(f"{name}.totals" for name in LISTS)]


def keys(name: str, n: int) -> Sequence[Any]:
    """Make ``n`` keys for a loader; of all categories there are only two lists."""
    if name == "categories":
        return [True, False][:n]
    if name.endswith(".totals"):
        return [TotalKey(number) for number in range(n)]
    if name in LISTS:
        order = Order(COLUMNS[name.partition("_")[0]][0]), Order("id")
        return [PageKey(number, order, size=number % 7 + 1) for number in range(n)]
    if name.endswith(("slug", "username")):
        return [f"word-{number}" for number in range(n)]
    return range(n)


async def load(database: Database, name: str, wanted: Sequence[Any]) -> None:
    """Load keys in an operation of their own."""
    operation = Operation(database.reader(1), DEFAULT_TENANT)
    loader: Any = Loaders(operation)
    for part in name.split("."):
        loader = getattr(loader, part)
    await loader.load_many(wanted)
    await operation.close()


@pytest.mark.parametrize("name", LOADERS)
async def test_one_two_and_fifty_keys_are_the_same_statement(
    name: str, database: Database, statements: Recorder
) -> None:
    with statements() as log:
        for n in (1, 2, 50):
            await load(database, name, keys(name, n))
    assert len(log) == 3
    assert len({statement.sql for statement in log.statements}) == 1


async def test_lists_in_filters_are_the_same_statement_at_any_length(
    database: Database, statements: Recorder
) -> None:
    [page] = keys("posts", 1)
    with statements() as log:
        for n in (0, 1, 30):
            some = IdFilter(any_of=tuple(range(n)), none_of=tuple(range(n)))
            words = tuple(f"word-{number}" for number in range(n))
            where = PostFilter(author=some, any_tags=words)
            await load(database, "posts", [page._replace(where=where)])
    assert len(log) == 3
    assert len({statement.sql for statement in log.statements}) == 1


async def test_fifty_sizes_of_batches_prepare_no_more_statements_than_one(
    database: Database,
) -> None:
    async def n_prepared() -> int:
        rows = await database.reader(1).rows(
            text("SELECT count(*) FROM pg_prepared_statements"), {}
        )
        number: int = rows[0][0]
        return number

    async def load_all(n: int) -> None:
        for name in (
            "user_by_id",
            "post_by_slug",
            "children_by_category",
            "comments_by_post",
            "comments_by_post.totals",
        ):
            await load(database, name, keys(name, n))

    await load_all(1)
    await n_prepared()
    n_for_one_size = await n_prepared()
    assert n_for_one_size >= 5
    for n in range(2, 51):
        await load_all(n)
    assert await n_prepared() == n_for_one_size
