"""What is known of one document."""

import re
from hashlib import sha256
from typing import NamedTuple

LONGEST = 256 * 1024
"""Bytes of a document's text, which is what a request may have."""

LONGEST_ID = 200
LONGEST_NAME = 200

_HASH = re.compile(r"[0-9a-f]{64}")
_UNRESERVED = r"[A-Za-z0-9._~-]+"
_ID = re.compile(rf"{_UNRESERVED}|x-{_UNRESERVED}:{_UNRESERVED}")
_SHA256 = "sha256:"


class Document(NamedTuple):
    """A document, and what clients call it."""

    id: str
    text: str
    name: str = ""
    """The names of its operations, for people."""


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal; what is no text in UTF-8 has one too."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_id(given: str) -> str | None:
    """Read an id as GraphQL over HTTP writes it; None where it is none.

    `sha256:` before a hash is left out: it is the same document with it and without.
    """
    if given.startswith(_SHA256):
        given = given.removeprefix(_SHA256)
        return given if _HASH.fullmatch(given) else None
    return given if len(given) <= LONGEST_ID and _ID.fullmatch(given) else None


def is_storable(text: str) -> bool:
    """Tell whether the database takes a text as it is."""
    try:
        return "\0" not in text and len(text.encode()) <= LONGEST
    except UnicodeEncodeError:  # half of a character
        return False
