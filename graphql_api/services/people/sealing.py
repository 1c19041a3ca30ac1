"""Addresses at rest: encrypted, and found by a keyed hash.

A sealed address is the length of its key's name, the name, a nonce, and AES-GCM's output; it can
be opened for the tenant and the user that it was sealed for and for nobody else. Its index is
HMAC-SHA256 over tenant and address, by another key from the same secret.
"""

import hmac
import unicodedata
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from graphql_api.services.people.keys import KeyRing, derive

_NONCE = 12
_TAG = 16


class UnsealError(Exception):
    """A sealed address cannot be opened: its key is not among ours, or it is not what we sealed."""


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """An address as a row holds it."""

    sealed: bytes = field(repr=False)
    index: bytes = field(repr=False)


class Vault:
    """Seals and opens addresses."""

    def __init__(self, keys: KeyRing) -> None:
        self._first = keys.first
        self._ciphers = {
            name: AESGCM(derive(secret, "address sealing")) for name, secret in keys.secrets.items()
        }
        self._index_keys = {
            name: derive(secret, "address index") for name, secret in keys.secrets.items()
        }

    @property
    def prefix(self) -> bytes:
        """What every address begins with that is sealed under the first key."""
        return _prefix(self._first)

    def seal(self, address: str, tenant_id: int, user_id: int) -> SealedAddress:
        """Seal an address for a user, under the first key."""
        prefix, nonce = self.prefix, token_bytes(_NONCE)
        bound = _bound(prefix, tenant_id, user_id)
        box = self._ciphers[self._first].encrypt(nonce, address.encode(), bound)
        index = self._index(self._first, address, tenant_id)
        return SealedAddress(prefix + nonce + box, index)

    def open(self, sealed: bytes, tenant_id: int, user_id: int) -> str:
        """Open what was sealed for this user, under whichever of the keys.

        Raises:
            UnsealError: it was not, or its key is none of ours.
        """
        n_name = sealed[0] if sealed else 0
        prefix, rest = sealed[: 1 + n_name], sealed[1 + n_name :]
        cipher = self._ciphers.get(prefix[1:].decode("latin-1"))
        if cipher is None:
            raise UnsealError("an address is sealed under a key that is not set")
        if len(rest) < _NONCE + _TAG:
            raise UnsealError("a sealed address is too short")
        try:
            bound = _bound(prefix, tenant_id, user_id)
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], bound).decode()
        except InvalidTag:
            raise UnsealError("a sealed address is not what was sealed for its user") from None

    def indexes(self, address: str, tenant_id: int) -> list[bytes]:
        """Give what an address is found by: its index under each key."""
        return [self._index(name, address, tenant_id) for name in self._index_keys]

    def _index(self, name: str, address: str, tenant_id: int) -> bytes:
        text = _number(tenant_id) + normal_address(address).encode()
        return hmac.digest(self._index_keys[name], text, sha256)


def normal_address(address: str) -> str:
    """Give what two addresses have in common that differ in case or in the form of characters."""
    folded = unicodedata.normalize("NFKC", address).strip().casefold()
    return unicodedata.normalize("NFKC", folded)


def _prefix(name: str) -> bytes:
    return bytes([len(name)]) + name.encode()


def _bound(prefix: bytes, tenant_id: int, user_id: int) -> bytes:
    return b"users.email\0" + prefix + _number(tenant_id) + _number(user_id)


def _number(value: int) -> bytes:
    return value.to_bytes(8, "big")
