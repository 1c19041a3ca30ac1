"""A field that fails harms no neighbour: graphql-core cancels the futures of its siblings."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

import pytest
import strawberry
from aiodataloader import DataLoader

from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.operation import Operation
from tests.support.patience import patience

QUERY = "{ a { boom author } b { boom author } c { author } }"


class Names(Protocol):
    """A loader of names by number."""

    def load(self, key: int) -> "asyncio.Future[str]":
        """Load a name."""


async def slowly(keys: list[int]) -> list[str]:
    """Answer after the field that fails has failed."""
    await asyncio.sleep(0.1)
    return [f"author {key}" for key in keys]


class Authors(BatchLoader[int, str]):
    """Our loader."""

    async def batch_load_fn(self, keys: list[int]) -> list[str]:
        """Answer slowly."""
        return await slowly(keys)


@strawberry.type
class Item:
    """Has a field that may fail and one that a loader serves."""

    fails: strawberry.Private[bool]

    @strawberry.field
    async def boom(self) -> str:
        """Fail, or not."""
        await asyncio.sleep(0.01)
        if self.fails:
            raise ValueError("boom")
        return "calm"

    @strawberry.field
    def author(self, info: strawberry.Info[Names, None]) -> str:
        """Load the same author as every other item does."""
        name: Awaitable[str] = info.context.load(1)
        return name  # type: ignore[return-value]  # graphql-core awaits it


@strawberry.type
class Query:
    """Three items: the first fails."""

    @strawberry.field
    def a(self) -> Item | None:
        """Return the item that fails."""
        return Item(fails=True)

    @strawberry.field
    def b(self) -> Item | None:
        """Return a neighbour."""
        return Item(fails=False)

    @strawberry.field
    async def c(self) -> Item | None:
        """Return a neighbour that asks when the first has failed."""
        await asyncio.sleep(0.05)
        return Item(fails=False)


async def run(loader: Names) -> strawberry.types.ExecutionResult:
    async with patience():
        return await strawberry.Schema(Query).execute(QUERY, context_value=loader)


async def test_a_field_that_fails_harms_no_neighbour_that_waits_for_the_same_key(
    operation: Operation,
) -> None:
    result = await run(Authors(operation))
    assert [error.path for error in result.errors or ()] == [["a", "boom"]]
    assert result.data == {
        "a": None,
        "b": {"boom": "calm", "author": "author 1"},
        "c": {"author": "author 1"},
    }


async def test_with_the_stock_loader_it_does() -> None:
    """Why a caller gets a future of its own; once this fails, that may go."""
    with pytest.raises(asyncio.CancelledError):
        await run(DataLoader(slowly))
