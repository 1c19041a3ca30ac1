"""What watches the statements: every one that reaches the driver, and which loader asked for it."""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Pool, event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the driver got it."""

    sql: str
    loader: str = ""
    """The loader's name, such as ``UserById``; empty outside the loaders."""
    values: Sequence[object] = field(default=(), repr=False)
    """What the driver got for ``$1`` and so on: users' data, which no log may show."""


@dataclass(slots=True)
class StatementLog:
    """The statements of a stretch of time, in order."""

    statements: list[Statement] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)

    def add(self, statement: Statement) -> None:
        """Note a statement; called where it is issued, in the context of whoever issues it."""
        self.statements.append(statement)

    @property
    def loaders(self) -> dict[str, int]:
        """Statements of each loader, by name."""
        return dict(sorted(Counter(statement.loader for statement in self.statements).items()))


_recordings: list[tuple[Pool, StatementLog]] = []


def is_recorded() -> bool:
    """Tell whether anybody records."""
    return bool(_recordings)


def note(pool: Pool, statement: Statement) -> None:
    """Tell whoever records that a read goes to the driver, past SQLAlchemy's own events."""
    for recorded_pool, log in _recordings:
        if recorded_pool is pool:
            log.add(statement)


@contextmanager
def recorded(engine: AsyncEngine, log: StatementLog | None = None) -> Generator[StatementLog]:
    """Record every statement of ``engine`` while the block runs, whoever issues it.

    They go into ``log``, or into a new one.
    """
    log = StatementLog() if log is None else log
    pool = engine.pool

    def listen(
        _connection: Connection,
        _cursor: object,
        sql: str,
        values: Sequence[object],
        _context: object,
        _executemany: bool,  # noqa: FBT001  # SQLAlchemy passes it by position
    ) -> None:
        log.add(Statement(sql, "", values))

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    recording = (pool, log)
    _recordings.append(recording)
    try:
        yield log
    finally:
        # by identity: two logs of the same statements are equal
        _recordings[:] = [each for each in _recordings if each is not recording]
        event.remove(engine.sync_engine, "before_cursor_execute", listen)
