"""A relation in a plan: one load for all objects of a level, with distinct keys."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql_api.execution.columns import Columns
from graphql_api.execution.declare import Batch, Level
from graphql_api.execution.errors import Failed
from graphql_api.execution.info import At
from graphql_api.execution.plan import Field, Scope
from graphql_api.execution.run import Run
from graphql_api.execution.shapes import After, Completion


class RelationField(Field):
    """A field that is loaded for all objects at once."""

    def __init__(self, batch: Batch, columns: Columns | None, path: str, *given: Any) -> None:
        super().__init__(*given)
        self.batch = batch
        self.reads = batch.key
        self.columns = columns
        self.path = path
        self.selected: frozenset[str] = frozenset()
        """The fields between the relation and its rows, by their names in Python."""
        self.shares = True
        """Whether objects with the same key may have the same value in the answer."""

    def start(self, scope: Scope, objects: list[Any], run: Run, at: At | None) -> Completion:
        """Queue the level's keys, and go on when the values are there."""
        below = self.below(scope, at)
        assert self.shape is not None  # noqa: S101  # set by the compiler
        try:
            arguments = self.arguments.converted(run)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with an argument
            return self.shape.complete([error] * len(objects), run, below)
        keys, distinct, others = _keys(self.read, objects)
        spread = _Spread(self, keys, distinct, others, run, below)
        if not distinct:
            return spread.complete([])
        try:
            if self.batch.authorize is not None:
                self.batch.authorize(run.context, arguments)
            loading = self.batch.load(
                Level(
                    context=run.context,
                    keys=distinct,
                    n_parents=len(keys) - sum(map(keys.count, others)),
                    arguments=arguments,
                    columns=None if self.columns is None else self.columns.chosen,
                    fields=self.selected,
                    path=self.path,
                )
            )
        except Exception as error:  # noqa: BLE001  # a refusal: the same for each
            return spread.complete(error)
        return After(run, loading, spread.complete)


Keys = tuple[list[Any], list[Any], list[Any]]


def _keys(read: Callable[[Any], Any], objects: list[Any]) -> Keys:
    """Read the keys: all, the distinct ones, and of these apart those that nothing has.

    The latter are None, and a `Failed` for what cannot be read, or be a key.
    """
    try:
        keys = list(map(read, objects))
        distinct = dict.fromkeys(keys)
    except Exception:  # noqa: BLE001  # an object's own error: find out whose
        keys = [_key(read, each) for each in objects]
        distinct = dict.fromkeys(keys)
        others = [key for key in distinct if key is None or key.__class__ is Failed]
        for key in others:
            del distinct[key]
        return keys, list(distinct), others
    if None in distinct:
        del distinct[None]
        return keys, list(distinct), [None]
    return keys, list(distinct), []


def _key(read: Callable[[Any], Any], parent: Any) -> Any:
    try:
        key = read(parent)
        hash(key)
    except Exception as error:  # noqa: BLE001  # it is the error of that object's field
        return Failed(error)
    return key


class _Spread:
    """Gives each object of a level the value of its key."""

    def __init__(
        self,
        field: RelationField,
        keys: list[Any],
        distinct: list[Any],
        others: list[Any],
        run: Run,
        at: At | None,
    ) -> None:
        assert field.shape is not None  # noqa: S101  # set by the compiler
        self._shape = field.shape
        self._shares = field.shares
        self._keys = keys
        self._distinct = distinct
        self._others = others  # keys for which nothing is loaded
        self._run = run
        self._at = at
        self._completion: Completion

    def complete(self, outcome: Any) -> Completion:
        """Complete the values: once for each key, or where paths matter once for each object."""
        values = self._checked(outcome)
        if len(self._distinct) == len(self._keys):
            return self._shape.complete(values, self._run, self._at)
        if self._shares:
            self._completion = self._shape.complete(values, self._run, None)
            return self
        by_key = dict(zip(self._distinct, values, strict=True))
        by_key.update((key, _without_load(key)) for key in self._others)
        column = [by_key[key] for key in self._keys]
        return self._shape.complete(column, self._run, self._at)

    def finish(self, run: Run) -> list[Any]:
        """Share the completed values out."""
        finished = self._completion.finish(run)
        by_key = dict(zip(self._distinct, finished, strict=True))
        for key in self._others:
            by_key[key] = self._shape.absent(_without_load(key), run)
        return list(map(by_key.__getitem__, self._keys))

    def _checked(self, outcome: Any) -> list[Any]:
        n_keys = len(self._distinct)
        if outcome.__class__ is list and len(outcome) == n_keys:
            values: list[Any] = outcome
            return values
        if isinstance(outcome, Exception):
            return [outcome] * n_keys
        if not isinstance(outcome, Sequence) or len(outcome) != n_keys:
            error = TypeError("a loader gave another number of values than it had keys")
            return [error] * n_keys
        return list(outcome)


def _without_load(key: Any) -> Exception | None:
    return key.error if isinstance(key, Failed) else None
