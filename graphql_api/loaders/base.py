"""The shapes of a relation: one row per key, many rows per key, one value per key.

A loader says one thing: the statement for a batch of keys. Its text is constant: the keys are ONE
array parameter, whatever their number. Pages are a shape of their own, in `page`.
"""

from abc import abstractmethod
from asyncio import Future
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import fields
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    null,
    or_,
)

from graphql_api.db.statement import Compiled
from graphql_api.loaders.batch import Batch, hand_over
from graphql_api.loaders.operation import Operation

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
RowT = TypeVar("RowT")

TENANT: BindParameter[int] = bindparam("tenant_id", type_=BigInteger)
VIEWER: BindParameter[int] = bindparam("viewer_id", type_=BigInteger)
"""The user who asks; 0, which no row has, for nobody."""
MODERATES: BindParameter[bool] = bindparam("moderates", type_=Boolean)
"""Whether they see what is not public yet, or no longer."""
AUDITS: BindParameter[bool] = bindparam("audits", type_=Boolean)
"""Whether they see the history of everything."""
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
        self.n_keys = 0
        self._next: Batch[KeyT, ValueT] | None = None

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
            hand_over(shared, own)
        else:
            shared.add_done_callback(lambda done: hand_over(done, own))
        return own

    def do_resolve_reject(self, key: KeyT, future: "Future[ValueT]") -> None:
        """Queue ``key`` for the next wave (aiodataloader would start on its own)."""
        self._joined().singles.append((key, future))

    def load_level(self, keys: list[KeyT]) -> "Future[list[ValueT]]":
        """Queue distinct keys for the next wave, and return a future for their values, in order."""
        own: Future[list[ValueT]] = self.loop.create_future()
        known = self.known
        if known.keys() >= set(keys) if known else not keys:
            own.set_result(list(map(known.__getitem__, keys)))
        else:
            self._joined().levels.append((keys, own))
        return own

    def clear(self, key: KeyT) -> Self:
        """Forget what was loaded for a key, also what is on its way."""
        self.known = {other: value for other, value in self.known.items() if other != key}
        return super().clear(key)

    def clear_all(self) -> Self:
        """Forget everything that was loaded, or is on its way."""
        self.known = {}
        return super().clear_all()

    def forget_failed(self, key: KeyT) -> None:
        """Have a key asked for again that could not be loaded."""
        super().clear(key)

    def _joined(self) -> Batch[KeyT, ValueT]:
        """Return the batch that waits for the next wave."""
        if self._next is None:
            self._next = Batch(self)
        self.operation.join_next_wave(self)
        return self._next

    def take_batch(self) -> Batch[KeyT, ValueT]:
        """Take what waits."""
        batch, self._next = self._next, None
        assert batch is not None  # noqa: S101  # or it would not have joined the wave
        return batch

    def fetch(self, statement: Compiled, parameters: dict[str, Any]) -> Awaitable[list[Any]]:
        """Run this batch's statement."""
        return self.operation.rows(statement, parameters, loader=self)


key_of = itemgetter(0)
"""Reads the key of a record, or whatever tells whose it is."""


def rows_of(loader: Any, records: list[Any]) -> list[Any]:  # one with rows
    """Make of records what a loader gives: themselves, or objects of all their columns."""
    return records if loader.selected is not None else [loader.row(*each[1:]) for each in records]


class StatementLoader(BatchLoader[KeyT, ValueT], Generic[KeyT, RowT, ValueT]):
    """A loader whose statement does not depend on the keys; column 0 of a row is its key."""

    row: ClassVar[type]
    """The class that the columns after the key fill, in its constructor's order."""
    table: ClassVar[Any]
    """The model that the rows are of."""
    columns: ClassVar[dict[str, Any]] = {}
    """Columns of ``row`` that are not those of ``table`` with the same name."""

    @staticmethod
    @abstractmethod
    def statement(columns: Selected) -> AnySelect:
        """Build the statement that selects the key and ``columns``; called once for each set."""

    def records(self, keys: list[KeyT]) -> Awaitable[list[Any]]:
        """Run the statement; a record begins with its key."""
        compiled = _compiled(type(self), self.selected)  # type: ignore[arg-type]  # a class can be hashed
        return self.fetch(compiled, {"keys": keys})


_KEPT_STATEMENTS = 1024  # clients choose the columns; one is some 10 kB


@lru_cache(_KEPT_STATEMENTS)
def _compiled(loader: "type[StatementLoader[Any, Any, Any]]", columns: Columns | None) -> Compiled:
    names = names_of(loader.row) if columns is None else columns
    return Compiled(loader.statement([column_of(loader, name).label(name) for name in names]))


class OneLoader(StatementLoader[KeyT, RowT, RowT | None], Generic[KeyT, RowT]):
    """One row per key; None where nothing visible has it."""

    async def batch_load_fn(self, keys: list[KeyT]) -> list[RowT | None]:
        """Load the row of each key, in the keys' order."""
        records = await self.records(keys)
        found = dict(zip(map(key_of, records), rows_of(self, records), strict=True))
        return list(map(found.get, keys))


class ManyLoader(StatementLoader[KeyT, RowT, list[RowT]], Generic[KeyT, RowT]):
    """A short list of rows per key, in the statement's order; empty where there are none."""

    async def batch_load_fn(self, keys: list[KeyT]) -> list[list[RowT]]:
        """Load the rows of each key, in the keys' order."""
        groups: defaultdict[KeyT, list[RowT]] = defaultdict(list)
        records = await self.records(keys)
        for record, row in zip(records, rows_of(self, records), strict=True):
            groups[key_of(record)].append(row)
        return list(map(groups.__getitem__, keys))


def names_of(row: type) -> Columns:
    """List the columns of a dataclass of rows."""
    return tuple(field.name for field in fields(row))


def column_of(loader: Any, name: str) -> Any:  # a class of loaders with rows
    """Find a column of the rows; some lists' rows lack one that others have."""
    return loader.columns.get(name, getattr(loader.table, name, null()))


def visible(table: Any) -> ColumnElement[bool]:  # a model or an alias of one
    """Select what the public sees of the tenant's rows; every read goes through this one notion.

    Posts and comments carry it as a column, kept by the database (`migrations`)
    and the condition of the partial indexes; of users, tags and categories all but deleted rows.
    """
    seen = table.visible if hasattr(table, "visible") else table.deleted_at.is_(None)
    return and_(table.tenant_id == TENANT, seen)


def readable(table: Any) -> ColumnElement[bool]:  # a model with ``visible``, or an alias of one
    """Select what the viewer may read by its key: what is visible, and what is theirs.

    Lists hold what is visible alone: their indexes do.
    """
    theirs = or_(table.author_id == VIEWER, MODERATES)
    seen = or_(table.visible, and_(table.deleted_at.is_(None), theirs))
    return and_(table.tenant_id == TENANT, seen)
