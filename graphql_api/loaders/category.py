"""Categories by key, and their places in the tree."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Boolean, bindparam, column, func, literal, or_, select
from sqlalchemy.orm import aliased

from graphql_api.loaders.base import IDS, WORDS, AnySelect, ManyLoader, OneLoader, Selected, visible
from graphql_api.models import Category

_MOST_STEPS = 100  # nobody's shelves are that deep; without an end, a cycle would have none


@dataclass(slots=True)
class CategoryRow:
    """A category as the schema reads it; the columns of ``categories`` with the same names."""

    id: int
    parent_id: int | None
    slug: str
    name: str
    description: str | None
    version: int


class CategoryById(OneLoader[int, CategoryRow]):
    """Categories by id."""

    row = CategoryRow
    table = Category

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the living categories among the ids."""
        return select(Category.id, *columns).where(visible(Category), Category.id == IDS.any_())


class CategoryBySlug(OneLoader[str, CategoryRow]):
    """Categories by slug."""

    row = CategoryRow
    table = Category

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the living categories among the slugs."""
        return select(Category.slug, *columns).where(
            visible(Category), Category.slug == WORDS.any_()
        )


class Categories(ManyLoader[bool, CategoryRow]):
    """All categories, or where the key is true the roots alone; by name.

    A root has no parent, or one that nobody sees any more.
    """

    row = CategoryRow
    table = Category

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Pair every category with each key that wants it."""
        keys: Any = bindparam("keys", type_=ARRAY(Boolean))
        wanted = func.unnest(keys).table_valued(column("roots_only", Boolean)).render_derived()
        above = aliased(Category)
        parents = select(above.id).where(visible(above))
        root = or_(Category.parent_id.is_(None), Category.parent_id.not_in(parents))
        return (
            select(wanted.c.roots_only, *columns)
            .select_from(Category)
            .join(wanted, or_(~wanted.c.roots_only, root))
            .where(visible(Category))
            .order_by(Category.name_key, Category.id)
        )


class ChildrenByCategory(ManyLoader[int, CategoryRow]):
    """The categories right under a category, by name."""

    row = CategoryRow
    table = Category

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the living children of the ids."""
        return (
            select(Category.parent_id, *columns)
            .where(visible(Category), Category.parent_id == IDS.any_())
            .order_by(Category.name_key, Category.id)
        )


class PathByCategory(ManyLoader[int, CategoryRow]):
    """The way from the root down to a category, itself included."""

    row = CategoryRow
    table = Category

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Climb from every key at once, a step a round."""
        climb = (
            select(
                Category.id.label("start"),
                Category.id,
                Category.parent_id,
                literal(0).label("steps"),
            )
            .where(visible(Category), Category.id == IDS.any_())
            .cte("climb", recursive=True)
        )
        climb = climb.union_all(
            select(climb.c.start, Category.id, Category.parent_id, climb.c.steps + 1)
            .join(climb, Category.id == climb.c.parent_id)
            .where(visible(Category), climb.c.steps < _MOST_STEPS)
        )
        return (
            select(climb.c.start, *columns)
            .select_from(Category)
            .join(climb, Category.id == climb.c.id)
            .where(visible(Category))
            .order_by(climb.c.start, climb.c.steps.desc())
        )
