"""The code that builds the objects of a scope: one loop, one dict display, in selection order.

For ``{ id title author { name } }`` of rows (key, id, title, author_id) it comes to

    def build(objects, run, column0):
        return [
            {
                'id': (v0 if (v0 := function0(r1)).__class__ is str else exactly0(v0, run)),
                'title': (r2 if r2.__class__ is str else exactly1(r2, run)),
                'author': c0,
            }
            for (_, r1, r2, _), c0 in zip(objects, column0)
        ]

or, where the classes of values are known for certain, to ``'id': function0(r1)`` and
``'title': r2``.
"""

from collections.abc import Callable, Iterator
from typing import Any

from graphql_api.execution.leaves import Leaf, RerunNeededError
from graphql_api.execution.plan import (
    Attribute,
    Build,
    ComputedField,
    Field,
    OneOfField,
    Scope,
    TypeName,
)
from graphql_api.execution.run import Run
from graphql_api.execution.shapes import LeafShape


def give_builder(scope: Scope, *, early: bool) -> None:
    """Divide the scope's fields, and write and compile the function that builds its objects."""
    for field in scope.fields:
        field.read = scope.getter(*field.reads)
        if not _is_inline(field, early=early):
            scope.columned.append(field)
        elif isinstance(field, OneOfField) or _has_arguments(field):
            scope.bound.append(field)
    build = _compiled(scope)

    def build_safely(objects: list[Any], run: Run, *given: Any) -> list[Any]:
        try:
            return build(objects, run, *given)
        except RerunNeededError:
            raise
        except Exception:  # noqa: BLE001  # one attribute or function raised: find out which
            return list(_one_by_one(scope, objects, run, given))

    scope.build = build_safely


def _is_inline(field: Field, *, early: bool) -> bool:
    """Tell whether a field's value is worked out while its object is built.

    When ``early`` none is: a value could need to be awaited, and the plan could not start again.
    """
    if isinstance(field, TypeName):
        return True
    if early or not isinstance(field.shape, LeafShape):
        return False
    return isinstance(field, Attribute | ComputedField | OneOfField)


def _has_arguments(field: Field) -> bool:
    return isinstance(field, ComputedField) and not field.arguments.is_empty


def _compiled(scope: Scope) -> Build:
    names: dict[str, Any] = {}
    items: list[str] = []
    for number, field in enumerate(scope.fields):
        if field in scope.columned:
            value = f"c{scope.columned.index(field)}"
        elif isinstance(field, TypeName):
            value = repr(scope.type.name)
        else:
            value = _inline(number, field, scope, names)
        items.append(f"{field.key!r}: {value}")
    source = _source(scope, f"{{{', '.join(items)}}}")
    exec(compile(source, f"<plan of {scope.type.name}>", "exec"), names)  # noqa: S102  # names and places alone are written into it
    build: Build = names.pop("build")  # it holds the names: they are not to hold it
    return build


def _inline(number: int, field: Field, scope: Scope, names: dict[str, Any]) -> str:
    """Write the expression of a field."""
    read = [_variable(name, scope) for name in field.reads]
    if isinstance(field, Attribute):
        found = read[0]
    else:
        function = f"function{number}"
        if field in scope.bound:
            function = f"f{scope.bound.index(field)}"
        elif isinstance(field, ComputedField):
            names[function] = field.function
        found = f"{function}({', '.join(read)})"
    leaf = _leaf(field)
    if leaf.writes(scope.exact(field)):
        return found
    if isinstance(field, Attribute) and scope.is_sequence:
        return leaf.expression(found, found, names, number)
    return leaf.expression(f"(v{number} := {found})", f"v{number}", names, number)


def _variable(name: str, scope: Scope) -> str:
    if scope.is_sequence and scope.source is not None:
        return f"r{scope.source.place(name)}"
    return f"o.{name}"


def _source(scope: Scope, answer: str) -> str:
    columns = [f"c{number}" for number in range(len(scope.columned))]
    functions = [f"f{number}" for number in range(len(scope.bound))]
    given = ["objects", "run", *(f"column{name[1:]}" for name in columns), *functions]
    target, over = _target(scope, answer), "objects"
    if columns:
        target = f"{target}, {', '.join(columns)}"
        over = f"zip(objects, {', '.join(f'column{name[1:]}' for name in columns)})"
    return f"def build({', '.join(given)}):\n    return [{answer} for {target} in {over}]"


def _target(scope: Scope, written: str) -> str:
    """Write what an object is unpacked into: a variable for each column that the code reads."""
    if not scope.is_sequence or scope.source is None:
        return "o"
    columns = scope.source.chosen or ()
    used = {name: f"r{scope.source.place(name)}" for name in columns}
    variables = ["_", *(used[name] if used[name] in written else "_" for name in columns)]
    return f"({', '.join(variables)},)"


def _leaf(field: Field) -> Leaf:
    assert isinstance(field.shape, LeafShape)  # noqa: S101  # as `_is_inline` found
    return field.shape.leaf


def _one_by_one(
    scope: Scope, objects: list[Any], run: Run, given: tuple[Any, ...]
) -> Iterator[dict[str, Any]]:
    """Build each object field by field, so that an error is that of its own field alone."""
    columns = dict(zip(scope.columned, given, strict=False))
    functions = dict(zip(scope.bound, given[len(columns) :], strict=True))
    for index, each in enumerate(objects):
        answer: dict[str, Any] = {}
        for field in scope.fields:
            if field in columns:
                answer[field.key] = columns[field][index]
            elif isinstance(field, TypeName):
                answer[field.key] = scope.type.name
            else:
                function = functions.get(field)
                value = _attempt(field, function, scope, each)
                answer[field.key] = _leaf(field).exactly(value, run)
        yield answer


def _attempt(field: Field, function: Callable[..., Any] | None, scope: Scope, each: Any) -> Any:
    try:
        values = [scope.getter(name)(each) for name in field.reads]
        if isinstance(field, Attribute):
            return values[0]
        if function is None and isinstance(field, ComputedField):
            function = field.function
        return values if function is None else function(*values)
    except Exception as error:  # noqa: BLE001  # it stands for the value, and is reported there
        return error
