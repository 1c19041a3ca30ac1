"""A relation is declared, not coded: one line on a type says which loader and which key.

The declaration makes `@batched(loader:)` and `@cost` in the SDL, what the plan of an operation does
for a whole level at once (``metadata[PLAN]``), and the resolver that graphql-core calls for each
object. These resolvers return the loader's future as it is: an ``async def`` would cost a coroutine
a row.

    author: User = one(UserById, key="author_id", description="Who wrote it.")
    replies: CommentConnection = page(RepliesByComment, key="id", pages=COMMENT_PAGES, …)
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from operator import attrgetter
from typing import Any, TypeAlias

import strawberry
from strawberry.schema_directive import Location

from graphql_api.execution import PLAN, Batch, Level
from graphql_api.loaders.base import BatchLoader, names_of
from graphql_api.loaders.exact import exact_columns
from graphql_api.loaders.page import PageLoader, TotalLoader
from graphql_api.schema.arguments import give_parameters
from graphql_api.schema.context import Context, Info
from graphql_api.schema.limits.price import COUNTS, OF_LIST, Price, priced
from graphql_api.schema.pagination import Connection, Pages, PageView
from graphql_api.schema.permission import guard, marks
from graphql_api.services.permission import Rule

LoaderKind = type[BatchLoader[Any, Any]]

Authorize: TypeAlias = Callable[[Context, Mapping[str, Any]], None]
"""Raises what a viewer is told who may not see a field; asked once a level, with its arguments."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="The DataLoader that serves the field: one statement for all its parents.",
)
class Batched:
    """Marks a field that a loader serves."""

    loader: str


@dataclass(frozen=True, slots=True)
class Relation:
    """What a field that a loader serves is made of."""

    loader: LoaderKind
    key: str | None
    """The attribute of the parent's row that is the key; None for a field of `Query`."""
    pages: Pages | None = None
    """How arguments become a page, where the relation is a connection."""


def one(
    loader: LoaderKind,
    *,
    key: str,
    description: str,
    authorize: Authorize | None = None,
    weight: int = 0,
) -> Any:
    """Declare a field that is the loader's value for a column of the row; null for a null key.

    It costs nothing unless it has a ``weight``: many rows share what it loads.
    """
    key_of = attrgetter(key)

    def resolve(root: Any, info: Info) -> Any:
        wanted = key_of(root)
        if wanted is None:
            return None
        if authorize is not None:
            authorize(info.context, {})
        return load_one(info.context.loaders.of(loader), wanted, info)

    def load(level: Level) -> Awaitable[list[Any]]:
        return load_level(level.context.loaders.of(loader, level.columns), level.keys, level)

    batch = Batch(
        load=load,
        key=(key,),
        rows=loader,
        exact=exact_columns(loader),
        authorize=authorize,
    )
    price = Price(weight=weight, statement=loader.__name__)
    return _field(resolve, Relation(loader, key), batch, description, price)


def many(loader: LoaderKind, *, key: str, description: str, weight: int = OF_LIST) -> Any:
    """Declare the same for a loader whose value is a list, of some ``weight`` entries."""
    return one(loader, key=key, description=description, weight=weight)


def page(
    loader: type[PageLoader[Any]],
    *,
    pages: Pages,
    description: str,
    key: str | None = None,
    total: str | None = None,
    authorize: Authorize | None = None,
    rule: Rule | None = None,
) -> Any:
    """Declare a connection: pages of a list that belongs to the row, or without a key to nobody.

    ``total`` names the row's column that counts the whole list, where there is one: `totalCount`
    of an unfiltered list then costs nothing. With a ``rule`` others than it says are refused.
    """
    name = loader.__name__
    authorize = authorize if rule is None else guard(rule)
    reads = tuple(column for column in (key, total) if column is not None)

    def resolve(root: Any, info: Info, **arguments: Any) -> Awaitable[Connection]:
        context = info.context
        if authorize is not None:
            authorize(context, arguments)
        loading = context.loaders.of(loader)
        parent = 0 if key is None else getattr(root, key)
        wanted = pages.key(name, parent, arguments, context.cursors)
        view = PageView(loading, wanted, context.cursors, None)
        return view.connection(
            load_one(loading, wanted, info), parent, None if total is None else getattr(root, total)
        )

    def load(level: Level) -> Awaitable[list[Connection]]:
        context: Context = level.context
        loading = context.loaders.of(loader, level.columns)
        wanted = pages.key(name, 0, level.arguments, context.cursors)
        wanted = wanted._replace(peeks=not _ENDS.isdisjoint(level.fields))
        view = PageView(loading, wanted, context.cursors, level.columns)
        counts: Sequence[Any] = repeat(None, len(level.keys))  # type: ignore[assignment]  # it is walked through once
        parents = level.keys if key is not None else [0]
        if total is not None:
            parents, counts = zip(*level.keys, strict=True)  # type: ignore[assignment]  # tuples do
        found = load_level(loading, wanted.of(parents), level)
        return view.connections(found, parents, counts)

    needs = partial(pages.needs, names_of(loader.row))
    batch = Batch(
        load=load,
        key=reads,
        rows=loader,
        exact=exact_columns(loader),
        needs=needs,
        authorize=authorize,
    )
    price = Price(
        weight=1,
        multipliers=pages.sizes,
        statement=name,
        counting=f"{name} counted",
        unfiltered_is_known=total is not None,
        filters=pages.filtering,
    )
    give_parameters(resolve, pages.parameters, 2)
    return _field(resolve, Relation(loader, key, pages), batch, description, price, rule)


