"""Trees: the way up, the way down, and a tree that somebody made a ring."""

from sqlalchemy import update

from graphql_api.db.database import Database
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.page import PageKey, TotalKey
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Category
from tests.support.factories import Factory
from tests.support.patience import patience

ID = (Order("id"),)


async def test_the_path_of_a_category_begins_at_its_root_and_ends_with_itself(
    loaders: Loaders, make: Factory
) -> None:
    root = await make.category(id=9)
    middle = await make.category(id=5, parent=root)
    leaf = await make.category(id=2, parent=middle)
    paths = await loaders.path_by_category.load_many([leaf.id, root.id, middle.id])
    assert [[row.id for row in path] for path in paths] == [[9, 5, 2], [9], [9, 5]]


async def test_children_and_roots_come_by_name(loaders: Loaders, make: Factory) -> None:
    root = await make.category(name="Shelf")
    for name in ("b", "C", "a", "B"):
        await make.category(name=name, parent=root)
    await make.category(name="Desk")
    children = await loaders.children_by_category.load(root.id)
    assert [row.name for row in children] == ["a", "b", "B", "C"]
    everything, roots = await loaders.categories.load_many([False, True])
    assert [row.name for row in roots] == ["Desk", "Shelf"]
    assert [row.name for row in everything] == ["a", "b", "B", "C", "Desk", "Shelf"]


async def test_ancestors_of_a_comment_begin_at_the_root_of_its_thread(
    loaders: Loaders, make: Factory
) -> None:
    above = [await make.comment(id=9)]
    for number in (3, 7, 1):
        above.append(await make.comment(id=number, parent=above[-1]))
    found = await loaders.ancestors_by_comment.load_many([1, 3, 9])
    assert [[row.id for row in rows] for rows in found] == [[9, 3, 7], [9], []]


async def test_a_ring_of_categories_hangs_nobody(
    loaders: Loaders, database: Database, make: Factory
) -> None:
    one = await make.category()
    other = await make.category(parent=one)
    post = await make.post(category=other)
    async with database.transaction() as session:
        ring = update(Category).where(Category.id == one.id).values(parent_id=other.id)
        await session.execute(ring)
    async with patience():
        path = await loaders.path_by_category.load(one.id)
        pages = loaders.posts_by_category
        page = await pages.load(PageKey(one.id, ID, size=5, deep=True))
        total = await pages.totals.load(TotalKey(one.id, deep=True))
    assert path[-1].id == one.id
    assert [row.id for row in page.rows] == [post.id]
    assert total == 1
