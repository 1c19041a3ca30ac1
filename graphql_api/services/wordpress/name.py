"""Finds slugs and usernames that no living row has."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, String, any_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from graphql_api.models import Post, User


class Names:
    """The names in one column of one tenant."""

    def __init__(
        self,
        connection: AsyncConnection,
        tenant_id: int,
        model: type[Post] | type[User],
        column: InstrumentedAttribute[str],
        length: int,
    ) -> None:
        self._connection = connection
        self._length = length
        self._last: dict[str, int] = {}
        self._statement = select(column).where(
            model.tenant_id == tenant_id,
            model.deleted_at.is_(None),
            column == any_(bindparam("names", type_=ARRAY(String))),
        )

    async def taken(self, names: Iterable[str]) -> set[str]:
        """Return those of ``names`` that living rows have."""
        found = await self._connection.execute(self._statement, {"names": sorted(set(names))})
        return set(found.scalars())

    async def free(self, wanted: Sequence[str]) -> list[str]:
        """Return ``wanted`` in its order, with ``-2``, ``-3`` and so on where a name is taken."""
        chosen = list(wanted)
        given: set[str] = set()
        open_ones = list(range(len(chosen)))
        while open_ones:
            taken = given | await self.taken(chosen[number] for number in open_ones)
            clashing = []
            for number in open_ones:
                if chosen[number] in taken:
                    chosen[number] = self._next(wanted[number])
                    clashing.append(number)
                else:
                    taken.add(chosen[number])
                    given.add(chosen[number])
            open_ones = clashing
        return chosen

    def is_numbered(self, name: str, wanted: str) -> bool:
        """Tell whether ``name`` is ``wanted`` with a number, as who came too late has it."""
        number = name.rpartition("-")[2]
        return number.isdecimal() and name == self._numbered(wanted, number)

    def _next(self, name: str) -> str:
        number = self._last[name] = self._last.get(name, 1) + 1
        return self._numbered(name, str(number))

    def _numbered(self, name: str, number: str) -> str:
        return f"{name[: self._length - len(number) - 1]}-{number}"
