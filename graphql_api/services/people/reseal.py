"""Changing the key of addresses: what is sealed under another than the first is sealed anew.

It goes on where it was interrupted, as what was done needs nothing any more; and whoever reads or
registers meanwhile notices nothing, as every key that is set opens and finds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.models import Account
from graphql_api.services.people.sealing import SealedAddress, UnsealError, Vault

_AT_ONCE = 500

_Owner: TypeAlias = tuple[int, int]
"""A tenant, and a user of it."""


@dataclass(slots=True)
class Resealed:
    """What came of it."""

    done: int = 0
    unreadable: int = 0
    """Those that no key opens; they are as they were."""
    doubled: int = 0
    """Those that another user has under the first key; they are as they were."""


class _Batch(NamedTuple):
    n_done: int
    n_unreadable: int
    n_doubled: int
    last: _Owner | None
    """Where to go on; None at the end."""


async def reseal(
    database: Database, vault: Vault, progress: Callable[[int], None] = lambda _: None
) -> Resealed:
    """Seal what older keys sealed under the first, in every tenant; tell how many are done."""
    summary = Resealed()
    after: _Owner | None = (0, 0)
    while after is not None:
        start = after

        async def act(session: AsyncSession, start: _Owner = start) -> _Batch:
            return await _reseal_some(session, vault, start)

        batch = await database.change(act)
        summary.done += batch.n_done
        summary.unreadable += batch.n_unreadable
        summary.doubled += batch.n_doubled
        after = batch.last
        progress(summary.done)
    return summary


async def _reseal_some(session: AsyncSession, vault: Vault, after: _Owner) -> _Batch:
    sealed_under = func.substring(Account.email_sealed, 1, len(vault.prefix))
    older = (
        select(Account)
        .where(tuple_(Account.tenant_id, Account.user_id) > after, sealed_under != vault.prefix)
        .order_by(Account.tenant_id, Account.user_id)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    accounts = (await session.scalars(older)).all()
    anew = _sealed_anew(vault, accounts)
    indexes = [sealed.index for sealed in anew.values()]
    taken = select(Account.email_index).where(Account.email_index.in_(indexes))
    doubled = set((await session.scalars(taken)).all())
    n_doubled = 0
    for account in accounts:
        sealed = anew.get((account.tenant_id, account.user_id))
        if sealed is None:
            continue
        if sealed.index in doubled:
            n_doubled += 1
            continue
        doubled.add(sealed.index)  # two of this batch may have it under different keys
        account.email_sealed, account.email_index = sealed.sealed, sealed.index
    last = (accounts[-1].tenant_id, accounts[-1].user_id) if accounts else None
    return _Batch(len(anew) - n_doubled, len(accounts) - len(anew), n_doubled, last)


def _sealed_anew(vault: Vault, accounts: Sequence[Account]) -> dict[_Owner, SealedAddress]:
    """Seal the addresses under the first key, those that can be opened."""
    anew = {}
    for account in accounts:
        assert account.email_sealed is not None  # noqa: S101  # a null is not compared
        owner = account.tenant_id, account.user_id
        try:
            anew[owner] = vault.seal(vault.open(account.email_sealed, *owner), *owner)
        except UnsealError:
            continue
    return anew
