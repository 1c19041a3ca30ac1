"""A relation is declared, not coded: one line on a type says which loader and which key.

The declaration makes the resolver for graphql-core and `@batched(loader:)` in the SDL, and stays on
the field (``metadata["relation"]``) for whoever executes level by level. Resolvers made here return
the loader's future as it is: an ``async def`` would cost a coroutine a row.

    author: User = one(UserById, key="author_id", description="Who wrote it.")
    replies: CommentConnection = page(RepliesByComment, key="id", pages=COMMENT_PAGES, …)
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.schema_directive import Location

from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.page import PageLoader
from graphql_api.loaders.registry import NAMES, Loaders
from graphql_api.schema.context import Info
from graphql_api.schema.pagination import Connection, Pages, connection

LoaderKind = type[BatchLoader[Any, Any]]


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


def plain(description: str) -> Any:  # stands for the annotated type
    """Declare a field that is an attribute of the row."""
    return strawberry.field(description=description)


def derived(function: Callable[..., Any], description: str) -> Any:
    """Declare a field that is computed from the row alone; further parameters are its arguments."""
    return strawberry.field(resolver=function, description=description)


def one(loader: LoaderKind, *, key: str, description: str) -> Any:
    """Declare a field that is the loader's value for a column of the row; null for a null key."""
    load, key_of = attrgetter(NAMES[loader]), attrgetter(key)

    def resolve(root: Any, info: Info) -> Any:
        wanted = key_of(root)
        return None if wanted is None else load(info.context.loaders).load(wanted)

    return _field(resolve, Relation(loader, key), description)


many = one
"""The same for a loader whose value is a list."""


def page(
    loader: type[PageLoader[Any]],
    *,
    pages: Pages,
    description: str,
    key: str | None = None,
    total: str | None = None,
) -> Any:
    """Declare a connection: pages of a list that belongs to the row, or without a key to nobody.

    ``total`` names the row's column that counts the whole list, where there is one: `totalCount`
    of an unfiltered list then costs nothing.
    """
    name, load = loader.__name__, attrgetter(NAMES[loader])

    def resolve(root: Any, info: Info, **arguments: Any) -> Awaitable[Connection]:
        context = info.context
        loading: PageLoader[Any] = load(context.loaders)
        parent = 0 if key is None else getattr(root, key)
        wanted = pages.key(name, parent, arguments, context.cursors)
        counted = None if total is None or wanted.where is not None else getattr(root, total)
        return connection(loading.load(wanted), wanted, loading, context.cursors, counted)

    _give_parameters(resolve, pages.parameters)
    return _field(resolve, Relation(loader, key, pages), description)


def promised(*, pages: Pages, description: str) -> Any:
    """Declare a connection in an interface; each of its types says which loader serves it."""

    def resolve(root: Any, info: Info, **arguments: Any) -> Connection:  # noqa: ARG001  # by name
        raise AssertionError("graphql-core asks the type, never the interface")

    _give_parameters(resolve, pages.parameters)
    return strawberry.field(resolver=resolve, description=description)


def lookup(
    load: Callable[..., Awaitable[Any]],
    parameters: Sequence[inspect.Parameter],
    description: str,
) -> Any:
    """Declare a field of `Query` that finds things by its arguments: ``load(loaders, **given)``."""

    def resolve(root: Any, info: Info, **arguments: Any) -> Any:  # noqa: ARG001  # by name
        loaders: Loaders = info.context.loaders
        return load(loaders, **arguments)

    _give_parameters(resolve, parameters)
    return strawberry.field(resolver=resolve, description=description)


def _give_parameters(resolve: Any, parameters: Sequence[inspect.Parameter]) -> None:
    """Have Strawberry see ``parameters`` where the function has ``**arguments``."""
    own = list(inspect.signature(resolve).parameters.values())[:2]
    resolve.__signature__ = inspect.Signature([*own, *parameters])


def _field(resolve: Callable[..., Any], relation: Relation, description: str) -> Any:
    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=[Batched(loader=relation.loader.__name__)],
        metadata={"relation": relation},
    )
