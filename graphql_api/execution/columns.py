"""The columns that a plan reads of a loader's rows."""

from collections.abc import Mapping

from graphql_api.execution.declare import Exact


class Columns:
    """What a plan selects of the rows of one loader: the union of what its fields read."""

    def __init__(self, exact: Mapping[str, Exact]) -> None:
        self._names: dict[str, None] = {}
        self.exact = exact
        """What is known for certain of columns' values, as in `Batch.exact`."""
        self.are_objects = False
        """Whether something needs whole row objects."""

    def add(self, *names: str) -> None:
        """Select more."""
        self._names.update(dict.fromkeys(names))

    @property
    def chosen(self) -> tuple[str, ...] | None:
        """Return the columns; None for row objects."""
        return None if self.are_objects else tuple(self._names)

    def place(self, name: str) -> int:
        """Return where in a row the column stands, after the key."""
        return 1 + list(self._names).index(name)
