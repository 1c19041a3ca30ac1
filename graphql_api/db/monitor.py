"""What watches the statements: every one that reaches the driver, and which loader asked for it."""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine

LOADER = "graphql_api_loader"
"""The execution option under which a read names its loader."""


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

    @property
    def loaders(self) -> dict[str, int]:
        """Statements of each loader, by name."""
        return dict(sorted(Counter(statement.loader for statement in self.statements).items()))


@contextmanager
def recorded(engine: AsyncEngine) -> Generator[StatementLog]:
    """Record every statement of ``engine`` while the block runs, whoever issues it."""
    log = StatementLog()

    def listen(
        _connection: Connection,
        _cursor: object,
        sql: str,
        values: Sequence[object],
        context: ExecutionContext,
        _executemany: bool,  # noqa: FBT001  # SQLAlchemy passes it by position
    ) -> None:
        loader = context.execution_options.get(LOADER, "")
        log.statements.append(Statement(sql, loader, values))

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    try:
        yield log
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", listen)
