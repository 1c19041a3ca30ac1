"""How often a password may be guessed: a name has ten attempts in a quarter of an hour.

An attempt counts as failed until it has succeeded, so that guesses made side by side are counted
too; and it counts whether there is such a user or not, so that nobody learns that from it.
"""

import math
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import case, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from graphql_api.models import LoginFailure
from graphql_api.services.change import Change
from graphql_api.services.problem import RateLimitProblem, RefusedError

MOST = 10
WINDOW = timedelta(minutes=15)

_FORGOTTEN_AT_ONCE = 100


async def count_attempt(change: Change, name: str) -> None:
    """Count an attempt on a name.

    Raises:
        RefusedError: there were too many; this one is not counted.
    """
    failures, is_over = LoginFailure, LoginFailure.since <= change.now - WINDOW
    first = insert(failures).values(
        tenant_id=change.tenant_id, name_hash=_digest(name), n_failures=1, since=change.now
    )
    counted = first.on_conflict_do_update(
        index_elements=[failures.tenant_id, failures.name_hash],
        set_={
            "n_failures": case((is_over, 1), else_=failures.n_failures + 1),
            "since": case((is_over, change.now), else_=failures.since),
        },
    ).returning(failures.n_failures, failures.since)
    n_failures, since = (await change.session.execute(counted)).one()
    if n_failures > MOST:
        left_s = math.ceil((since + WINDOW - change.now).total_seconds())
        said = "there were too many attempts for this user name; please try again later"
        raise RefusedError(RateLimitProblem(message=said, retry_after_seconds=max(1, left_s)))
    if n_failures == 1:
        await _forget_old(change)


async def take_back(change: Change, name: str) -> None:
    """Uncount an attempt in which no password was compared."""
    await change.session.execute(
        update(LoginFailure)
        .where(*_of(change, name), LoginFailure.n_failures > 0)
        .values(n_failures=LoginFailure.n_failures - 1)
    )


async def forget_attempts(change: Change, name: str) -> None:
    """Begin anew with a name, whose user has come."""
    await change.session.execute(delete(LoginFailure).where(*_of(change, name)))


async def _forget_old(change: Change) -> None:
    """Delete some that no longer count; names that are made up must not pile up."""
    key = LoginFailure.tenant_id, LoginFailure.name_hash
    old = (
        select(*key)
        .where(
            LoginFailure.tenant_id == change.tenant_id, LoginFailure.since <= change.now - WINDOW
        )
        .limit(_FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await change.session.execute(delete(LoginFailure).where(tuple_(*key).in_(old)))


def _of(change: Change, name: str) -> tuple[Any, ...]:
    return LoginFailure.tenant_id == change.tenant_id, LoginFailure.name_hash == _digest(name)


def _digest(name: str) -> bytes:
    return sha256(name.encode()).digest()
