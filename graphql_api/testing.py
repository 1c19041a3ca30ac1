"""For tests of those who extend the project: holds an operation to its number of statements.

    with assert_batched(engine) as guard:
        result = await guard.execute(build_schema(), query, fresh_context(engine))

The block ends with an `AssertionError` that names each field, by its path in the query, which

- issued a statement outside a loader, once or for every row; or
- had a loader issue more than one statement, however that came about: loads one after the other, a
  loader made for every row, a ``batch_load_fn`` with a statement for every key. (Where some rows
  were reached in an earlier wave than others, because the loaders knew them already, the field
  above has one statement for each wave and is at no fault.)

graphql-core executes the operation, field by field (`Mode.REFERENCE`), whichever executor the
context asks for: it is the one that can say which field is at work. What a resolver awaits, and the
tasks that it starts, count as its own. So, of what the guard sees, these look different:

- with one row, a statement per row of a loader cannot be told from one for all rows: give the
  operation two rows or more of everything;
- loaders are those of this project, on the operation of the context's ``loaders``. Of another
  library's DataLoader every statement is outside a loader, at the field that asked first;
- what runs in no resolver (an extension, a type's ``is_type_of``, an async generator's body) stands
  under "outside of any field".
"""

import copy
from collections import Counter, defaultdict
from collections.abc import Awaitable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, NamedTuple

import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from graphql_api.db.database import Database
from graphql_api.db.figures import Read
from graphql_api.db.monitor import Statement, StatementLog, recorded
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.report import Report
from graphql_api.models import Viewer
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec

Place = tuple[str | int, ...]
"""A field of the answer, such as ``("posts", "nodes", 3, "author")``."""

_NOWHERE = "outside of any field"
_LONGEST_SQL = 60  # characters, in a message
_MOST_CONNECTIONS = 4


class _Work(NamedTuple):
    """A resolver's call."""

    place: Place = ()
    n_waves: int = 0
    """How many waves of loads had started by then."""


_NO_WORK = _Work()
_work: ContextVar[_Work] = ContextVar("work", default=_NO_WORK)


@dataclass(slots=True)
class _Issued:
    """What was issued at one path of a query, by one loader or outside of all."""

    places: set[Place] = field(default_factory=set)
    sql: str = ""
    n_late: int = 0
    prompt: Counter[int] = field(default_factory=Counter)
    """By wave, the statements for what was asked for as soon as the field was reached."""

    @property
    def n_statements(self) -> int:
        """How many count: where a row was reached earlier than others, that is not its fault."""
        return self.n_late + max(self.prompt.values(), default=0)

    def add(self, places: set[Place], sql: str, wave: int | None) -> None:
        """Note a statement, of a wave if it was prompt."""
        if wave is None:
            self.n_late += 1
        else:
            self.prompt[wave] += 1
        self.places |= places
        self.sql = self.sql or " ".join(sql.split())

    def told(self, loader: str) -> str:
        """Say what it was, such as ``20 statements, one per row, outside a loader: SELECT …``."""
        number = f"{self.n_statements:,} statement{'s' if self.n_statements > 1 else ''}"
        each = ", one per row" if self.n_statements == len(self.places) > 1 else ""
        by = f"of {loader}" if loader else "outside a loader"
        sql = self.sql
        if len(sql) > _LONGEST_SQL:
            sql = sql[:_LONGEST_SQL] + " …"
        return f"{number}{each}{',' if each else ''} {by}: {sql}"


_Found = defaultdict[tuple[str, str], _Issued]
"""By path and loader; the loader is empty for what is outside of all."""


