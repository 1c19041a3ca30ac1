"""Keys by their names: the first is used for what is new, all for what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from graphql_api.settings import Settings, parse_keys

DERIVED = "secret_key"
"""The name of the key that comes from the secret key; settings cannot have an underscore there."""

_LENGTH = 32


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Secrets for one purpose, by name."""

    first: str
    """The name of the one that is used for what is new."""
    secrets: Mapping[str, bytes] = field(repr=False)


def derive(secret: bytes, purpose: str) -> bytes:
    """Make a key of 256 bits for one purpose from a secret that may have others."""
    info = f"graphql-api {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=_LENGTH, salt=None, info=info).derive(secret)


def token_keys(settings: Settings) -> KeyRing:
    """Give the keys of access tokens: those of the settings alone, or the derived one."""
    return _ring(_given(settings.token_keys) or _derived(settings, "access tokens"))


def data_keys(settings: Settings) -> KeyRing:
    """Give the keys of addresses; the derived one comes last, for what it sealed at first."""
    return _ring(_given(settings.data_keys) | _derived(settings, "data"))


def _given(text: SecretStr | None) -> dict[str, bytes]:
    return {} if text is None else parse_keys(text)


def _derived(settings: Settings, purpose: str) -> dict[str, bytes]:
    return {DERIVED: derive(settings.secret_key.get_secret_value().encode(), purpose)}


def _ring(secrets: dict[str, bytes]) -> KeyRing:
    return KeyRing(next(iter(secrets)), secrets)
