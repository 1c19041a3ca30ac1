"""Completion of objects: of one type, or behind an interface or a union."""

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLObjectType, Undefined, is_object_type
from graphql.pyutils import Path, inspect
from strawberry.execution import optimized_is_awaitable as is_awaitable

from graphql_api.execution.errors import Failed
from graphql_api.execution.info import At
from graphql_api.execution.shapes import Completion, Shape, settled

if TYPE_CHECKING:
    from graphql_api.execution.plan import Field, Scope
    from graphql_api.execution.run import Run


class ObjectShape(Shape):
    """An object type."""

    def __init__(self, scope: "Scope", field: "Field", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self.scope = scope
        self._is_type_of = None if scope.source else scope.type.is_type_of
        # classes of values that are objects of the type for sure
        self._known: set[type] = set()

    def scope_of(self, type_name: str | None) -> "Scope":  # noqa: ARG002  # there is but one
        """Return what is selected of the object."""
        return self.scope

    def scopes(self) -> "list[Scope]":
        """List what is selected of the object."""
        return [self.scope]

    def complete(self, values: list[Any], run: "Run", at: At | None) -> Completion:
        """Open the objects; put aside what is none."""
        if self._known.issuperset(map(type, values)):
            return self.scope.opened(values, run, at)
        if any(map(is_awaitable, values)):
            return settled(values, run, lambda full: self.complete(full, run, at))
        verdicts = [self._verdict(value, index, run, at) for index, value in enumerate(values)]
        if any(map(is_awaitable, verdicts)):
            return settled(verdicts, run, lambda all_: self._sorted(values, all_, run, at))
        return self._sorted(values, verdicts, run, at)

    def _verdict(self, value: Any, index: int, run: "Run", at: At | None) -> Any:
        """Tell whether the value is of the type; or something to await, or an exception."""
        if value.__class__ in self._known or _is_absent(value):
            return True
        if self._is_type_of is None:
            self._known.add(value.__class__)
            return True
        try:
            return self._is_type_of(value, self.field.info(run, at, index))
        except Exception as error:  # noqa: BLE001  # whatever the predicate raises
            return error

    def _sorted(
        self, values: list[Any], verdicts: list[Any], run: "Run", at: At | None
    ) -> Completion:
        objects: list[Any] = []
        places: list[int] = []
        answers: list[Any] = [None] * len(values)
        for index, (value, verdict) in enumerate(zip(values, verdicts, strict=True)):
            if _is_absent(value):
                answers[index] = self.absent(value, run)
            elif verdict and not isinstance(verdict, Exception):
                objects.append(value)
                places.append(index)
            else:
                answers[index] = self.absent(verdict or self._wrong(value), run)
        if len(objects) == len(values):
            return self.scope.opened(values, run, at)
        chosen = None if at is None else _at_places(at, places)
        return _Placed(answers, [(places, self.scope.opened(objects, run, chosen))])

    def _wrong(self, value: Any) -> GraphQLError:
        kind = self.scope.type
        return GraphQLError(
            f"Expected value of type '{kind}' but got: {inspect(value)}.", self.field.nodes
        )


def _is_absent(value: Any) -> bool:
    return value is None or value is Undefined or isinstance(value, Exception | Failed)


def _at_places(at: At, places: list[int]) -> At:
    def paths() -> list[Path | None]:
        every = at()
        return [every[place] for place in places]

    return paths


class _Placed:
    """Columns whose values have their places in a larger one."""

    __slots__ = ("_answers", "_parts")

    def __init__(self, answers: list[Any], parts: "list[tuple[list[int], Completion]]") -> None:
        self._answers = answers
        self._parts = parts

    def finish(self, run: "Run") -> list[Any]:
        for places, part in self._parts:
            for place, value in zip(places, part.finish(run), strict=True):
                self._answers[place] = value
        return self._answers


class AbstractShape(Shape):
    """An interface or a union: each value's type is asked for, and each type has its scope."""

    def __init__(
        self, kind: Any, by_name: dict[str, ObjectShape], field: "Field", *, nullable: bool
    ) -> None:
        super().__init__(field, nullable=nullable)
        self._kind = kind
        self._by_name = by_name

    def scope_of(self, type_name: str | None) -> "Scope | None":
        """Return what is selected of an object of the type."""
        return None if type_name is None else self._by_name[type_name].scope

    def scopes(self) -> "list[Scope]":
        """List what is selected, for each type."""
        return [shape.scope for shape in self._by_name.values()]

    def complete(self, values: list[Any], run: "Run", at: At | None) -> Completion:
        """Ask for the types, and go on by type."""
        if any(map(is_awaitable, values)):
            return settled(values, run, lambda full: self.complete(full, run, at))
        names = [self._type_name(value, index, run, at) for index, value in enumerate(values)]
        if any(map(is_awaitable, names)):
            return settled(names, run, lambda known: self._grouped(values, known, run, at))
        return self._grouped(values, names, run, at)

    def _type_name(self, value: Any, index: int, run: "Run", at: At | None) -> Any:
        if _is_absent(value):
            return None
        resolve = self._kind.resolve_type or run.executor.type_resolver
        try:
            return resolve(value, self.field.info(run, at, index), self._kind)
        except Exception as error:  # noqa: BLE001  # whatever the resolver raises
            return error

    def _grouped(
        self, values: list[Any], names: list[Any], run: "Run", at: At | None
    ) -> Completion:
        answers: list[Any] = [None] * len(values)
        groups: dict[str, tuple[list[int], list[Any]]] = {}
        for index, (value, name) in enumerate(zip(values, names, strict=True)):
            if _is_absent(value):
                answers[index] = self.absent(value, run)
                continue
            try:
                kind = self._checked(name, value, index, run, at)
            except Exception as error:  # noqa: BLE001  # what graphql-core says of a wrong type
                answers[index] = self.absent(error, run)
                continue
            places, objects = groups.setdefault(kind.name, ([], []))
            places.append(index)
            objects.append(value)
        parts: list[tuple[list[int], Completion]] = []
        for type_name, (places, objects) in groups.items():
            chosen = None if at is None else _at_places(at, places)
            below = self._by_name[type_name].complete(objects, run, chosen)
            parts.append((places, _Typed(below, type_name)))
        return _Placed(answers, parts)

    def _checked(
        self, name: Any, value: Any, index: int, run: "Run", at: At | None
    ) -> GraphQLObjectType:
        if isinstance(name, Exception):
            raise name
        kind: GraphQLObjectType = run.executor.ensure_valid_runtime_type(
            name, self._kind, self.field.details, self.field.info(run, at, index), value
        )
        assert is_object_type(kind)  # noqa: S101  # graphql-core checked it just now
        return kind


class _Typed:
    """Notes the types of objects, which the pass over errors needs to know."""

    __slots__ = ("_column", "_type_name")

    def __init__(self, column: Completion, type_name: str) -> None:
        self._column = column
        self._type_name = type_name

    def finish(self, run: "Run") -> list[Any]:
        answers = self._column.finish(run)
        run.types.update({id(answer): self._type_name for answer in answers})
        return answers
