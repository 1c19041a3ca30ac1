"""The shapes of a relation: one row per key, many rows per key, one value per key.

A loader says one thing: the statement for a batch of keys. Its text is constant: the keys are ONE
array parameter, whatever their number. Pages are a shape of their own, in `page`.
"""

import asyncio
from abc import abstractmethod
from asyncio import Future
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from aiodataloader import DataLoader, dispatch_queue_batch, failed_dispatch
from aiodataloader import Loader as Waiting
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Executable,
    Select,
    Text,
    and_,
    bindparam,
)

from graphql_api.db.database import UNAVAILABLE
from graphql_api.errors import UnavailableError
from graphql_api.loaders.operation import Operation

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
RowT = TypeVar("RowT")

TENANT: BindParameter[int] = bindparam("tenant_id", type_=BigInteger)
"""The operation's tenant, in every statement."""

IDS: BindParameter[Any] = bindparam("keys", type_=ARRAY(BigInteger))
"""The batch's keys where they are ids."""

WORDS: BindParameter[Any] = bindparam("keys", type_=ARRAY(Text))
"""The batch's keys where they are text, such as slugs."""


class BatchLoader(DataLoader[KeyT, ValueT]):
    """A DataLoader whose callers cannot harm each other, and that loads in waves.

    - Every caller gets a future of its own. graphql-core cancels the siblings of a field that
      failed; cancelling a future that others share would take their data too.
    - A failed or cancelled batch is an error to each of its callers, and is not cached.
    - A batch is never split: its statement takes any number of keys.
    """

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self.operation = operation

    @property
    def name(self) -> str:
        """The loader's name in the schema, reports and cursors."""
        return type(self).__name__

    def load(self, key: KeyT) -> "Future[ValueT]":
        """Return a future for the value of ``key`` that is the caller's alone."""
        shared = super().load(key)
        own: Future[ValueT] = self.loop.create_future()
        if shared.done():
            _hand_over(shared, own)
        else:
            shared.add_done_callback(lambda done: _hand_over(done, own))
        return own

    def do_resolve_reject(self, key: KeyT, future: "Future[ValueT]") -> None:
        """Queue ``key`` for the next wave (aiodataloader would start on its own)."""
        self._queue.append(Waiting(key=key, future=future))
        self.operation.join_next_wave(self)

    def start_batch(self) -> asyncio.Task[None]:
        """Load the queued keys in a task that no caller can cancel; every caller gets an answer."""
        queue, self._queue = self._queue, []

        def answer_the_rest(_task: asyncio.Task[None]) -> None:
            if any(not waiting.future.done() for waiting in queue):
                failed_dispatch(self, queue, UnavailableError(UNAVAILABLE))

        task = self.loop.create_task(dispatch_queue_batch(self, queue))
        task.add_done_callback(answer_the_rest)
        return task

    async def fetch(self, statement: Executable, parameters: dict[str, Any]) -> Sequence[Any]:
        """Run this batch's statement."""
        return await self.operation.rows(statement, parameters, loader=self.name)


def _hand_over(shared: "Future[ValueT]", own: "Future[ValueT]") -> None:
    error = shared.exception()  # looked at in any case: asyncio would say that nobody did
    if own.done():
        return
    if error is None:
        own.set_result(shared.result())
        return
    own.set_exception(error)
    own.exception()  # a caller that is cancelled before it wakes will not look at it


class StatementLoader(BatchLoader[KeyT, ValueT], Generic[KeyT, RowT, ValueT]):
    """A loader whose statement does not depend on the keys; column 0 of a row is its key."""

    row: ClassVar[type]
    """The class that the columns after the key fill, in its constructor's order."""

    @staticmethod
    @abstractmethod
    def statement() -> Select[Any]:
        """Build the statement; called once per process."""

    async def fetch_by_key(self, keys: list[KeyT]) -> list[tuple[KeyT, RowT]]:
        """Run the statement and build the rows."""
        build = self.row
        records = await self.fetch(_built(type(self)), {"keys": keys})  # type: ignore[arg-type]  # a class can be hashed
        return [(record[0], build(*record[1:])) for record in records]


@cache
def _built(loader: "type[StatementLoader[Any, Any, Any]]") -> Select[Any]:
    return loader.statement()


class OneLoader(StatementLoader[KeyT, RowT, RowT | None], Generic[KeyT, RowT]):
    """One row per key; None where nothing visible has it."""

    async def batch_load_fn(self, keys: list[KeyT]) -> list[RowT | None]:
        """Load the row of each key, in the keys' order."""
        found = dict(await self.fetch_by_key(keys))
        return [found.get(key) for key in keys]


class ManyLoader(StatementLoader[KeyT, RowT, list[RowT]], Generic[KeyT, RowT]):
    """A short list of rows per key, in the statement's order; empty where there are none."""

    async def batch_load_fn(self, keys: list[KeyT]) -> list[list[RowT]]:
        """Load the rows of each key, in the keys' order."""
        groups: defaultdict[KeyT, list[RowT]] = defaultdict(list)
        for key, row in await self.fetch_by_key(keys):
            groups[key].append(row)
        return [groups[key] for key in keys]


def columns_of(row: type, table: Any) -> list[ColumnElement[Any]]:  # model, alias
    """List the columns of ``table`` that fill the dataclass ``row``, in its fields' order."""
    return [getattr(table, field.name) for field in fields(row)]


def visible(table: Any) -> ColumnElement[bool]:  # a model or an alias of one
    """Select what the public sees of the tenant's rows; every read goes through this one notion.

    Posts and comments carry it as a column, kept by the database (`migrations/first`)
    and the condition of the partial indexes; of users, tags and categories all but deleted rows.
    """
    seen = table.visible if hasattr(table, "visible") else table.deleted_at.is_(None)
    return and_(table.tenant_id == TENANT, seen)
