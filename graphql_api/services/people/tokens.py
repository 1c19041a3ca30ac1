"""Access tokens: signed statements of who asks, which any process can read without the database.

What a token says stays true for as long as it lives, a quarter of an hour: whoever is logged out,
demoted or deleted meanwhile may do until then what they could.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from graphql_api.errors import UnauthenticatedError
from graphql_api.models import Role, Viewer
from graphql_api.services.people.keys import KeyRing

LIFETIME = timedelta(minutes=15)

ISSUER = "graphql-api"
AUDIENCE = "graphql-api"

_ALGORITHM = "HS256"
_CLAIMS = ("iss", "aud", "sub", "tenant", "role", "sid", "iat", "exp")
_LONGEST = 1024  # ours have about 350 characters
_KEPT = 1024
_LARGEST_ID = 2**63 - 1
_ID = re.compile("[1-9][0-9]{0,18}")
_FAMILY = re.compile("[0-9a-f]{32}")

_REFUSED = "the access token cannot be used: it is not valid, or has expired"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and until when it can be used."""

    text: str = field(repr=False)
    expires_at: datetime


class AccessTokens:
    """Makes and reads the access tokens of one process."""

    def __init__(self, keys: KeyRing, now: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._now = now
        self._read: dict[str, tuple[Viewer, int]] = {}
        """The newest of those that were found to be ours, with the ends of their lives."""

    def issue(self, viewer: Viewer, family: UUID, lifetime: timedelta = LIFETIME) -> AccessToken:
        """Make a token for a viewer who has logged in; ``family`` names the session."""
        assert viewer.role is not None  # noqa: S101  # there is no token of nobody
        issued = int(self._now())
        expires = issued + int(lifetime.total_seconds())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(viewer.user_id),
            "tenant": viewer.tenant_id,
            "role": viewer.role.value,
            "sid": family.hex,
            "iat": issued,
            "exp": expires,
        }
        first = self._keys.first
        secret = self._keys.secrets[first]
        text = jwt.encode(claims, secret, algorithm=_ALGORITHM, headers={"kid": first})
        return AccessToken(text, datetime.fromtimestamp(expires, UTC))

    def read(self, text: str, tenant_id: int) -> Viewer:
        """Say who a token speaks for, to the tenant that it was made for.

        Raises:
            UnauthenticatedError: it is not ours, is of another tenant, or has expired.
        """
        return self._usable(text, tenant_id)[0]

    def seconds_left(self, text: str, tenant_id: int) -> float:
        """Say how long a token can still be used.

        Raises:
            UnauthenticatedError: it cannot be used.
        """
        return self._usable(text, tenant_id)[1] - self._now()

    def _usable(self, text: str, tenant_id: int) -> tuple[Viewer, int]:
        known = self._read.get(text)
        if known is None:
            known = self._verified(text)
            if len(self._read) >= _KEPT:
                del self._read[next(iter(self._read))]
            self._read[text] = known
        viewer, expires = known
        if expires <= self._now() or viewer.tenant_id != tenant_id:
            raise UnauthenticatedError(_REFUSED)
        return known

    def _verified(self, text: str) -> tuple[Viewer, int]:
        if len(text) > _LONGEST:
            raise UnauthenticatedError(_REFUSED)
        try:
            secret = self._keys.secrets[jwt.get_unverified_header(text)["kid"]]
            claims = jwt.decode(
                text,
                secret,
                algorithms=[_ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # times are compared at each use, by the caller's clock
                options={
                    "require": list(_CLAIMS),
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            return _viewer(claims), _time(claims)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, RecursionError):
            raise UnauthenticatedError(_REFUSED) from None


def _viewer(claims: dict[str, Any]) -> Viewer:
    """Read who it is; ValueError or TypeError where a claim has another form than we give it."""
    user, tenant_id = _ID.fullmatch(claims["sub"]), claims["tenant"]
    family = _FAMILY.fullmatch(claims["sid"])
    if user is None or family is None or tenant_id.__class__ is not int:
        raise ValueError
    user_id = int(user[0])
    if user_id > _LARGEST_ID or not 0 < tenant_id <= _LARGEST_ID:
        raise ValueError
    return Viewer(tenant_id=tenant_id, user_id=user_id, role=Role(claims["role"]))


def _time(claims: dict[str, Any]) -> int:
    """Read when it expires; a truth value or a fraction is no time of ours."""
    if not all(claims[name].__class__ is int for name in ("iat", "exp")):
        raise ValueError
    return int(claims["exp"])
