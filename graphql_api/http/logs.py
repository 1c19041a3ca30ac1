"""The log of a server: JSON lines, or on a terminal lines for people, on the error stream.

It is set up once for each process, for our own lines (structlog) and for those of uvicorn and all
others who write to Python's `logging`. JSON is ASCII where others wrote the text, so that no
control character reaches whoever looks at it; on a terminal it is escaped.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OURS: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

_LEVELS = {
    "": logging.WARNING,
    "graphql_api": logging.INFO,
    "graphql_api.db": logging.WARNING,  # SQLAlchemy's pool would speak of each connection
    "uvicorn": logging.INFO,
    "uvicorn.access": logging.WARNING,  # addresses are what clients send
}


def set_up(stream: TextIO | None = None) -> None:
    """Set up the log of this process; again, it changes nothing."""
    if structlog.is_configured():
        return
    stream = stream or sys.stderr
    is_terminal = stream.isatty()
    last = _for_people() if is_terminal else structlog.processors.JSONRenderer(_as_ascii)
    _set_up_logging(stream, last, is_terminal=is_terminal)
    factory: Callable[..., WrappedLogger]
    if is_terminal:
        processors = [*_OURS, last]
        factory = structlog.PrintLoggerFactory(stream)
    else:
        processors = [*_OURS, structlog.processors.JSONRenderer(_as_json)]
        factory = structlog.BytesLoggerFactory(stream.buffer)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def _set_up_logging(stream: TextIO, last: Processor, *, is_terminal: bool) -> None:
    """Have everything that goes to `logging` written alike."""
    before: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=["request_id"]),
        *_OURS,
    ]
    ours = [_escaped] if is_terminal else [structlog.processors.format_exc_info]
    after: list[Processor] = [ProcessorFormatter.remove_processors_meta, *ours, last]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=before, processors=after))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)


def _for_people() -> Processor:
    # the fancy tracebacks show the values of variables, which are users' data
    return structlog.dev.ConsoleRenderer(exception_formatter=_traceback)


def _traceback(stream: TextIO, found: ExcInfo) -> None:
    """Write a traceback, whose message may hold anything."""
    lines = "".join(traceback.format_exception(*found)).rstrip().split("\n")
    stream.write("\n" + "\n".join(map(_plain, lines)))


def _escaped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["event"] = _plain(str(event["event"]))
    return event


def _plain(text: str) -> str:
    """Write control characters as Python does."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _as_json(event: EventDict, **_options: Any) -> bytes:
    """Write a line of ours: it holds numbers, and words that are known to be plain."""
    return orjson.dumps(event)


def _as_ascii(event: EventDict, **_options: Any) -> str:
    """Write a line that may hold anything."""
    return json.dumps(event, default=repr, separators=(",", ":")).replace("\x7f", "\\u007f")
