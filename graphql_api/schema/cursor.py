"""Cursors: a place in a list, signed.

A cursor holds the values of the order's columns at a row. Its signature covers the list and the
order too, so that it fits nowhere else, and the tenant, so that it fits nobody else.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from graphql_api.errors import BadUserInputError
from graphql_api.loaders.keyset import Order, Position

_VERSION = b"1"
_SIGNATURE_BYTES = 12  # 96 bits: a guess succeeds once in 10^28
_LONGEST_CURSOR = 2000  # characters; names in an order are at most 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CursorCodec:
    """Writes and reads the cursors of one tenant."""

    def __init__(self, secret: str, tenant_id: int) -> None:
        self._key = hashlib.sha256(f"cursor:{tenant_id}:{secret}".encode()).digest()

    def encode(self, list_name: str, order: Sequence[Order], values: Iterable[Any]) -> str:
        """Build the cursor of a row with these ``values``, in the list and in ``order``."""
        payload = orjson.dumps(list(map(_plain, values)))
        return _spelled(self._signature(list_name, order, payload) + payload)

    def decode(self, list_name: str, order: Sequence[Order], text: str, *, name: str) -> Position:
        """Read the cursor that argument ``name`` gave for the list.

        Raises:
            BadUserInputError: it was made for another list or order, or changed, or is too old.
        """
        try:
            padded = text[:_LONGEST_CURSOR] + "=" * (-len(text) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raise _unusable(name) from None
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        signed = self._signature(list_name, order, payload)
        # base64 has several spellings of the same bytes: only ours is a cursor
        if not hmac.compare_digest(signature, signed) or _spelled(raw) != text:
            raise _unusable(name)
        return tuple(map(_rich, orjson.loads(payload)))

    def _signature(self, list_name: str, order: Sequence[Order], payload: bytes) -> bytes:
        place = ",".join(f"{part.column}{'-' if part.descending else '+'}" for part in order)
        signed = b"\0".join([_VERSION, list_name.encode(), place.encode(), payload])
        return hmac.digest(self._key, signed, "sha256")[:_SIGNATURE_BYTES]


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _plain(value: Any) -> Any:  # a column's value
    """Turn a time into a one-element list of microseconds; exact, and told from a number."""
    return [(value - _EPOCH) // _MICROSECOND] if isinstance(value, datetime) else value


def _rich(value: Any) -> Any:  # a column's value
    return _EPOCH + value[0] * _MICROSECOND if isinstance(value, list) else value


def _unusable(name: str) -> BadUserInputError:
    return BadUserInputError(
        f"the cursor given as '{name}' does not belong to this list in this order;"
        " take it from `pageInfo` or `edges` of the same field with the same `orderBy`"
    )
