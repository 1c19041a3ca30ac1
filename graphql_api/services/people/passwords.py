"""Passwords: hashed by Argon2id in threads of their own, few at a time.

A hash takes a processor 0.15 s and 64 MiB, on purpose. It is made outside of the event loop and of
its default threads, and nobody may hold a connection meanwhile: a storm of logins then slows down
logins, and beyond what can wait they are refused, while reads go on.
"""

import asyncio
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from secrets import token_bytes
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import Parameters, PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from graphql_api.errors import UnavailableError

MIN_LENGTH = 8
MAX_LENGTH = 128
"""Characters of a password; with that many at most, its bytes are bounded too."""

PARAMETERS = Parameters(
    type=Type.ID,
    version=19,
    salt_len=16,
    hash_len=32,
    time_cost=3,
    memory_cost=65_536,
    parallelism=1,
)
"""RFC 9106's second choice, with one lane for its four: they would spare the server time, not
whoever guesses work, and a hash would be four threads, which none of the limits here counts."""

_AT_ONCE = 2
_PLACES = 32  # with those at work: the last waits for less than three seconds

_BUSY = "too many passwords wait to be checked at the moment; please try again"

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Check:
    """What came out of checking a password."""

    matches: bool
    better_hash: str | None = field(default=None, repr=False)
    """A new hash to keep, where the old one was made with other parameters."""


class Passwords:
    """Hashes and checks the passwords of one process."""

    def __init__(
        self, parameters: Parameters = PARAMETERS, *, at_once: int = _AT_ONCE, places: int = _PLACES
    ) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="passwords")
        self._places = BoundedSemaphore(places)
        self._nobodys = _unmatchable(parameters)

    async def hash(self, password: str) -> str:
        """Hash a new password, of an acceptable length.

        Raises:
            UnavailableError: too many others wait.
        """
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def check(self, stored: str | None, password: str) -> Check:
        """Compare a password with the hash that is stored, or with one that nothing matches.

        Both take the same time.

        Raises:
            UnavailableError: too many others wait.
        """
        return await self._run(lambda: self._check(stored, password))

    def close(self) -> None:
        """End the threads; what waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, stored: str | None, password: str) -> Check:
        given = _bytes(password)
        try:
            self._hasher.verify(stored or self._nobodys, given)
        except VerifyMismatchError:
            return Check(matches=False)
        if stored is None:
            return Check(matches=False)
        outdated = self._hasher.check_needs_rehash(stored)
        return Check(matches=True, better_hash=self._hasher.hash(given) if outdated else None)

    async def _run(self, work: Callable[[], ResultT]) -> ResultT:
        if not self._places.acquire(blocking=False):
            raise UnavailableError(_BUSY)
        future = self._threads.submit(work)
        # when it is done, or was cancelled before it began: whoever leaves makes room
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)


def is_too_long(password: str) -> bool:
    """Tell whether a password is longer than any may be; such a one is never hashed."""
    return len(password) > MAX_LENGTH


def is_too_short(password: str) -> bool:
    """Tell whether a new password has too few characters, as written or as compared."""
    return min(len(password), len(_normal(password))) < MIN_LENGTH


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    """Give what is hashed: the same for whatever a keyboard makes of the same characters."""
    return _normal(password).encode("utf-8", "surrogatepass")


def _unmatchable(parameters: Parameters) -> str:
    """Write a hash that took no work: comparing takes as long, and nothing has it."""
    salt, digest = (
        b64encode(token_bytes(length)).rstrip(b"=").decode()
        for length in (parameters.salt_len, parameters.hash_len)
    )
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${salt}${digest}"
