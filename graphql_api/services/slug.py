"""Slugs that are unique among the living."""

import secrets
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from graphql_api.services.text import SLUG_LENGTH, slugify

RowT = TypeVar("RowT")

_MOST_NUMBERED = 9


def candidates(title: str) -> Iterator[str]:
    """Give slugs for a title: the plain one, numbered ones, then ones that nobody guesses."""
    plain = slugify(title)
    yield plain
    for number in range(2, _MOST_NUMBERED + 1):
        yield _with_end(plain, str(number))
    while True:
        yield _with_end(plain, secrets.token_hex(4))


async def first_free(title: str, take: Callable[[str], Awaitable[RowT | None]]) -> RowT:
    """Return what came of the first slug that ``take`` could have; it gives None where it is taken.

    Two who want the same are told apart by the unique index alone.
    """
    for slug in candidates(title):
        taken = await take(slug)
        if taken is not None:
            return taken
    raise AssertionError("there is always another slug")


def _with_end(slug: str, end: str) -> str:
    return f"{slug[: SLUG_LENGTH - len(end) - 1]}-{end}"
