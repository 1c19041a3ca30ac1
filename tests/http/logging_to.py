"""The log of a server, caught in the tests' process."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from graphql_api.http.logs import set_up


class _Stream(io.TextIOWrapper):
    is_terminal = False

    def isatty(self) -> bool:
        return self.is_terminal


class Log:
    """What was written."""

    def __init__(self) -> None:
        self._written = io.BytesIO()
        self.stream = _Stream(self._written, encoding="utf-8")
        """Where it is written to."""

    @property
    def text(self) -> str:
        """All of it."""
        return self._written.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines, where they are JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def logged(*, is_terminal: bool = False) -> Iterator[Log]:
    """Have the log set up, as a server's process does, while the block runs."""
    log = Log()
    log.stream.is_terminal = is_terminal
    loggers = [
        logging.getLogger(name)
        for name in ("", "graphql_api", "graphql_api.db", "uvicorn", "uvicorn.access")
    ]
    before = [(logger, logger.level) for logger in loggers]
    handlers = logging.root.handlers[:]
    try:
        set_up(log.stream)
        yield log
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        logging.root.handlers[:] = handlers
        for logger, level in before:
            logger.setLevel(level)