_ENDS = {"has_next_page", "has_previous_page"}


def total_count(description: str) -> Any:
    """Declare the field of a connection that counts its whole list."""

    def load(level: Level) -> Awaitable[list[int]]:
        asked: dict[TotalLoader, list[Any]] = {}
        for total in level.keys:
            if not isinstance(total, int):
                asked.setdefault(total.loader, []).append(total)
        loading = [
            (totals, load_level(loader, [total.key for total in totals], level))
            for loader, totals in asked.items()
        ]
        return _totals(level.keys, loading)

    spec = Batch(load=load, key=("total",))
    return strawberry.field(description=description, metadata={PLAN: spec, COUNTS: True})


async def _totals(
    keys: list[Any], loading: list[tuple[list[Any], Awaitable[list[int]]]]
) -> list[int]:
    counted: dict[Any, int] = {}
    for totals, found in loading:
        counted.update(zip(totals, await found, strict=True))
    return [key if isinstance(key, int) else counted[key] for key in keys]


def promised(*, pages: Pages, description: str) -> Any:
    """Declare a connection in an interface; each of its types says which loader serves it."""

    def resolve(root: Any, info: Info, **arguments: Any) -> Connection:  # noqa: ARG001  # by name
        raise AssertionError("graphql-core asks the type, never the interface")

    give_parameters(resolve, pages.parameters, 2)
    cost = priced(Price(weight=1, multipliers=pages.sizes))
    return strawberry.field(resolver=resolve, description=description, **cost)


Find: TypeAlias = Callable[..., Any]
"""From loaders and a field's arguments to one of them, and the key to ask it for."""


def lookup(
    find: Find,
    parameters: Sequence[inspect.Parameter],
    description: str,
    *,
    rows: LoaderKind | None = None,
    weight: int = 0,
) -> Any:
    """Declare a field of `Query` that finds a thing by its arguments: ``find(loaders, **given)``.

    ``rows`` names the loader whose rows it gives, or one of them where they are alike; without it
    they may be of several types. A list of some ``weight`` entries costs as much.
    """

    def resolve(root: Any, info: Info, **arguments: Any) -> Any:  # noqa: ARG001  # by name
        loader, key = find(info.context.loaders, **arguments)
        return load_one(loader, key, info)

    def load(level: Level) -> Awaitable[list[Any]]:
        loader, key = find(level.context.loaders.selecting(level.columns), **level.arguments)
        return load_level(loader, [key], level)

    give_parameters(resolve, parameters, 2)
    cost = priced(Price(weight=weight, statement=find.__name__))
    if rows is not None:
        cost["metadata"][PLAN] = Batch(load=load, rows=rows)
    return strawberry.field(resolver=resolve, description=description, **cost)


def lookups(find: Find, parameters: Sequence[inspect.Parameter], description: str) -> Any:
    """Declare a field that finds several things: ``find`` gives a list of loaders and keys."""

    def resolve(root: Any, info: Info, **arguments: Any) -> Any:  # noqa: ARG001  # by name
        found = find(info.context.loaders, **arguments)
        return asyncio.gather(*(load_one(loader, key, info) for loader, key in found))

    give_parameters(resolve, parameters, 2)
    sizes = tuple(each.name for each in parameters)
    cost = priced(Price(weight=1, multipliers=sizes, statement=find.__name__))
    return strawberry.field(resolver=resolve, description=description, **cost)


def load_one(loader: BatchLoader[Any, Any], key: Any, info: Info) -> Any:
    """Load for one object, and note it where somebody wants to see."""
    report = loader.operation.report
    if report is not None:
        places = [str(part) for part in info.path.as_list() if not isinstance(part, int)]
        report.asked(loader, [key], 1, ".".join(places))
    return loader.load(key)


def load_level(
    loader: BatchLoader[Any, Any], keys: list[Any], level: Level
) -> Awaitable[list[Any]]:
    """Load for a level, and note it where somebody wants to see."""
    report = loader.operation.report
    if report is not None:
        report.asked(loader, keys, level.n_parents, level.path)
    return loader.load_level(keys)


def _field(
    resolve: Callable[..., Any],
    relation: Relation,
    batch: Batch,
    description: str,
    price: Price,
    rule: Rule | None = None,
) -> Any:
    guarded = marks(rule) if rule is not None else {"directives": [], "metadata": {}}
    cost = priced(price)
    batched = Batched(loader=relation.loader.__name__)
    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=[batched, *cost["directives"], *guarded["directives"]],
        metadata={"relation": relation, PLAN: batch, **cost["metadata"], **guarded["metadata"]},
    )
