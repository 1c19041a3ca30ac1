"""The shapes of a relation: one row per key, many rows per key, one value per key.

A loader says one thing: the statement for a batch of keys. Its text is constant: the keys are ONE
array parameter, whatever their number. Pages are a shape of their own, in `page`.
"""

import asyncio
from abc import abstractmethod
from asyncio import Future
from collections import defaultdict
from dataclasses import fields
from functools import lru_cache
from typing import Any, ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

from aiodataloader import DataLoader, dispatch_queue_batch, failed_dispatch
from aiodataloader import Loader as Waiting
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
)

from graphql_api.db.database import UNAVAILABLE
from graphql_api.db.statement import Compiled
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


Selected: TypeAlias = list[Any]
"""Columns to select, as SQLAlchemy has them."""

AnySelect: TypeAlias = Select[*tuple[Any, ...]]

Columns: TypeAlias = tuple[str, ...]
"""Names of a row's columns, in the order in which they are selected."""


class BatchLoader(DataLoader[KeyT, ValueT]):
    """A DataLoader whose callers cannot harm each other, and that loads in waves.

    - Every caller gets a future of its own. graphql-core cancels the siblings of a field that
      failed; cancelling a future that others share would take their data too.
    - A failed or cancelled batch is an error to each of its callers, and is not cached.
    - A batch is never split: its statement takes any number of keys.
    - Whoever has a whole level's keys at hand gets their values as one list (`load_level`).
    """

    def __init__(self, operation: Operation, columns: Columns | None = None) -> None:
        super().__init__()
        self.operation = operation
        self.selected = columns
        """What to select of rows, which are then records: their key, and these. None for objects
        of the loader's class of rows, with all of its columns."""
        self._known: dict[KeyT, ValueT] = {}
        self._level: _Level[KeyT, ValueT] | None = None

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

    def load_level(self, keys: list[KeyT]) -> "Future[list[ValueT]]":
        """Queue distinct keys for the next wave, and return a future for their values, in order."""
        own: Future[list[ValueT]] = self.loop.create_future()
        known = self._known
        missing = [key for key in keys if key not in known] if known else keys
        if not missing:
            own.set_result([known[key] for key in keys])
            return own
        if self._level is None:
            self._level = _Level({}, [])
        self._level.keys.update(dict.fromkeys(missing))
        self._level.askers.append((keys, own))
        self.operation.join_next_wave(self)
        return own

    def start_batch(self) -> asyncio.Task[None]:
        """Load the queued keys in a task that no caller can cancel; every caller gets an answer."""
        queue, self._queue = self._queue, []
        level, self._level = self._level, None
        if level is None:
            task = self.loop.create_task(dispatch_queue_batch(self, queue))
        else:
            level.keys.update(dict.fromkeys(waiting.key for waiting in queue))
            task = self.loop.create_task(self._load(level, queue))

        def answer_the_rest(_task: asyncio.Task[None]) -> None:
            gone = UnavailableError(UNAVAILABLE)
            if any(not waiting.future.done() for waiting in queue):
                failed_dispatch(self, queue, gone)
            if level is not None:
                _fail(level, gone)

        task.add_done_callback(answer_the_rest)
        return task

    async def _load(self, level: "_Level[KeyT, ValueT]", queue: list[Waiting]) -> None:
        """Load a level's keys, with those that waited one by one."""
        known = self._known
        # some may have been under way
        keys = [key for key in level.keys if key not in known] if known else list(level.keys)
        try:
            values = await self.batch_load_fn(keys) if keys else []
            found = dict(zip(keys, values, strict=True))
        except Exception as error:  # noqa: BLE001  # each caller gets it
            failed_dispatch(self, queue, error)
            _fail(level, error)
            return
        known.update(found)
        for waiting in queue:
            value: Any = known[waiting.key]
            if isinstance(value, Exception):
                waiting.future.set_exception(value)
            else:
                waiting.future.set_result(value)
        for wanted, own in level.askers:
            if not own.done():
                own.set_result(values if wanted == keys else [known[key] for key in wanted])

    async def fetch(self, statement: Compiled, parameters: dict[str, Any]) -> list[Any]:
        """Run this batch's statement."""
        return await self.operation.rows(statement, parameters, loader=self)


class _Level(NamedTuple, Generic[KeyT, ValueT]):
    """Keys of whole levels that wait for the next wave."""

    keys: dict[KeyT, None]
    askers: "list[tuple[list[KeyT], Future[list[ValueT]]]]"


def _fail(level: _Level[Any, Any], error: Exception) -> None:
    for _keys, own in level.askers:
        if not own.done():
            own.set_exception(error)
            own.exception()  # nobody may be left to look at it: asyncio would complain


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
    table: ClassVar[Any]
    """The model that the rows are of."""

    @staticmethod
    @abstractmethod
    def statement(columns: Selected) -> AnySelect:
        """Build the statement that selects the key and ``columns``; called once for each set."""

    async def records(self, keys: list[KeyT]) -> list[Any]:
        """Run the statement; a record begins with its key."""
        compiled = _compiled(type(self), self.selected)  # type: ignore[arg-type]  # a class can be hashed
        return await self.fetch(compiled, {"keys": keys})

    def row_of(self, record: Any) -> Any:
        """Make of a record what the loader gives: the record, or an object of all its columns."""
        return record if self.selected is not None else self.row(*record[1:])


_KEPT_STATEMENTS = 1024  # clients choose the columns; one is some 10 kB


@lru_cache(_KEPT_STATEMENTS)
def _compiled(loader: "type[StatementLoader[Any, Any, Any]]", columns: Columns | None) -> Compiled:
    names = names_of(loader.row) if columns is None else columns
    return Compiled(loader.statement([getattr(loader.table, name) for name in names]))


class OneLoader(StatementLoader[KeyT, RowT, RowT | None], Generic[KeyT, RowT]):
    """One row per key; None where nothing visible has it."""

    async def batch_load_fn(self, keys: list[KeyT]) -> list[RowT | None]:
        """Load the row of each key, in the keys' order."""
        records = await self.records(keys)
        if self.selected is None:
            found = {record[0]: self.row(*record[1:]) for record in records}
        else:
            found = {record[0]: record for record in records}
        return [found.get(key) for key in keys]


class ManyLoader(StatementLoader[KeyT, RowT, list[RowT]], Generic[KeyT, RowT]):
    """A short list of rows per key, in the statement's order; empty where there are none."""

    async def batch_load_fn(self, keys: list[KeyT]) -> list[list[RowT]]:
        """Load the rows of each key, in the keys' order."""
        groups: defaultdict[KeyT, list[RowT]] = defaultdict(list)
        for record in await self.records(keys):
            groups[record[0]].append(self.row_of(record))
        return [groups[key] for key in keys]


def names_of(row: type) -> Columns:
    """List the columns of a dataclass of rows."""
    return tuple(field.name for field in fields(row))


def visible(table: Any) -> ColumnElement[bool]:  # a model or an alias of one
    """Select what the public sees of the tenant's rows; every read goes through this one notion.

    Posts and comments carry it as a column, kept by the database (`migrations/first`)
    and the condition of the partial indexes; of users, tags and categories all but deleted rows.
    """
    seen = table.visible if hasattr(table, "visible") else table.deleted_at.is_(None)
    return and_(table.tenant_id == TENANT, seen)
