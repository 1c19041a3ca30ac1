"""The keys of one loader that one wave loads together, and who waits for them."""

from asyncio import Future
from itertools import filterfalse
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from graphql_api.loaders.base import BatchLoader

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Batch(Generic[KeyT, ValueT]):
    """Keys that are loaded together, and who waits for them: one by one, or for whole levels."""

    __slots__ = ("_loader", "levels", "singles")

    def __init__(self, loader: "BatchLoader[KeyT, ValueT]") -> None:
        self._loader = loader
        self.singles: list[tuple[KeyT, Future[ValueT]]] = []
        self.levels: list[tuple[list[KeyT], Future[list[ValueT]]]] = []

    async def run(self) -> None:
        """Load the keys, and answer each caller; whoever has no answer then is told by `give_up`.

        What is cleared meanwhile is not put back: the loader has another ``known`` then.
        """
        known = self._loader.known
        wanted = keys = self._keys()
        found: dict[KeyT, ValueT] = {}
        if known:  # what was loaded before, also while these waited
            found = {key: known[key] for key in filter(known.__contains__, wanted)}
            keys = list(filterfalse(found.__contains__, wanted))
        self._loader.n_keys = len(keys)
        try:
            values = await self._loader.batch_load_fn(keys) if keys else []
            if len(values) != len(keys):
                raise TypeError(  # noqa: TRY301  # for one place that answers all
                    "a loader gave another number of values than it had keys"
                )
        except Exception as error:  # noqa: BLE001  # each caller gets it
            self._answer_singles(found)
            self._fail(error)
            return
        found.update(zip(keys, values, strict=True))
        known.update(found)
        for level_keys, level in self.levels:
            if not level.done():
                whole = values if level_keys is keys else list(map(found.__getitem__, level_keys))
                level.set_result(whole)
        self._answer_singles(found)

    def give_up(self, reason: Exception) -> None:
        """Tell whoever still waits that nothing will come."""
        self._fail(reason)

    def _answer_singles(self, found: dict[KeyT, ValueT]) -> None:
        for key, single in self.singles:
            if key in found:
                _settle(single, found[key])

    def _keys(self) -> list[KeyT]:
        if len(self.levels) == 1 and not self.singles:
            return self.levels[0][0]
        distinct: dict[KeyT, None] = {}
        for keys, _level in self.levels:
            distinct.update(dict.fromkeys(keys))
        distinct.update((key, None) for key, _single in self.singles)
        return list(distinct)

    def _fail(self, error: Exception) -> None:
        """Give an error to all who have no answer; it is not kept for who asks again."""
        for key, single in self.singles:
            if not single.done():
                self._loader.forget_failed(key)
                single.set_exception(error)
        for _keys, level in self.levels:
            _settle(level, error)


def _settle(own: "Future[Any]", outcome: Any) -> None:
    """Give a caller its value, or the exception in its place."""
    if own.done():
        return
    if isinstance(outcome, Exception):
        own.set_exception(outcome)
        own.exception()  # nobody may be left to look at it: asyncio would complain
    else:
        own.set_result(outcome)


def hand_over(shared: "Future[ValueT]", own: "Future[ValueT]") -> None:
    """Give a caller what came of the future that all callers of a key share."""
    error = shared.exception()  # looked at in any case: asyncio would say that nobody did
    _settle(own, shared.result() if error is None else error)
