"""Types whose objects are rows: in plans sequences of columns, elsewhere objects."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Optional

import strawberry

from graphql_api.execution import PLAN, Batch, Computed, Level, OneOf, Rows
from tests.execution.inputs import (
    MANY_TEXTS,
    TEXTS,
    Color,
    Filter,
    Form,
    Info,
    Odd,
    Size,
    badge_of,
    initials_of,
    marks_of,
    planned,
    stamp_of,
)
from tests.execution.world import ask, column_of, laid_out, loading, refuse, spread, turns

if TYPE_CHECKING:
    from tests.execution.nodes import Thing

LazyThing = Annotated["Thing", strawberry.lazy("tests.execution.nodes")]


def page_needs(fields: frozenset[str], arguments: Mapping[str, Any] | None) -> list[str]:
    """Say that where a page ends is found in the titles of its rows."""
    wanted = arguments is None or arguments.get("first") != 0
    return ["title"] if "page_info" in fields and wanted else []


@strawberry.type
class PageInfo:
    """Where a page ends."""

    end: str
    more: bool


@strawberry.type
class Edge:
    """A row with something beside it."""

    cursor: str
    node: Optional["Article"] = strawberry.field(metadata={PLAN: Rows()})


@strawberry.type
class ArticlePage:
    """What stands between a relation and its rows."""

    asked: str
    nodes: list[Optional["Article"]] = strawberry.field(metadata={PLAN: Rows()})
    edges: list[Edge]
    page_info: PageInfo | None

    @strawberry.field
    def count(self) -> int:
        """Count the rows in a resolver."""
        return len(self.nodes)

    def laid_out(self, level: Level) -> "ArticlePage":
        """Lay the rows out; what was not asked for is not there."""
        reads_end = "page_info" in level.fields and level.arguments.get("first") != 0
        if reads_end and level.columns is not None and "title" not in level.columns:
            raise AssertionError("the page needs a column that was not selected")
        return replace(
            self,
            nodes=laid_out(self.nodes, level),
            edges=[replace(edge, node=laid_out(edge.node, level)) for edge in self.edges],
            page_info=self.page_info if "page_info" in level.fields else None,
        )


EXACT: dict[str, tuple[type, bool]] = {
    "serial": (int, False),
    "note": (str, True),
    "remark": (str, True),
    "since": (datetime, False),
}
"""The columns of people that no fault changes; one is null at times where none may be."""


@strawberry.type
class Person:
    """A row with columns of every kind."""

    is_row = True
    id: strawberry.ID
    handle: str
    nick: str | None
    joined: datetime
    seen: datetime | None
    score: float
    rank: int
    color: Color
    size: Size | None
    odd: Odd | None
    active: bool
    names: list[str]
    other_names: strawberry.Private[Any]
    boss_id: strawberry.Private[Any]
    favourite_id: strawberry.Private[Any]

    serial: int
    note: str | None
    remark: str
    since: datetime

    @planned(Computed(badge_of, ("handle",), str, per_type=True))
    def badge(self, times: int = 1) -> str:
        """Give the type and the handle."""
        return badge_of("Person")(self.handle, times)

    @planned(Computed(stamp_of, ("serial",), str))
    def stamp(self) -> str:
        """Give a text that needs no look."""
        return stamp_of(self.serial)

    @planned(Computed(initials_of, ("handle",)))
    def initials(self) -> str | None:
        """Give the first letter."""
        return initials_of(self.handle)  # type: ignore[no-any-return]  # faults included

    @planned(Computed(marks_of, ("handle", "nick")))
    def marks(self) -> list[str] | None:
        """Give a list."""
        return marks_of(self.handle, self.nick)  # type: ignore[no-any-return]  # faults included

    @planned(OneOf("form", TEXTS))
    def text(self, form: Form | None = None) -> str | None:
        """Give a column of two."""
        return column_of(TEXTS, self, form)  # type: ignore[no-any-return]  # faults included

    @planned(OneOf("own", MANY_TEXTS))
    def texts(self, own: bool = True) -> list[str | None] | None:  # noqa: FBT001, FBT002  # GraphQL names arguments
        """Give a column of lists."""
        return column_of(MANY_TEXTS, self, own)  # type: ignore[no-any-return]  # faults included

    @planned(Batch(load=loading("person"), key=("boss_id",), rows="people", exact=EXACT))
    async def boss(self, info: Info) -> Optional["Person"]:
        """Give one row, or none."""
        return await ask(info, "person", self.boss_id)  # type: ignore[no-any-return]  # faults included

    @planned(Batch(load=loading("person"), key=("favourite_id",), rows="people", exact=EXACT))
    async def best(self, info: Info) -> "Person":
        """Give one row, which must be there."""
        return await ask(info, "person", self.favourite_id)  # type: ignore[no-any-return]  # faults included

    @planned(Batch(load=loading("articles"), key=("boss_id",), rows="articles", authorize=refuse))
    async def articles(
        self, info: Info, first: int = 2, where: Filter | None = strawberry.UNSET
    ) -> list["Article"] | None:
        """Give many rows."""
        return await ask(info, "articles", self.boss_id, {"first": first, "where": where})  # type: ignore[no-any-return]  # faults included

    @planned(
        Batch(
            load=loading("page"),
            key=("boss_id", "favourite_id"),
            rows="articles",
            needs=page_needs,
            authorize=refuse,
        )
    )
    async def page(self, info: Info, first: int = 2, form: Form | None = None) -> ArticlePage:
        """Give rows with something in between."""
        key = (self.boss_id, self.favourite_id)
        return await ask(info, "page", key, {"first": first, "form": form})  # type: ignore[no-any-return]  # faults included

    @planned(Batch(load=loading("thing"), key=("favourite_id",), rows="things"))
    async def thing(self, info: Info) -> LazyThing | None:
        """Give one row of a union."""
        return await ask(info, "thing", self.favourite_id)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    async def where(self, info: Info) -> str:
        """Tell where it stands."""
        return str(info.path.as_list())

    @strawberry.field
    def chosen(self, info: Info) -> str:
        """Tell what is selected."""
        return str([getattr(field, "name", "") for field in info.selected_fields])


@strawberry.type
class Article:
    """A row; and with resolvers that make its rows objects."""

    is_row = True
    id: strawberry.ID
    title: str
    words: list[str]
    matrix: list[list[int | None]] | None
    author_id: strawberry.Private[Any]
    number: strawberry.Private[int]

    @planned(Batch(load=loading("person"), key=("author_id",), rows="people", exact=EXACT))
    async def author(self, info: Info) -> Person | None:
        """Give one row, or none."""
        return await ask(info, "person", self.author_id)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    async def related(self, info: Info, n: int = 2) -> list[Optional["Article"]]:
        """Give other articles, some turns later."""
        await turns(n)
        if n < 0:
            raise ValueError("less than none")
        return list(spread(info.context.world.articles, self.number + 1, min(n, 3)))

    @strawberry.field
    async def late(self) -> str | None:
        """Give the title a few turns later, each object at its own time."""
        await turns(self.number)
        return self.title

    @strawberry.field
    def next(self, info: Info) -> Optional["Article"]:
        """Give the next article at once."""
        found = info.context.world.articles.get(self.number + 1)
        if isinstance(found, Exception):
            raise found
        return found

    @strawberry.field
    def things(self, info: Info) -> list[LazyThing]:
        """Give objects of several types."""
        return list(spread(info.context.world.things, self.number, 2))
