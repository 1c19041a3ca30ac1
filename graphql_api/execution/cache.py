"""A cache bounded by what its entries weigh."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class BoundedCache(Generic[ValueT]):
    """Keeps what was used last, up to a number of bytes in all."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._entries: OrderedDict[Hashable, tuple[ValueT, int]] = OrderedDict()
        self.n_bytes = 0
        self.hits = self.misses = self.evictions = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> ValueT | None:
        """Return the entry, which counts as used now."""
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry[0]

    def peek(self, key: Hashable) -> ValueT | None:
        """Return the entry, which neither counts as used nor is counted."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: Hashable, value: ValueT, n_bytes: int) -> None:
        """Keep an entry; one that would take more than a tenth of the cache is not kept."""
        if n_bytes > self._most_bytes // 10:
            return
        self.drop(key)
        self._entries[key] = value, n_bytes
        self.n_bytes += n_bytes
        while self.n_bytes > self._most_bytes:
            self.drop(next(iter(self._entries)))
            self.evictions += 1

    def drop(self, key: Hashable) -> None:
        """Forget an entry, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.n_bytes -= entry[1]
