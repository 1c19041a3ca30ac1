"""Errors of fields: markers while a plan runs, and one pass over the answer where there are any.

On the good path no path exists and nothing is checked. Where a field failed, a `Failed` stands in
the answer; the pass finds its path by walking the answer beside the plan, and nulls what must be.
"""

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, located_error
from graphql.pyutils import Path

if TYPE_CHECKING:
    from graphql_api.execution.plan import Field, Scope
    from graphql_api.execution.run import Run
    from graphql_api.execution.shapes import Shape


class Failed:
    """Stands where a value could not be had, and says why."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Nulled:
    """Stands for a value that must be null but may not, so that its parent must be."""


NULLED = _Nulled()


def null_error(field: "Field") -> TypeError:
    """Say that a field had no value and must have one, in graphql-core's words."""
    return TypeError(f"Cannot return null for non-nullable field {field.parent_type}.{field.name}.")


class ErrorPass:
    """Walks an answer with markers in it, beside its plan, and makes one without."""

    def __init__(self, run: "Run") -> None:
        self.errors: list[GraphQLError] = []
        self._run = run
        self._propagates = run.executor.error_propagation

    def of_object(self, scope: "Scope", answer: dict[str, Any], path: Path | None) -> Any:
        """Return the object without markers, or `NULLED`."""
        mended: dict[str, Any] = {}
        n_before = len(self.errors)
        for field in scope.fields:
            if field.key in answer:  # the root of a mutation that ended early has not all of them
                value = self.of_field(scope, field, answer[field.key], path)
                if value is NULLED:
                    return self._nulled(n_before)
                mended[field.key] = value
        return mended

    def of_field(self, scope: "Scope", field: "Field", value: Any, path: Path | None) -> Any:
        """Return a field's value without markers, or `NULLED`."""
        if field.shape is None:
            return value
        return self._of_value(field.shape, field, value, Path(path, field.key, scope.type.name))

    def _of_value(self, shape: "Shape", field: "Field", value: Any, path: Path) -> Any:
        if value.__class__ is Failed:
            self.errors.append(located_error(value.error, field.nodes, path.as_list()))
            return self._null(shape)
        if value is None:
            return None
        mended = self._of_content(shape, field, value, path)
        return self._null(shape) if mended is NULLED else mended

    def _of_content(self, shape: "Shape", field: "Field", value: Any, path: Path) -> Any:
        if shape.item is not None:
            return self._of_list(shape.item, field, value, path)
        scope = shape.scope_of(self._run.types.get(id(value)))
        return value if scope is None else self.of_object(scope, value, path)

    def _of_list(self, item: "Shape", field: "Field", values: list[Any], path: Path) -> Any:
        mended: list[Any] = []
        n_before = len(self.errors)
        for index, value in enumerate(values):
            entry = self._of_value(item, field, value, Path(path, index, None))
            if entry is NULLED:
                return self._nulled(n_before)
            mended.append(entry)
        return mended

    def _nulled(self, n_before: int) -> _Nulled:
        """Keep the error that nulled something alone: the others stood in what is gone."""
        del self.errors[n_before:-1]
        return NULLED

    def _null(self, shape: "Shape") -> Any:
        return NULLED if self._propagates and not shape.nullable else None
