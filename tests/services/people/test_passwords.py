"""Passwords: what is kept of one, what matches, and how many are worked on."""

import asyncio
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from graphql_api.errors import UnavailableError
from graphql_api.services.people import passwords as module
from graphql_api.services.people.passwords import (
    MAX_LENGTH,
    PARAMETERS,
    Passwords,
    is_too_long,
    is_too_short,
)
from tests.services.people.cheap import CHEAP
from tests.support.patience import patience

PASSWORD = "correct horse"
TYPED = "caf\u00e9 \ufb01lter \uff11"  # with a ligature, and a wide digit


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    """Give passwords that cost next to nothing."""
    made = Passwords(CHEAP)
    yield made
    made.close()


class Gate:
    """Stands in the threads before the work of a hash, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = threading.Event()
        self.n_at_work = self.most_at_work = 0
        self._lock = threading.Lock()
        verify = PasswordHasher.verify

        def wait(hasher: PasswordHasher, *given: Any) -> bool:
            with self._lock:
                self.n_at_work += 1
                self.most_at_work = max(self.most_at_work, self.n_at_work)
            self.opened.wait()
            with self._lock:
                self.n_at_work -= 1
            return bool(verify(hasher, *given))

        monkeypatch.setattr(PasswordHasher, "verify", wait)

    async def wait_for(self, number: int) -> None:
        """Wait until so many hashes are at work."""
        async with patience():
            while self.n_at_work < number:  # noqa: ASYNC110  # nobody tells us of it
                await asyncio.sleep(0.001)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Give a gate that is opened in the end."""
    made = Gate(monkeypatch)
    yield made
    made.opened.set()


async def test_the_right_password_matches_and_others_do_not(passwords: Passwords) -> None:
    stored = await passwords.hash(PASSWORD)
    assert (await passwords.check(stored, PASSWORD)).matches
    for wrong in ("", "correct hors", "Correct horse", "correct horse ", "correct horse\0"):
        assert not (await passwords.check(stored, wrong)).matches


async def test_a_hash_is_argon2id_with_its_own_salt_and_the_parameters_that_are_set() -> None:
    passwords = Passwords()
    one, other = await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)
    passwords.close()
    assert one != other
    assert extract_parameters(one) == PARAMETERS
    assert (PARAMETERS.type, PARAMETERS.time_cost, PARAMETERS.memory_cost) == (Type.ID, 3, 65_536)


async def test_the_same_characters_match_however_they_were_typed(passwords: Passwords) -> None:
    stored = await passwords.hash(TYPED)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        typed = unicodedata.normalize(form, TYPED)
        assert (await passwords.check(stored, typed)).matches


async def test_a_hash_with_other_parameters_is_made_anew_when_the_password_is_known(
    passwords: Passwords,
) -> None:
    old = Passwords(replace(CHEAP, time_cost=2))
    stored = await old.hash(PASSWORD)
    old.close()
    assert await passwords.check(stored, "wrong password") == module.Check(matches=False)
    check = await passwords.check(stored, PASSWORD)
    assert check.matches
    assert check.better_hash is not None
    assert extract_parameters(check.better_hash) == CHEAP
    assert await passwords.check(check.better_hash, PASSWORD) == module.Check(matches=True)


async def test_without_a_hash_one_is_verified_that_takes_as_much_work(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify

    def note(hasher: PasswordHasher, stored: str, given: bytes) -> bool:
        verified.append(stored)
        return bool(verify(hasher, stored, given))

    monkeypatch.setattr(PasswordHasher, "verify", note)
    stored = await passwords.hash(PASSWORD)
    assert await passwords.check(None, PASSWORD) == await passwords.check(stored, "wrong password")
    assert [extract_parameters(each) for each in verified] == [CHEAP, CHEAP]


async def test_no_password_matches_where_none_is_stored(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PasswordHasher, "verify", lambda *_: True)  # as if it were guessed
    assert not (await passwords.check(None, PASSWORD)).matches


async def test_half_a_character_matches_nothing_and_is_no_fault(passwords: Passwords) -> None:
    stored = await passwords.hash(PASSWORD)
    assert not (await passwords.check(stored, "\ud800")).matches


@pytest.mark.parametrize(
    ("password", "short", "long"),
    [
        ("", True, False),
        ("seven77", True, False),
        ("eight888", False, False),
        ("😀" * 8, False, False),
        ("e\u0301" * 7, True, False),  # seven when composed
        ("ﷺ", True, False),  # one, though it is compared as eighteen
        ("a" * MAX_LENGTH, False, False),
        ("a" * (MAX_LENGTH + 1), False, True),
        ("a" * 1_000_000, False, True),
    ],
)
def test_a_password_has_8_to_128_characters(password: str, short: bool, long: bool) -> None:  # noqa: FBT001  # columns of the table above
    assert is_too_long(password) is long
    assert long or is_too_short(password) is short


async def test_few_are_worked_on_at_once_and_the_event_loop_goes_on(gate: Gate) -> None:
    passwords = Passwords(CHEAP, at_once=2, places=8)
    checks = [asyncio.create_task(passwords.check(None, PASSWORD)) for _ in range(8)]
    await gate.wait_for(2)
    # the default threads, which files and names of hosts need, are free
    assert await asyncio.to_thread(lambda: "free") == "free"
    assert not any(check.done() for check in checks)
    gate.opened.set()
    await asyncio.gather(*checks)
    assert gate.most_at_work == 2
    passwords.close()


async def test_beyond_what_may_wait_a_check_is_refused_and_room_comes_back(gate: Gate) -> None:
    passwords = Passwords(CHEAP, at_once=1, places=3)
    checks = [asyncio.create_task(passwords.check(None, PASSWORD)) for _ in range(3)]
    await gate.wait_for(1)
    with pytest.raises(UnavailableError, match="too many passwords"):
        await passwords.check(None, PASSWORD)
    gate.opened.set()
    await asyncio.gather(*checks)
    assert not (await passwords.check(None, PASSWORD)).matches
    passwords.close()


async def test_whoever_leaves_makes_room_but_not_for_what_is_at_work(gate: Gate) -> None:
    passwords = Passwords(CHEAP, at_once=1, places=2)
    at_work = asyncio.create_task(passwords.check(None, PASSWORD))
    await gate.wait_for(1)
    waits = asyncio.create_task(passwords.check(None, PASSWORD))
    await asyncio.sleep(0)
    for leaving in (waits, at_work):
        leaving.cancel()
        await asyncio.wait([leaving])
    comes = asyncio.create_task(passwords.check(None, PASSWORD))
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await passwords.check(None, PASSWORD)  # the first still works, the third waits
    gate.opened.set()
    assert not (await comes).matches
    assert gate.most_at_work == 1
    passwords.close()


async def test_the_last_who_may_wait_is_served_in_seconds() -> None:
    assert module._PLACES / module._AT_ONCE <= 16  # noqa: SLF001  # rounds of about 0.15 s


async def test_a_check_does_not_show_a_hash(passwords: Passwords) -> None:
    stored = await passwords.hash(PASSWORD)
    assert stored not in repr(module.Check(matches=True, better_hash=stored))
