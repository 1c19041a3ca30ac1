"""The categories of all imports together are one tree, and no deeper than can be read."""

import pytest

from graphql_api.db.database import Database
from graphql_api.errors import ImportFailedError
from graphql_api.loaders.category import PathByCategory
from graphql_api.models import DEFAULT_TENANT, Category
from graphql_api.services.wordpress.reader import MAX_DEPTH
from tests.services.wordpress.conftest import Import, Rows, Snapshot
from tests.services.wordpress.wxr import category


async def test_categories_of_two_sites_that_make_a_ring_are_refused(
    load: Import, snapshot: Snapshot
) -> None:
    other = "https://other.example"
    await load(category("m1", "M1"), category("m2", "M2", parent="m1"))
    await load(category("n1", "N1"), category("m1", "M1", parent="n1"), site=other)
    await load(category("m2", "M2"), category("n1", "N1", parent="m2"), site=other)
    before = await snapshot()
    with pytest.raises(ImportFailedError, match="“M1”, “N1”, “M2” lie in one another") as caught:
        await load(
            category("n1", "N1"),
            category("m1", "M1", parent="n1"),
            category("m2", "M2", parent="m1"),
        )
    assert "\n" not in str(caught.value)
    assert await snapshot() == before


def chain(name: str, n_steps: int) -> list[str]:
    """Return a category with so many below it, each in the one before."""
    slugs = [f"{name}{step}" for step in range(n_steps + 1)]
    return [
        category(slug, slug, parent=parent)
        for slug, parent in zip(slugs, ["", *slugs], strict=False)
    ]


async def test_the_deepest_category_has_its_whole_path(
    load: Import, rows: Rows, database: Database
) -> None:
    await load(*chain("c", MAX_DEPTH))
    [leaf] = await rows(f"SELECT id FROM categories WHERE slug = 'c{MAX_DEPTH}'")  # noqa: S608  # a number
    found = await database.reader(1).rows(
        PathByCategory.statement([Category.slug]),
        {"keys": [leaf["id"]], "tenant_id": DEFAULT_TENANT},
    )
    assert [row["slug"] for row in found] == [f"c{step}" for step in range(MAX_DEPTH + 1)]


async def test_categories_of_two_sites_that_are_too_deep_together_are_refused(
    load: Import, snapshot: Snapshot
) -> None:
    await load(*chain("c", MAX_DEPTH))
    before = await snapshot()
    with pytest.raises(ImportFailedError, match="“d” cannot be placed: it lies more than 100"):
        await load(
            category(f"c{MAX_DEPTH}", "shared"),
            category("d", "d", parent=f"c{MAX_DEPTH}"),
            site="https://other.example",
        )
    assert await snapshot() == before
