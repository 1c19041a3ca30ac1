"""Statements compiled to what the driver takes: once per text, and then used for ever.

SQLAlchemy writes the SQL; a read hands it to asyncpg as it is, without SQLAlchemy's own way of
executing, which takes longer than most of our statements (docs/decisions, with the figures).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy does not say


class Compiled:
    """The SQL of a statement, and in which order it takes its parameters."""

    __slots__ = ("_constants", "_names", "_processors", "replans", "sql")

    def __init__(self, statement: Executable, *, replans: bool = False) -> None:
        assert isinstance(statement, ClauseElement)  # noqa: S101  # every statement of ours is
        compiled = statement.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  # and none is DDL
        self.sql = compiled.string
        self._names = tuple(compiled.positiontup or ())
        self._constants = dict(compiled.params)
        self._processors: dict[str, Any] = {
            name: process
            for name, process in compiled._bind_processors.items()  # noqa: SLF001  # no public way
            if not _is_plain_array(compiled.binds[name].type)
        }
        self.replans = replans
        """Whether each run needs a plan made for its values, and not for any."""

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Put the parameters in order; those in the statement itself keep their values."""
        given = {**self._constants, **parameters}
        processors = self._processors
        if not processors:
            return [given[name] for name in self._names]
        return [
            processors[name](given[name]) if name in processors else given[name]
            for name in self._names
        ]


def _is_plain_array(kind: TypeEngine[Any]) -> bool:
    """Tell whether the driver takes arrays of the type as they are; SQLAlchemy would copy them."""
    if not isinstance(kind, ARRAY):
        return False
    return kind.item_type.dialect_impl(_DIALECT).bind_processor(_DIALECT) is None