class StatementGuard:
    """Runs operations and takes down which field issued what; `assert_batched` makes one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.log = StatementLog()
        """Every statement, in order; ``log.loaders`` counts them by loader."""
        self.problems: list[str] = []
        """A sentence for each field that is not batched."""

    async def execute(
        self,
        schema: strawberry.Schema,
        query: str,
        context: Any = None,
        variables: Mapping[str, Any] | None = None,
    ) -> ExecutionResult:
        """Run one operation with a fresh ``context``, and return all that came of it."""
        found: _Found = defaultdict(_Issued)
        with recorded(self._engine, _Log(self.log.statements, found)), _reported(context, found):
            result = await _telling_places(schema).execute(
                query, variable_values=dict(variables or {}), context_value=context
            )
        self.problems += [
            f"{path or _NOWHERE}: {issued.told(loader)}"
            for (path, loader), issued in found.items()
            if issued.n_statements > 1 or not loader
        ]
        assert isinstance(result, ExecutionResult)  # noqa: S101  # nothing is deferred
        return result

    def check(self) -> None:
        """Raise an `AssertionError` if a field was not batched."""
        if self.problems:
            raise AssertionError("\n  ".join(["not every field is batched:", *self.problems]))


@contextmanager
def assert_batched(engine: AsyncEngine) -> Generator[StatementGuard]:
    """Hold the operations that the block runs to one statement per loader, field and level.

    Raises:
        AssertionError: at the end of the block; it names the fields, and says what they did.
    """
    guard = StatementGuard(engine)
    yield guard
    guard.check()


def fresh_context(engine: AsyncEngine, viewer: Viewer | None = None) -> Context:
    """Make the context of one operation, with loaders of its own."""
    chosen = viewer or Viewer()
    cursors = CursorCodec("testing", chosen.tenant_id)
    return Context.of(Database(engine), chosen, cursors, max_connections=_MOST_CONNECTIONS)


class _Log(StatementLog):
    """Takes down statements with the field at work."""

    def __init__(self, statements: list[Statement], found: _Found) -> None:
        super().__init__(statements)
        self._found = found

    def add(self, statement: Statement) -> None:
        super().add(statement)
        if not statement.loader:
            place = _work.get().place
            self._found[_path(place), ""].add({place}, statement.sql, None)


class _Loads(Report):
    """Takes down which fields each batch is for."""

    def __init__(self, found: _Found) -> None:
        super().__init__()
        self._found = found
        self.n_waves = 0
        self._queued: defaultdict[object, set[_Work]] = defaultdict(set)
        self._batches: dict[object, tuple[int, set[_Work]]] = {}

    def queued(self, loader: object) -> None:
        self._queued[loader].add(_work.get())

    def start_wave(self) -> None:
        super().start_wave()
        self._batches.update({each: (self.n_waves, works) for each, works in self._queued.items()})
        self._queued.clear()
        self.n_waves += 1

    def sent(self, loader: object, read: Read) -> None:
        super().sent(loader, read)
        n_before, works = self._batches.get(loader, (0, {_NO_WORK}))
        by_path: defaultdict[str, set[_Work]] = defaultdict(set)
        for work in works:
            by_path[_path(work.place)].add(work)
        for path, asked in by_path.items():
            is_prompt = any(work.n_waves == n_before for work in asked)
            places = {work.place for work in asked}
            self._found[path, read.loader].add(places, read.sql, n_before if is_prompt else None)


@contextmanager
def _reported(context: Any, found: _Found) -> Iterator[None]:
    """Have the operation's loaders tell what they load; a context without any has none."""
    operation = _operation_of(context)
    if operation is None:
        yield
        return
    before, operation.report = operation.report, _Loads(found)
    try:
        yield
    finally:
        operation.report = before


def _operation_of(context: Any) -> Operation | None:
    operation: Operation | None = getattr(getattr(context, "loaders", None), "operation", None)
    return operation


def _path(place: Place) -> str:
    return ".".join(part for part in place if isinstance(part, str))


class _Places(SchemaExtension):
    """Notes the field at work where whatever it calls can see it."""

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        report = getattr(_operation_of(info.context), "report", None)
        n_waves = report.n_waves if isinstance(report, _Loads) else 0
        work = _Work(tuple(info.path.as_list()), n_waves)
        before = _work.get()
        _work.set(work)
        try:
            value = _next(root, info, *args, **kwargs)
        finally:
            _work.set(before)
        # a future is somebody else's work; to wait for it here would make its field late
        return _at(work, value) if isawaitable(value) and not hasattr(value, "done") else value


async def _at(work: _Work, value: Awaitable[Any]) -> Any:
    before = _work.get()
    _work.set(work)
    try:
        return await value
    finally:
        _work.set(before)


def _telling_places(schema: strawberry.Schema) -> strawberry.Schema:
    """Copy the schema with an extension at its resolvers, which only graphql-core can call."""
    told = copy.copy(schema)
    told.extensions = (*schema.extensions, _Places)
    return told
