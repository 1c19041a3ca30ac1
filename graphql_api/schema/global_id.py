"""Relay global ids: base64 of ``Type:number``, opaque to clients and strict here."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, NamedTuple

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.base import OneLoader
from graphql_api.loaders.category import CategoryById
from graphql_api.loaders.comment import CommentById
from graphql_api.loaders.post import PostById
from graphql_api.loaders.revision import RevisionById
from graphql_api.loaders.tag import TagById
from graphql_api.loaders.tenant import TenantById
from graphql_api.loaders.user import UserById

NODES: dict[str, type[OneLoader[int, Any]]] = {
    "Category": CategoryById,
    "Comment": CommentById,
    "Post": PostById,
    "Revision": RevisionById,
    "Tag": TagById,
    "Tenant": TenantById,
    "User": UserById,
}
"""The loader of each type that has global ids."""

LARGEST_ID = 2**63 - 1
"""The largest ``bigint``."""

_LONGEST_ID = 100  # characters; no type's name makes a longer one
# what people read at the same time is much the same; one is some 200 bytes
_KEPT_IDS = 16_384

_TYPE_OF_ROW: dict[type, str] = {
    row: name
    for name, loader in NODES.items()
    for row in (loader.row, *loader.row.__subclasses__())
}


class GlobalId(NamedTuple):
    """What a global id says."""

    type_name: str
    number: int


def type_of(row: object) -> str:
    """Name the GraphQL type of a row that a loader gave."""
    return _TYPE_OF_ROW[type(row)]


class _Ids(dict[int, str]):
    """The ids of one type's rows, by number; each is made when it is first asked for."""

    def __init__(self, type_name: str) -> None:
        super().__init__()
        self._type_name = type_name

    def __missing__(self, number: int) -> str:
        if len(self) >= _KEPT_IDS:
            self.clear()
        text = self[number] = _spelled(self._type_name, number)
        return text


_IDS = {type_name: _Ids(type_name) for type_name in NODES}


def encoder(type_name: str) -> Callable[[int], str]:
    """Return what builds the global ids of one type's rows."""
    return _IDS[type_name].__getitem__


def encode(type_name: str, number: int) -> str:
    """Build the global id of a row."""
    return _IDS[type_name][number]


def _spelled(type_name: str, number: int) -> str:
    return base64.b64encode(f"{type_name}:{number}".encode()).decode()


def decode(text: str) -> GlobalId:
    """Read a global id; only what `encode` gives is one.

    Raises:
        BadUserInputError: ``text`` is not the id of any type.
    """
    try:
        type_name, _, digits = (
            base64.b64decode(text[:_LONGEST_ID], validate=True).decode().partition(":")
        )
        found = GlobalId(type_name, int(digits))
    except (ValueError, binascii.Error):
        raise _not_an_id(text) from None
    if type_name not in NODES or _spelled(*found) != text or found.number < 1:
        raise _not_an_id(text)
    return found


def number_of(text: str, type_name: str) -> int:
    """Read the number from a global id of one type; it may lie beyond every row.

    Raises:
        BadUserInputError: ``text`` is no global id, or one of another type.
    """
    found = decode(text)
    if found.type_name != type_name:
        raise BadUserInputError(
            f"an id of a {type_name} is needed here, but this is the id of a {found.type_name}"
        )
    return min(found.number, LARGEST_ID)


def _not_an_id(text: str) -> BadUserInputError:
    shown = ascii(text[:_LONGEST_ID]) + ("…" if len(text) > _LONGEST_ID else "")
    return BadUserInputError(f"{shown} is not an id of this API; ids come from its `id` fields")
