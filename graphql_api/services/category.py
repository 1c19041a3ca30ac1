"""The tree of categories: a tenant's is changed by one writer at a time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select

from graphql_api.models import Action, Category
from graphql_api.services.change import Change, Writer, Written, differences
from graphql_api.services.check import Checks
from graphql_api.services.problem import Code, RefusedError, Subject, ValidationProblem
from graphql_api.services.text import slugify
from graphql_api.services.unique import unless_taken
from graphql_api.services.versioned import check_version, missing, wrote_version

LONGEST_NAME = 100
MOST_LEVELS = 20

_TREE = "categories"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryUpdate:
    """What changes of a category."""

    category_id: int
    expected_version: int
    name: str
    parent_id: int | None = None
    moves: bool = False
    """Whether ``parent_id`` says where it stands from now on; None is the top."""


async def create_category(writer: Writer, name: str, parent_id: int | None) -> int:
    """Make a category, and return its id."""
    name = _checked_name(name)

    async def act(change: Change) -> int:
        await lock_tree(change)
        if parent_id is not None:
            await _check_place(change, parent_id)
        category = Category(
            tenant_id=change.tenant_id,
            parent_id=parent_id,
            name=name,
            slug=slugify(name),
            created_at=change.now,
            updated_at=change.now,
        )
        change.session.add(category)
        await _save(change, category)
        subject, after = Subject("Category", category.id), content_of(category)
        changes = differences({}, after)
        change.wrote(Written(subject, Action.CREATE, category.version, None, changes, after))
        return category.id

    return await writer.change(act)


async def update_category(writer: Writer, given: CategoryUpdate) -> int:
    """Rename a category, and move it with all below it; return its id."""
    name = _checked_name(given.name)
    subject = Subject("Category", given.category_id)
    sent: dict[str, Any] = {"name": name}
    if given.moves:
        sent["parentId"] = given.parent_id

    async def act(change: Change) -> int:
        await lock_tree(change)
        category: Category | None = await change.session.scalar(
            _living(change, given.category_id, shared=False)
        )
        if category is None:
            raise missing(subject)
        before = content_of(category)
        check_version(subject, category.version, given.expected_version, before, sent)
        if given.moves and given.parent_id != category.parent_id:
            if given.parent_id is not None:
                await _check_place(change, given.parent_id, category.id)
            category.parent_id = given.parent_id
        if name != category.name:
            category.name, category.slug = name, slugify(name)
        await _save(change, category)
        wrote_version(change, category, subject, None, before, content_of(category))
        return category.id

    return await writer.change(act)


async def lock_tree(change: Change) -> None:
    """Wait until nobody else changes the tenant's tree, before any of its rows is locked.

    Of two moves, each of which is right alone, the second could close a circle.
    """
    key = func.hashtextextended(_TREE, change.tenant_id)
    await change.session.execute(select(func.pg_advisory_xact_lock(key)))


def content_of(category: Category) -> dict[str, Any]:
    """Give what people write of a category, by GraphQL's names."""
    return {"name": category.name, "slug": category.slug, "parentId": category.parent_id}


def _checked_name(given: str) -> str:
    checks = Checks()
    name = checks.line("name", given, most=LONGEST_NAME)
    checks.done()
    return name


def _living(change: Change, category_id: int, *, shared: bool) -> Select[Category]:
    """Find a category and lock it, or for who only needs it to be there share it."""
    found = select(Category).where(
        Category.tenant_id == change.tenant_id,
        Category.id == category_id,
        Category.deleted_at.is_(None),
    )
    return found.with_for_update(read=shared, key_share=not shared)


async def _save(change: Change, category: Category) -> None:
    message = f"there is another category with the slug '{category.slug}'; take another name"
    async with unless_taken("uq_categories_slug", "name", message):
        await change.session.flush()


async def _check_place(change: Change, parent_id: int, moving: int | None = None) -> None:
    """Check that a new category, or one that moves with all below it, can stand below another.

    Raises:
        RefusedError: that one is not there, stands below it, or lies too deep.
    """
    if await change.session.scalar(_living(change, parent_id, shared=True)) is None:
        raise missing(Subject("Category", parent_id), "parentId")
    n_levels = 1
    if moving is not None:
        below = await _walked(change, moving, down=True)
        if parent_id in below:
            said = "a category cannot stand below itself"
            raise RefusedError(ValidationProblem(message=said, path=("parentId",)))
        n_levels += max(below.values())
    above = await _walked(change, parent_id, down=False)
    if 1 + max(above.values()) + n_levels > MOST_LEVELS:
        raise RefusedError(
            ValidationProblem(
                message=f"categories stand in {MOST_LEVELS} levels at most",
                code=Code.LIMIT_EXCEEDED,
                path=("parentId",),
                constraint=f"max_depth: {MOST_LEVELS}",
            )
        )


async def _walked(change: Change, start: int, *, down: bool) -> dict[int, int]:
    """Walk up or down the tree; return the steps to each category, the first one's being none.

    Deleted ones count: they may come back. Nobody walks further than the tree may be deep.
    """
    walk = (
        select(Category.id, Category.parent_id, literal(0).label("steps"))
        .where(Category.tenant_id == change.tenant_id, Category.id == start)
        .cte("walk", recursive=True)
    )
    onward = Category.parent_id == walk.c.id if down else Category.id == walk.c.parent_id
    walk = walk.union_all(
        select(Category.id, Category.parent_id, walk.c.steps + 1)
        .join(walk, onward)
        .where(Category.tenant_id == change.tenant_id, walk.c.steps < MOST_LEVELS)
    )
    rows = await change.session.execute(select(walk.c.id, walk.c.steps))
    return dict(rows.all())
