"""Making, renaming and moving categories."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text

from graphql_api.db.database import Database
from graphql_api.models import Category, Role, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Recorder
from tests.schema.mutations.conftest import As, errors_of
from tests.schema.mutations.test_comment_races import until_one_waits
from tests.support.factories import BEGINNING, Factory

CATEGORY = "category { id name slug version parent { id } path { name } children { name } }"
ERRORS = """errors { __typename message code path
    ... on ValidationError { constraint }
    ... on NotFoundError { missingId }
    ... on PermissionError { missingScopes }
    ... on ConflictError { expectedVersion currentVersion current { id ... on Category { name } }
        changedFields { field before after } } }"""
DOCUMENTS = {
    name: f"mutation ($input: CategoryInput!) {{ {name}(input: $input) {{ {CATEGORY} {ERRORS} }} }}"
    for name in ("createCategory", "updateCategory")
}
UNKNOWN = global_id.encode("Category", 10**9)


async def create(as_: As, viewer: Viewer, **given: Any) -> dict[str, Any]:
    """Create a category, and return the payload."""
    data = await as_(viewer).data(DOCUMENTS["createCategory"], input=given)
    payload: dict[str, Any] = data["createCategory"]
    return payload


async def update(as_: As, viewer: Viewer, row: Category | str, **given: Any) -> dict[str, Any]:
    """Change a category of version 1, and return the payload."""
    category_id = row if isinstance(row, str) else global_id.encode("Category", row.id)
    asked = {"id": category_id, "expectedVersion": 1, "name": "N"} | given
    data = await as_(viewer).data(DOCUMENTS["updateCategory"], input=asked)
    payload: dict[str, Any] = data["updateCategory"]
    return payload


def id_of(row: Category) -> str:
    """Give the global id of a category."""
    return global_id.encode("Category", row.id)


async def log(database: Database) -> list[tuple[Any, ...]]:
    """Read the audit log, and hold that an event stands beside each entry."""
    async with database.transaction() as session:
        found = await session.execute(
            text("SELECT action, subject_id, version, changes, snapshot FROM revisions ORDER BY id")
        )
        events = await session.execute(text("SELECT action, subject_id FROM outbox ORDER BY id"))
        rows = [tuple(row) for row in found]
        assert [row[:2] for row in rows] == [tuple(row) for row in events]
        return rows


async def chain(make: Factory, n_levels: int) -> list[Category]:
    """Make categories, each below the one before."""
    rows: list[Category] = []
    for _ in range(n_levels):
        rows.append(await make.category(parent=rows[-1] if rows else None))
    return rows


async def test_a_category_is_made_with_a_slug_from_its_name(
    as_: As, make: Factory, database: Database
) -> None:
    viewer, root = await make.viewer(Role.ADMINISTRATOR), await make.category(name="Root")
    payload = await create(as_, viewer, name="  Café & Crème ", parentId=id_of(root))
    assert payload["errors"] == []
    category = payload["category"]
    number = global_id.number_of(category["id"], "Category")
    assert category == {
        "id": category["id"],
        "name": "Café & Crème",
        "slug": "café-crème",
        "version": 1,
        "parent": {"id": id_of(root)},
        "path": [{"name": "Root"}, {"name": "Café & Crème"}],
        "children": [],
    }
    content = {"name": "Café & Crème", "slug": "café-crème", "parentId": root.id}
    changes = {name: [None, value] for name, value in content.items()}
    assert await log(database) == [("create", number, 1, changes, content)]
    top = await create(as_, viewer, name="Top", parentId=None)
    assert (top["errors"], top["category"]["parent"]) == ([], None)


async def test_a_category_is_renamed_and_moved_with_all_below_it(
    as_: As, make: Factory, database: Database
) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    shelf, below = await chain(make, 2)
    root = await make.category(name="Root")
    payload = await update(as_, viewer, shelf, name="New name", parentId=id_of(root))
    assert payload["errors"] == []
    assert payload["category"] == {
        "id": id_of(shelf),
        "name": "New name",
        "slug": "new-name",
        "version": 2,
        "parent": {"id": id_of(root)},
        "path": [{"name": "Root"}, {"name": "New name"}],
        "children": [{"name": below.name}],
    }
    [entry] = await log(database)
    changes = {
        "name": [shelf.name, "New name"],
        "slug": [shelf.slug, "new-name"],
        "parentId": [None, root.id],
    }
    content = {"name": "New name", "slug": "new-name", "parentId": root.id}
    assert entry == ("update", shelf.id, 2, changes, content)
    stays = await update(as_, viewer, shelf, name="Newer", expectedVersion=2)
    assert stays["category"]["parent"] == {"id": id_of(root)}
    at_top = await update(as_, viewer, shelf, name="Newer", expectedVersion=3, parentId=None)
    assert at_top["category"]["parent"] is None
    assert at_top["category"]["version"] == 4


async def test_an_update_that_changes_nothing_leaves_no_trace(
    as_: As, make: Factory, database: Database
) -> None:
    """The slug stays too, though it is not made of the name: an import chose it."""
    viewer = await make.viewer(Role.ADMINISTRATOR)
    root = await make.category(slug="theirs")
    row = await make.category(parent=root, slug="own", name="Something")
    payload = await update(as_, viewer, row, name="Something ", parentId=id_of(root))
    assert payload["errors"] == []
    assert (payload["category"]["slug"], payload["category"]["version"]) == ("own", 1)
    assert await log(database) == []


@pytest.mark.parametrize("role", [None, *Role])
async def test_administrators_alone_arrange_categories(
    role: Role | None, as_: As, make: Factory
) -> None:
    viewer = Viewer() if role is None else await make.viewer(role)
    row = await make.category()
    expected = {None: [("UNAUTHENTICATED", "")], Role.ADMINISTRATOR: []}.get(
        role, [("FORBIDDEN", "")]
    )
    for payload in (await create(as_, viewer, name="A"), await update(as_, viewer, row, name="B")):
        assert errors_of(payload) == expected
        assert (payload["category"] is None) is bool(expected)
        if expected == [("FORBIDDEN", "")]:
            assert payload["errors"][0]["missingScopes"] == ["TENANT_ADMIN"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "REQUIRED"),
        (" \t ", "INVALID"),
        ("   ", "REQUIRED"),
        ("x" * 101, "TOO_LONG"),
        ("a\0b", "INVALID"),
        ("a\nb", "INVALID"),
        ("\ud800", "INVALID"),
    ],
)
async def test_a_name_that_cannot_be_taken_is_said_to_be_so(
    name: str, code: str, as_: As, make: Factory, database: Database
) -> None:
    viewer, row = await make.viewer(Role.ADMINISTRATOR), await make.category()
    assert errors_of(await create(as_, viewer, name=name)) == [(code, "name")]
    assert errors_of(await update(as_, viewer, row, name=name)) == [(code, "name")]
    assert await log(database) == []


async def test_the_longest_name_can_be_taken(as_: As, make: Factory) -> None:
    payload = await create(as_, await make.viewer(Role.ADMINISTRATOR), name="ü" * 100)
    assert (payload["errors"], payload["category"]["slug"]) == ([], "ü" * 100)


async def test_what_an_update_needs_is_said_and_what_a_new_one_has_not(
    as_: As, make: Factory
) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    both = [("REQUIRED", "id"), ("REQUIRED", "expectedVersion")]
    data = await as_(viewer).data(DOCUMENTS["updateCategory"], input={"name": "A"})
    assert errors_of(data["updateCategory"]) == both
    payload = await update(as_, viewer, "", id=None, expectedVersion=None)
    assert errors_of(payload) == both
    payload = await create(as_, viewer, name="A", id=UNKNOWN, expectedVersion=0)
    assert errors_of(payload) == [("INVALID", "id"), ("INVALID", "expectedVersion")]
    assert (await create(as_, viewer, name="A", id=None, expectedVersion=None))["errors"] == []


@pytest.mark.parametrize("given", ["", "x", UNKNOWN, global_id.encode("Tag", 1)])
async def test_what_is_not_there_is_not_found(given: str, as_: As, make: Factory) -> None:
    viewer, row = await make.viewer(Role.ADMINISTRATOR), await make.category()
    for payload, path in (
        (await create(as_, viewer, name="A", parentId=given), "parentId"),
        (await update(as_, viewer, row, parentId=given), "parentId"),
        (await update(as_, viewer, given), "id"),
    ):
        assert errors_of(payload) == [("NOT_FOUND", path)]
        assert payload["errors"][0]["missingId"] == given


async def test_what_is_deleted_or_anothers_is_not_found(as_: As, make: Factory) -> None:
    viewer, row = await make.viewer(Role.ADMINISTRATOR), await make.category()
    gone = await make.category(deleted_at=BEGINNING)
    strange = await make.category(tenant_id=(await make.tenant()).id)
    for other in (gone, strange):
        for payload, path in (
            (await create(as_, viewer, name="A", parentId=id_of(other)), "parentId"),
            (await update(as_, viewer, row, parentId=id_of(other)), "parentId"),
            (await update(as_, viewer, other), "id"),
        ):
            assert errors_of(payload) == [("NOT_FOUND", path)]


async def test_a_slug_that_is_taken_is_an_error_of_the_name(
    as_: As, make: Factory, database: Database
) -> None:
    viewer, row = await make.viewer(Role.ADMINISTRATOR), await make.category()
    await make.category(slug="news")
    await make.category(slug="old", deleted_at=BEGINNING)
    assert errors_of(await create(as_, viewer, name="News!")) == [("ALREADY_EXISTS", "name")]
    assert errors_of(await update(as_, viewer, row, name="NEWS")) == [("ALREADY_EXISTS", "name")]
    assert await log(database) == []
    assert (await create(as_, viewer, name="Old"))["errors"] == []


async def test_of_many_who_want_the_same_name_one_gets_it(
    as_: As, make: Factory, database: Database
) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    rows = [await make.category() for _ in range(4)]
    payloads = await asyncio.gather(
        *(create(as_, viewer, name="Same") for _ in rows),
        *(update(as_, viewer, row, name="Same") for row in rows),
    )
    errors = [errors_of(payload) for payload in payloads]
    assert errors.count([]) == 1
    assert errors.count([("ALREADY_EXISTS", "name")]) == 7
    assert len(await log(database)) == 1


async def test_a_name_that_is_taken_past_every_check_is_an_error_of_the_name(
    as_: As, make: Factory, database: Database
) -> None:
    """An import knows nothing of the lock: its row comes while ours waits for the index."""
    viewer, row = await make.viewer(Role.ADMINISTRATOR), await make.category()
    async with database.transaction() as session:
        session.add(Category(tenant_id=1, slug="same", name="Same"))
        await session.flush()
        asked = [
            asyncio.create_task(create(as_, viewer, name="Same")),
            asyncio.create_task(update(as_, viewer, row, name="Same")),
        ]
        await until_one_waits(database)
    for payload in await asyncio.gather(*asked):
        assert errors_of(payload) == [("ALREADY_EXISTS", "name")]


async def test_a_stale_version_is_a_conflict_that_tells_what_differs(
    as_: As, make: Factory
) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    row, root = await make.category(name="Old"), await make.category()
    assert (await update(as_, viewer, row, name="New"))["errors"] == []
    payload = await update(as_, viewer, row, name="Other", parentId=id_of(root))
    assert payload["category"] is None
    [error] = payload["errors"]
    assert error.pop("message")
    assert error == {
        "__typename": "ConflictError",
        "code": "CONFLICT",
        "path": ["expectedVersion"],
        "expectedVersion": 1,
        "currentVersion": 2,
        "current": {"id": id_of(row), "name": "New"},
        "changedFields": [
            {"field": "name", "before": "New", "after": "Other"},
            {"field": "parentId", "before": None, "after": id_of(root)},
        ],
    }
    for version in (-1, 0, 2**31 - 1):
        stale = await update(as_, viewer, row, expectedVersion=version)
        assert errors_of(stale) == [("CONFLICT", "expectedVersion")]


async def test_a_category_stands_neither_in_itself_nor_below_itself(
    as_: As, make: Factory, database: Database
) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    rows = await chain(make, 4)
    for place in range(4):
        payload = await update(as_, viewer, rows[0], parentId=id_of(rows[place]))
        assert errors_of(payload) == [("INVALID", "parentId")]
    assert await log(database) == []


async def test_a_circle_is_not_closed_through_what_is_deleted(as_: As, make: Factory) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    top = await make.category()
    middle = await make.category(parent=top, deleted_at=BEGINNING)
    bottom = await make.category(parent=middle)
    payload = await update(as_, viewer, top, parentId=id_of(bottom))
    assert errors_of(payload) == [("INVALID", "parentId")]


async def test_the_tree_has_twenty_levels_at_most(as_: As, make: Factory) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    rows = await chain(make, 19)
    twentieth = await create(as_, viewer, name="Twentieth", parentId=id_of(rows[18]))
    assert twentieth["errors"] == []
    below = await create(as_, viewer, name="Below", parentId=twentieth["category"]["id"])
    assert errors_of(below) == [("LIMIT_EXCEEDED", "parentId")]
    assert below["errors"][0]["constraint"] == "max_depth: 20"

    two, _ = await chain(make, 2)
    payload = await update(as_, viewer, two, parentId=id_of(rows[18]))
    assert errors_of(payload) == [("LIMIT_EXCEEDED", "parentId")]
    assert (await update(as_, viewer, two, parentId=id_of(rows[17])))["errors"] == []


async def test_moves_at_the_same_time_close_no_circle(
    as_: As, make: Factory, database: Database
) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    rows = [await make.category() for _ in range(6)]
    # each below the next: all at once they would be a ring
    payloads = await asyncio.gather(
        *(
            update(as_, viewer, row, name=f"N{place}", parentId=id_of(rows[(place + 1) % 6]))
            for place, row in enumerate(rows)
        )
    )
    errors = sorted(errors_of(payload) for payload in payloads)
    assert errors == [[]] * 5 + [[("INVALID", "parentId")]]
    async with database.transaction() as session:
        found = await session.execute(select(Category.id, Category.parent_id))
        parents = dict(found.all())
    [_top] = [number for number, parent in parents.items() if parent is None]


async def test_moves_that_share_no_row_close_no_circle(as_: As, make: Factory) -> None:
    """Each goes below what stands below the other: neither touches a row that the other does."""
    viewer = await make.viewer(Role.ADMINISTRATOR)
    for turn in range(5):
        (one, below_one), (two, below_two) = await chain(make, 2), await chain(make, 2)
        payloads = await asyncio.gather(
            update(as_, viewer, one, name=f"One {turn}", parentId=id_of(below_two)),
            update(as_, viewer, two, name=f"Two {turn}", parentId=id_of(below_one)),
        )
        assert sorted(map(errors_of, payloads)) == [[], [("INVALID", "parentId")]]


async def test_a_move_costs_the_same_statements_in_any_tree(
    as_: As, make: Factory, statements: Recorder
) -> None:
    viewer = await make.viewer(Role.ADMINISTRATOR)
    counted = []
    for n_levels in (1, 9):
        moved, target = await chain(make, n_levels), await chain(make, n_levels)
        query = """mutation ($id: ID!, $parent: ID) { updateCategory(input:
            {id: $id, expectedVersion: 1, name: "N%s", parentId: $parent}) { clientMutationId } }"""
        with statements() as log_of_statements:
            await as_(viewer).data(query % n_levels, id=id_of(moved[0]), parent=id_of(target[-1]))
        counted.append(log_of_statements.loaders)
    assert counted == [{"": 10}, {"": 10}]
