"""Changing the key of addresses: every one that can be read is sealed anew, once."""

import pytest

from graphql_api.db.database import Database
from graphql_api.models import DEFAULT_TENANT
from graphql_api.services.people import reseal as module
from graphql_api.services.people.reseal import Resealed, reseal
from graphql_api.services.people.sealing import Vault
from tests.services.people.asked import execute, rows
from tests.services.people.cheap import NEW, OLD, ring
from tests.support.factories import Factory

BEFORE = Vault(ring(old=OLD))
BOTH = Vault(ring(new=NEW, old=OLD))
AFTER = Vault(ring(new=NEW))
SEALED = "SELECT tenant_id, user_id, email_sealed, email_index FROM accounts ORDER BY user_id"


async def people_of(
    make: Factory, vault: Vault, *addresses: str, tenant_id: int = DEFAULT_TENANT
) -> None:
    """Make users with addresses, sealed by a vault."""
    for address in addresses:
        user = await make.user(tenant_id=tenant_id)
        sealed = vault.seal(address, user.tenant_id, user.id)
        await make.account(user=user, email_sealed=sealed.sealed, email_index=sealed.index)


async def test_what_an_older_key_sealed_is_sealed_under_the_first_in_every_tenant(
    make: Factory, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    other = await make.tenant()
    await people_of(make, BEFORE, "a@b", "c@d", "e@f")
    await people_of(make, BEFORE, "a@b", tenant_id=other.id)
    await people_of(make, BOTH, "g@h")
    await make.account()  # without an address
    kept = (await rows(database, SEALED))[4:]
    told: list[int] = []
    assert await reseal(database, BOTH, told.append) == Resealed(done=4)
    assert told == [2, 4, 4]
    found = await rows(database, SEALED)
    assert found[4:] == kept
    opened = [AFTER.open(sealed, tenant, user) for tenant, user, sealed, _ in found[:5]]
    assert opened == ["a@b", "c@d", "e@f", "a@b", "g@h"]
    assert all(
        [index] == AFTER.indexes(address, tenant)
        for address, (tenant, _, _, index) in zip(opened, found, strict=False)
    )


async def test_again_there_is_nothing_to_do(make: Factory, database: Database) -> None:
    await people_of(make, BEFORE, "a@b")
    await reseal(database, BOTH)
    before = await rows(database, SEALED)
    assert await reseal(database, BOTH) == Resealed()
    assert await rows(database, SEALED) == before


async def test_it_goes_on_where_it_was_interrupted(
    make: Factory, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    await people_of(make, BEFORE, *(f"{number}@b" for number in range(5)))

    def interrupt(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await reseal(database, BOTH, interrupt)
    assert await reseal(database, BOTH) == Resealed(done=3)


async def test_what_cannot_be_read_stays_as_it_is_and_is_counted(
    make: Factory, database: Database
) -> None:
    await people_of(make, Vault(ring(lost=OLD)), "a@b")
    await people_of(make, BEFORE, "c@d", "e@f")
    damaged = "UPDATE accounts SET email_sealed = email_sealed || '\\x00' WHERE user_id = 3"
    await execute(database, damaged)
    before = await rows(database, SEALED)
    assert await reseal(database, BOTH) == Resealed(done=1, unreadable=2)
    after = await rows(database, SEALED)
    assert [row == old for row, old in zip(after, before, strict=True)] == [True, False, True]


async def test_an_address_that_another_has_by_now_stays_and_is_counted(
    make: Factory, database: Database
) -> None:
    older = Vault(ring(older=OLD * 2))
    three = Vault(ring(new=NEW, old=OLD, older=OLD * 2))
    await people_of(make, BEFORE, "a@b", "c@d")
    await people_of(make, older, "c@d")
    await people_of(make, AFTER, "A@B")
    assert await reseal(database, three) == Resealed(done=1, doubled=2)
    under_first = [row[2].startswith(AFTER.prefix) for row in await rows(database, SEALED)]
    assert under_first == [False, True, False, True]
