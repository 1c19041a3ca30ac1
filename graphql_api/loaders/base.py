"""The shapes of a relation: one row per key, many rows per key, one value per key.

A loader says one thing: the statement for a batch of keys. Its text is constant: the keys are ONE
array parameter, whatever their number. Pages are a shape of their own, in `page`.
"""

from abc import abstractmethod
from asyncio import Future
from collections import defaultdict
from dataclasses import fields
from functools import lru_cache
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

from aiodataloader import DataLoader
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
        # not DataLoader's: it inspects `batch_load_fn` each time, and has options that we have not
        self.loop = operation.loop
        self._cache = {}
        self.operation = operation
        self.selected = columns
        """What to select of rows, which are then records: their key, and these. None for objects
        of the loader's class of rows, with all of its columns."""
        self.known: dict[KeyT, ValueT] = {}
        """What was loaded."""
        self._next: _Batch[KeyT, ValueT] | None = None

    @staticmethod
    def get_cache_key(key: KeyT) -> KeyT:
        """Tell keys apart as they are."""
        return key

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
        self._joined().singles.append((key, future))

    def load_level(self, keys: list[KeyT]) -> "Future[list[ValueT]]":
        """Queue distinct keys for the next wave, and return a future for their values, in order."""
        own: Future[list[ValueT]] = self.loop.create_future()
        known = self.known
        missing = [key for key in keys if key not in known] if known else keys
        if missing:
            self._joined().levels.append((keys, own))
        else:
            own.set_result([known[key] for key in keys])
        return own

    def clear(self, key: KeyT) -> Self:
        """Forget what was loaded for a key."""
        self.known.pop(key, None)
        return super().clear(key)

    def clear_all(self) -> Self:
        """Forget everything that was loaded."""
        self.known.clear()
        return super().clear_all()

    def _joined(self) -> "_Batch[KeyT, ValueT]":
        """Return the batch that waits for the next wave."""
        if self._next is None:
            self._next = _Batch(self)
        self.operation.join_next_wave(self)
        return self._next

    def take_batch(self) -> "_Batch[KeyT, ValueT]":
        """Take what waits."""
        batch, self._next = self._next, None
        assert batch is not None  # noqa: S101  # or it would not have joined the wave
        return batch

    async def fetch(self, statement: Compiled, parameters: dict[str, Any]) -> list[Any]:
        """Run this batch's statement."""
        return await self.operation.rows(statement, parameters, loader=self)


class _Batch(Generic[KeyT, ValueT]):
    """Keys that are loaded together, and who waits for them: one by one, or for whole levels."""

    __slots__ = ("_loader", "levels", "singles")

    def __init__(self, loader: BatchLoader[KeyT, ValueT]) -> None:
        self._loader = loader
        self.singles: list[tuple[KeyT, Future[ValueT]]] = []
        self.levels: list[tuple[list[KeyT], Future[list[ValueT]]]] = []

    async def run(self) -> None:
        """Load the keys; every caller gets an answer."""
        known = self._loader.known
        keys = self._keys()
        if known:  # some may have been under way
            keys = [key for key in keys if key not in known]
        try:
            values = await self._loader.batch_load_fn(keys) if keys else []
            if len(values) != len(keys):
                raise TypeError(  # noqa: TRY301  # for one place that answers all
                    "a loader gave another number of values than it had keys"
                )
            known.update(zip(keys, values, strict=True))
        except Exception as error:  # noqa: BLE001  # each caller gets it
            self._fail(error)
            return
        except BaseException:
            self.give_up()
            raise
        for wanted, level in self.levels:
            if not level.done():
                level.set_result(values if wanted is keys else [known[key] for key in wanted])
        for key, single in self.singles:
            _settle(single, known[key])

    def give_up(self) -> None:
        """Tell whoever still waits that nothing will come."""
        self._fail(UnavailableError(UNAVAILABLE))

    def _keys(self) -> list[KeyT]:
        if len(self.levels) == 1 and not self.singles:
            return self.levels[0][0]
        distinct: dict[KeyT, None] = {}
        for keys, _level in self.levels:
            distinct.update(dict.fromkeys(keys))
        distinct.update((key, None) for key, _single in self.singles)
        return list(distinct)

    def _fail(self, error: Exception) -> None:
        """Give an error to all who have no answer; it is not kept for who asks again."""
        for key, single in self.singles:
            if not single.done():
                self._loader.clear(key)
                single.set_exception(error)
        for _keys, level in self.levels:
            _settle(level, error)


def _settle(own: "Future[Any]", outcome: Any) -> None:
    """Give a caller its value, or the exception in its place."""
    if own.done():
        return
    if isinstance(outcome, Exception):
        own.set_exception(outcome)
        own.exception()  # nobody may be left to look at it: asyncio would complain
    else:
        own.set_result(outcome)


def _hand_over(shared: "Future[ValueT]", own: "Future[ValueT]") -> None:
    error = shared.exception()  # looked at in any case: asyncio would say that nobody did
    _settle(own, shared.result() if error is None else error)


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
