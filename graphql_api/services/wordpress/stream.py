"""A WXR file as a stream of its channel's children, one at a time.

WXR is RSS 2.0 with elements of WordPress in a channel: ``wp:author``, ``wp:category``, ``wp:tag``
and ``wp:term``, then an ``item`` for each post, page or attachment, with its comments inside. What
is in memory is one of them, never the file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.parsers.expat import ErrorString, errors

from defusedxml import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from graphql_api.errors import ImportFailedError

TEXT_LENGTH: Final = 1_000_001
"""Characters kept of one element: one more than the longest column takes, to see what is longer."""

_CHUNK = 256 * 1024
_BLANK = b"\xef\xbb\xbf \t\r\n"  # the first three are UTF-8's byte order mark
# how many elements are open around these; the root stands in none
_CHANNEL_CHILD, _FIELD, _COMMENT_FIELD = 2, 3, 4
_DEPTHS_WITH_TEXT = {_CHANNEL_CHILD + 1, _FIELD + 1, _COMMENT_FIELD + 1}
_NAMESPACES = (
    (re.compile(r"https?://wordpress\.org/export/1\.\d/"), "wp:"),
    (re.compile(r"https?://wordpress\.org/export/1\.\d/excerpt/"), "excerpt:"),
    (re.compile(r"https?://purl\.org/rss/1\.0/modules/content/"), "content:"),
    (re.compile(r"https?://purl\.org/dc/elements/1\.1/"), "dc:"),
)
_ENDS_TOO_SOON = {
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        errors.XML_ERROR_PARTIAL_CHAR,
    )
}
_INVALID_TOKEN = errors.codes[errors.XML_ERROR_INVALID_TOKEN]
_LAST_CONTROL = 0x1F
_LAST_ASCII = 0x7F


@dataclass(slots=True)
class Record:
    """A child of the channel, or a comment in one."""

    name: str
    """As WordPress writes it, such as ``wp:author``, whatever prefix the file declares."""
    line: int
    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    """The text of each child that holds text alone, by name."""
    terms: list[tuple[Mapping[str, str], str]] = field(default_factory=list)
    """The ``category`` children: attributes and text."""
    comments: list["Record"] = field(default_factory=list)


def failure(path: Path, line: int, problem: str) -> ImportFailedError:
    """Name the place of ``problem``."""
    return ImportFailedError(f"{path}, line {line}: {problem}")


def records(path: Path, file: BinaryIO, progress: Callable[[int], None]) -> Iterator[Record]:
    """Yield the channel's children in order; ``progress`` gets the bytes of each piece read.

    Raises:
        ImportFailedError: the file cannot be read, is no well-formed XML, or declares a document
            type (without which there are no entities to declare).
    """
    parser = _Parser(path)
    while chunk := read(path, file, _CHUNK):
        yield from parser.feed(chunk)
        progress(len(chunk))
    parser.feed(b"")


def read(path: Path, file: BinaryIO, n_bytes: int) -> bytes:
    """Read at most ``n_bytes``.

    Raises:
        ImportFailedError: the disk or the network does not give them.
    """
    try:
        return file.read(n_bytes)
    except OSError as error:
        raise ImportFailedError(f"{path} cannot be read: {error.strerror}") from None


class _Parser:
    """Turns bytes into records, and what the XML library says into sentences."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target = _Target(path)
        self._parser = DefusedXMLParser(target=self._target, forbid_dtd=True)
        self._target.expat = self._parser.parser
        self._fed = 0

    def feed(self, chunk: bytes) -> list[Record]:
        """Return what ``chunk`` completes; an empty one is the end."""
        at_end = not chunk
        if not self._fed:  # faulty plugins write blank lines before everything
            skipped = len(chunk) - len(chunk.lstrip(_BLANK))
            self._target.lines_skipped += chunk.count(b"\n", 0, skipped)
            chunk = chunk[skipped:]
        try:
            if at_end:
                self._parser.close()
            else:
                self._parser.feed(chunk)
        except ParseError as error:
            line = error.position[0] + self._target.lines_skipped
            raise failure(self._path, line, self._broken(error, chunk)) from None
        except DTDForbidden as error:
            page = " (it looks like a web page)" if error.name.lower() == "html" else ""
            raise self._failure(
                f"a document type is declared{page}, which a WordPress export never does"
            ) from None
        except (LookupError, ValueError):
            raise self._failure(
                "the declared encoding cannot be read; save the file as UTF-8"
            ) from None
        self._fed += len(chunk)
        return self._target.drained()

    def _failure(self, problem: str) -> ImportFailedError:
        return failure(self._path, self._target.line, problem)

    def _broken(self, error: ParseError, chunk: bytes) -> str:
        """Say what is wrong with the XML, in words for whoever has the file."""
        if not chunk and error.code in _ENDS_TOO_SOON:
            return "the file ends in the middle: it is truncated"
        if not self._target.started and b"<" not in chunk:
            return "this is not XML"
        if error.code == _INVALID_TOKEN:
            return _forbidden(chunk, self._target.expat.ErrorByteIndex - self._fed)
        return f"this is not well-formed XML: {ErrorString(error.code)}"


