"""Slots: whoever asks first is next, and whoever leaves takes none along."""

import asyncio

from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphql_api.db.slots import Slots


class Holder:
    """Takes a slot as a read does, and gives it back when told to, or when cancelled."""

    def __init__(self, number: int, slots: Slots, order: list[int]) -> None:
        self.number = number
        self.has_one = False
        self._slots = slots
        self._order = order
        self._done = asyncio.Event()
        self.task = asyncio.create_task(self._hold())

    async def _hold(self) -> None:
        if self._slots.free:
            self._slots.free -= 1
        else:
            await self._slots.wait_for_one()
        self._order.append(self.number)
        self.has_one = True
        try:
            await self._done.wait()
        finally:
            self.has_one = False
            self._slots.give_back()

    def leave(self) -> None:
        """Give the slot back as soon as it is there."""
        self._done.set()


_STEPS = st.lists(
    st.one_of(
        st.just(("ask", 0)),
        st.just(("turn", 0)),
        st.tuples(st.sampled_from(["leave", "cancel"]), st.integers(0, 9)),
    ),
    max_size=60,
)


@settings(deadline=None)
@example(  # cancelled when it was given one, and has not heard of it
    n_slots=1,
    steps=[("ask", 0), ("ask", 0), ("turn", 0), ("leave", 1), ("turn", 0), ("cancel", 0)],
)
@given(n_slots=st.integers(1, 3), steps=_STEPS)
async def test_whatever_comes_between_no_slot_is_lost_or_lent_twice_and_the_first_is_next(
    n_slots: int, steps: list[tuple[str, int]]
) -> None:
    slots, order = Slots(n_slots), list[int]()
    holders: list[Holder] = []
    for step, number in steps:
        if step == "ask":
            holders.append(Holder(len(holders), slots, order))
        elif step == "turn":
            await asyncio.sleep(0)
        elif number < len(holders):
            holder = holders[-1 - number]
            holder.task.cancel() if step == "cancel" else holder.leave()
        assert sum(holder.has_one for holder in holders) <= n_slots
    for holder in holders:
        holder.leave()
    if holders:
        _, pending = await asyncio.wait([holder.task for holder in holders], timeout=10)
        assert not pending
    assert slots.free == n_slots
    assert order == sorted(order)
    stayed = {holder.number for holder in holders if not holder.task.cancelled()}
    assert stayed <= set(order)
