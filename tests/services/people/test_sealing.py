"""Sealed addresses: opened for whom they were sealed, found by what they have in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.services.people.sealing import UnsealError, Vault
from tests.services.people.cheap import NEW, OLD, ring

ADDRESS = "ada@example.org"
VAULT = Vault(ring(new=NEW, old=OLD))
IDS = st.integers(1, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def cannot_open(sealed: bytes, tenant_id: int = 1, user_id: int = 2) -> bool:
    """Tell whether a sealed address is refused, with nothing of it in what is said."""
    try:
        VAULT.open(sealed, tenant_id, user_id)
    except UnsealError as error:
        return ADDRESS not in repr(error) and error.__cause__ is None
    return False


@given(TEXTS, IDS, IDS)
def test_what_was_sealed_comes_back(address: str, tenant_id: int, user_id: int) -> None:
    sealed = VAULT.seal(address, tenant_id, user_id).sealed
    assert VAULT.open(sealed, tenant_id, user_id) == address


@given(st.tuples(IDS, IDS), st.tuples(IDS, IDS))
def test_it_opens_for_the_user_it_was_sealed_for_alone(
    owner: tuple[int, int], other: tuple[int, int]
) -> None:
    sealed = VAULT.seal(ADDRESS, *owner).sealed
    assert cannot_open(sealed, *other) is (owner != other)


@given(st.binary(max_size=80))
def test_no_bytes_are_anything_but_refused(sealed: bytes) -> None:
    assert cannot_open(sealed)
    assert cannot_open(VAULT.prefix + sealed)


def test_a_sealed_address_with_any_bit_changed_or_cut_off_is_refused() -> None:
    sealed = VAULT.seal(ADDRESS, 1, 2).sealed
    assert not cannot_open(sealed)
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        assert cannot_open(bytes(changed)), bit
    for length in range(len(sealed)):
        assert cannot_open(sealed[:length]), length


def test_it_is_never_sealed_alike_and_never_shows() -> None:
    one, other = VAULT.seal(ADDRESS, 1, 2), VAULT.seal(ADDRESS, 1, 2)
    assert one.sealed != other.sealed
    assert b"ada" not in one.sealed + one.index
    assert "ada" not in repr(one)
    assert repr(one.sealed) not in repr(one)


def test_the_first_key_seals_and_all_open() -> None:
    old = Vault(ring(old=OLD)).seal(ADDRESS, 1, 2).sealed
    new = VAULT.seal(ADDRESS, 1, 2).sealed
    assert VAULT.open(old, 1, 2) == VAULT.open(new, 1, 2) == ADDRESS
    assert new.startswith(VAULT.prefix)
    assert not old.startswith(VAULT.prefix)
    with pytest.raises(UnsealError, match="a key that is not set"):
        Vault(ring(old=OLD)).open(new, 1, 2)


def test_two_keys_of_one_name_do_not_open_each_others() -> None:
    sealed = Vault(ring(new=OLD)).seal(ADDRESS, 1, 2).sealed
    assert cannot_open(sealed)


def test_one_key_is_for_sealing_and_another_for_the_index() -> None:
    assert set(VAULT._ciphers) == set(VAULT._index_keys) == {"new", "old"}  # noqa: SLF001  # the keys
    sealed = VAULT.seal(ADDRESS, 1, 2)
    assert len(sealed.index) == 32
    assert NEW not in VAULT._index_keys.values()  # noqa: SLF001  # the keys


@pytest.mark.parametrize(
    "same",
    ["ada@example.org", " ADA@Example.ORG ", "\uff41\uff44\uff41@example.org"],
)
def test_addresses_that_differ_in_form_alone_have_one_index(same: str) -> None:
    assert VAULT.seal(same, 1, 2).index == VAULT.seal(ADDRESS, 1, 3).index


@pytest.mark.parametrize("other", ["ada@example.com", "adá@example.org", "ada@example.org.", ""])
def test_other_addresses_and_other_tenants_have_another(other: str) -> None:
    index = VAULT.seal(ADDRESS, 1, 2).index
    assert VAULT.seal(other, 1, 2).index != index
    assert VAULT.seal(ADDRESS, 2, 2).index != index


def test_an_address_is_found_under_whichever_key_it_was_sealed() -> None:
    indexes = VAULT.indexes(ADDRESS, 1)
    assert indexes == [
        Vault(ring(new=NEW)).seal(ADDRESS, 1, 2).index,
        Vault(ring(old=OLD)).seal(ADDRESS, 1, 2).index,
    ]
    assert len(set(indexes)) == 2