class _Target:
    """Builds records from the parser's events."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: list[str] = []
        self._done: list[Record] = []
        self._record = Record("", 0)
        self._comment = Record("", 0)
        self._attributes: Mapping[str, str] = {}
        self._text: list[str] = []
        self._length = 0
        self.expat: Any = None
        self.lines_skipped = 0

    @property
    def line(self) -> int:
        """Where the parser stands."""
        return int(self.expat.CurrentLineNumber) + self.lines_skipped

    @property
    def started(self) -> bool:
        """Whether any element was seen."""
        return bool(self._open or self._done or self._record.name)

    def drained(self) -> list[Record]:
        """Hand over what is complete."""
        done, self._done = self._done, []
        return done

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = _name(tag)
        depth = len(self._open)
        if depth == 0 and name != "rss":
            problem = f"this is not a WordPress export (WXR): its first element is <{name[:40]}>"
            raise failure(self._path, self.line, problem)
        self._open.append(name)
        self._text.clear()
        self._length = 0
        if depth == _CHANNEL_CHILD:
            self._record = Record(name, self.line)
        elif depth == _FIELD:
            self._attributes = attributes
            if name == "wp:comment":
                self._comment = Record(name, self.line)
                self._record.comments.append(self._comment)

    def data(self, text: str) -> None:
        if self._length < TEXT_LENGTH and len(self._open) in _DEPTHS_WITH_TEXT:
            self._text.append(text[: TEXT_LENGTH - self._length])
            self._length += len(text)

    def end(self, _tag: str) -> None:
        name = self._open.pop()
        depth = len(self._open)
        if depth == _CHANNEL_CHILD:
            self._record.text = self._taken()
            self._done.append(self._record)
        elif depth == _FIELD:
            if name == "category":
                self._record.terms.append((self._attributes, self._taken()))
            else:
                self._record.fields[name] = self._taken()
        elif depth == _COMMENT_FIELD and self._open[_FIELD] == "wp:comment":
            self._comment.fields[name] = self._taken()

    def close(self) -> None:
        """End; the parser asks for it."""

    def _taken(self) -> str:
        text = "".join(self._text).strip()
        self._text.clear()
        return text


@cache
def _name(tag: str) -> str:
    """Turn ``{namespace}name`` into the prefix WordPress uses and the name."""
    namespace, _, name = tag.rpartition("}")
    for pattern, prefix in _NAMESPACES:
        if pattern.fullmatch(namespace[1:]):
            return prefix + name
    return name if not namespace else tag


def _forbidden(chunk: bytes, at: int) -> str:
    """Say why the byte at ``at`` of ``chunk`` cannot stand there."""
    byte = chunk[at] if 0 <= at < len(chunk) else ord("<")
    if byte == 0:
        return "a NUL byte stands here, which XML forbids"
    if byte <= _LAST_CONTROL:
        return f"the control character U+{byte:04X} stands here, which XML forbids"
    if byte > _LAST_ASCII:
        return f"the byte 0x{byte:02X} stands here, which is not in the file's encoding"
    return "this is not well-formed XML"
