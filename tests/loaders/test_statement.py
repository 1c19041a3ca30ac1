"""A statement's text does not depend on how many keys it is for, so few are ever prepared."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.db.monitor import StatementLog
from graphql_api.loaders.base import names_of
from graphql_api.loaders.filter import Hole, IdFilter, hollow
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.page import PageKey, TotalKey
from graphql_api.loaders.post import PostFilter
from graphql_api.loaders.registry import KINDS, Loaders
from graphql_api.loaders.user import UserRow
from graphql_api.models import Viewer
from tests.loaders.comparison import compare
from tests.loaders.questions import ALL_LISTS, COLUMNS, FILTERS
from tests.loaders.test_page import FEW
from tests.loaders.world import Content, contents, minute, written
from tests.support.factories import Factory

Recorder = Callable[[], AbstractContextManager[StatementLog]]

LOADERS = [*KINDS, *(f"{name}.totals" for name in ALL_LISTS)]


def keys(name: str, n: int) -> Sequence[Any]:
    """Make ``n`` keys for a loader; of all categories there are only two lists."""
    if name == "categories":
        return [True, False][:n]
    if name.endswith(".totals"):
        return [TotalKey(number) for number in range(n)]
    if name in ALL_LISTS:
        columns = COLUMNS.get(name.partition("_")[0], ("created_at",))  # those of viewers
        order = Order(columns[0]), Order("id")
        return [PageKey(number, order, size=number % 7 + 1) for number in range(n)]
    if name.endswith(("slug", "username")):
        return [f"word-{number}" for number in range(n)]
    return range(n)


async def load(database: Database, name: str, wanted: Sequence[Any]) -> None:
    """Load keys in an operation of their own."""
    somebody = Viewer(user_id=1)  # nobody has no likes to ask for
    operation = Operation(database.reader(1), somebody)
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


def refilled(data: st.DataObject, where: Any) -> Any:
    """Draw another filter that is alike but for its values."""
    shape, values = hollow(where)
    others = [data.draw(another(value)) for value in values]

    def fill(part: Any) -> Any:  # of a filter
        if isinstance(part, Hole):
            return others[part.index]
        if is_dataclass(part) and not isinstance(part, type):
            filled = {each.name: fill(getattr(part, each.name)) for each in fields(part)}
            return replace(part, **filled)
        return tuple(map(fill, part)) if isinstance(part, tuple) else part

    return fill(shape)


def another(value: Any) -> st.SearchStrategy[Any]:  # of a filter
    """Generate values of the kind of ``value``; where it is a list, lists of any length."""
    if isinstance(value, tuple):
        return st.lists(another(value[0]), min_size=1, max_size=4, unique=True).map(tuple)
    if isinstance(value, datetime):
        return st.integers(0, 3).map(minute)
    return st.integers(0, 6) if isinstance(value, int) else st.sampled_from(["", "en", "slug-1"])


@pytest.mark.parametrize("name", ["posts", "comments_by_post", "tags"])
@FEW
@given(content=contents(), data=st.data())
async def test_filters_that_are_alike_but_for_their_values_are_the_same_statement(
    name: str, content: Content, data: st.DataObject, database: Database, statements: Recorder
) -> None:
    world = await written(database, content)
    where = data.draw(FILTERS[name.partition("_")[0]])
    [page] = keys(name, 1)
    one, other = (page._replace(where=each) for each in (where, refilled(data, where)))
    with statements() as log:
        await load(database, name, [one])
        await load(database, name, [other])
    assert len(log) == 2
    assert len({statement.sql for statement in log.statements}) == 1
    # aliases with different values: each gets its own rows, by one statement
    await compare(name, world, [one, other], database, statements)


PREPARED = text("SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements")


async def prepared(database: Database) -> dict[str, tuple[int, int]]:
    """Say how often the one connection in use planned each statement, and used a kept plan."""
    found = await database.reader(1).rows(PREPARED, {})
    return {sql: (custom, generic) for sql, custom, generic in found}


async def test_a_list_with_a_filter_is_planned_at_every_run_and_any_other_once(
    database: Database, statements: Recorder
) -> None:
    [plain] = keys("posts", 1)
    with statements() as log:
        for number in range(1, 8):
            where = PostFilter(author=IdFilter(eq=number))
            filtered = plain._replace(where=where)
            await load(database, "posts", [filtered])
            await load(database, "posts.totals", [TotalKey(0, where)])
            await load(database, "posts", [plain])
            await load(database, "posts", [plain, filtered])
    texts = [statement.sql for statement in log.statements]
    assert len(texts) == 28
    assert texts == texts[:4] * 7
    plans = await prepared(database)
    assert [plans[sql] for sql in texts[:4]] == [(7, 0), (7, 0), (0, 7), (7, 0)]


async def test_three_hundred_sets_of_columns_leave_a_bounded_number_of_statements(
    database: Database, make: Factory, statements: Recorder
) -> None:
    user = await make.user()
    names = names_of(UserRow)
    sets = [columns for n in range(1, len(names)) for columns in combinations(names, n)][:300]
    with statements() as log:
        for columns in [*sets, sets[0]]:  # the first is forgotten by the end, and prepared again
            loaders = Loaders(Operation(database.reader(1), Viewer()), columns)
            record: Any
            [record] = await loaders.user_by_id.load_level([user.id])
            assert record[1:] == tuple(getattr(user, name) for name in columns)
    texts = {statement.sql for statement in log.statements}
    assert (len(log), len(texts)) == (301, 300)
    assert 200 < len(texts & set(await prepared(database))) <= 256


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
