"""A plan: the object types of an operation with their fields, and how each field gets its values.

Made by `compile`, run by `run`. Fields are of two kinds: those that the code of a scope works out
as it builds an object, and those whose values for all objects of the level are had before, as a
column, because something is loaded for them or selected of them.
"""

from collections.abc import Callable
from operator import attrgetter, itemgetter
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

from graphql_api.execution.columns import Columns
from graphql_api.execution.declare import Computed, Exact, OneOf
from graphql_api.execution.info import Arguments, At, LazyInfo
from graphql_api.execution.run import Run
from graphql_api.execution.shapes import Completion, Shape

Build = Callable[..., list[Any]]


class Scope:
    """An object type with what one place of an operation selects of it."""

    def __init__(self, kind: GraphQLObjectType, source: Columns | None) -> None:
        self.type = kind
        self.source = source
        """How its objects are laid out, where they are rows of a loader; None for other objects."""
        self.fields: list[Field] = []
        self.columned: list[Field] = []
        """Fields whose values for all objects are had before any object is built."""
        self.bound: list[Field] = []
        """Fields whose function is made once a run, from its arguments."""
        self.build: Build

    @property
    def is_sequence(self) -> bool:
        """Whether objects are rows as sequences, rather than objects with attributes."""
        return self.source is not None and not self.source.are_objects

    def exact(self, field: "Field") -> Exact | None:
        """Return what is known for certain of the values of a field that is worked out inline."""
        if isinstance(field, ComputedField) and field.gives is not None:
            return None if field in self.bound else (field.gives, False)
        if isinstance(field, Attribute) and self.is_sequence and self.source is not None:
            return self.source.exact.get(field.reads[0])
        return None

    @property
    def sees_path(self) -> bool:
        """Whether something in or below may read its path, and so must run for each place."""
        return any(field.sees_path for field in self.fields)

    def getter(self, *names: str) -> Callable[[Any], Any]:
        """Return the function that reads columns of an object: a value, or a tuple of several."""
        if not names:
            return lambda _object: ()
        if self.is_sequence and self.source is not None:
            return itemgetter(*(self.source.place(name) for name in names))
        return attrgetter(*names)

    def cut(self) -> None:
        """Drop what leads from the scope to itself."""
        del self.build
        for field in self.fields:
            field.shape = None

    def opened(self, objects: list[Any], run: Run, at: At | None) -> "Frame":
        """Start what the columns need, for all objects at once."""
        frame = Frame(self, objects)
        for field in self.columned:
            frame.columns.append(field.start(self, objects, run, at))
        return frame


class Frame:
    """The objects of one scope on their way to the answer."""

    __slots__ = ("_objects", "_scope", "columns")

    def __init__(self, scope: Scope, objects: list[Any]) -> None:
        self._scope = scope
        self._objects = objects
        self.columns: list[Completion] = []

    def finish(self, run: Run) -> list[Any]:
        """Build the objects of the answer."""
        scope = self._scope
        given: list[Any] = [column.finish(run) for column in self.columns] if self.columns else []
        if scope.bound:
            given += [field.bind(run) for field in scope.bound]
        return scope.build(self._objects, run, *given)


class Plan:
    """How to run an operation."""

    def __init__(self, scopes: list[Scope], n_fields: int, *, awaits_loaders: bool) -> None:
        self._scopes = scopes
        self.root = scopes[-1]
        self.n_fields = n_fields
        self.awaits_loaders = awaits_loaders

    def __del__(self) -> None:
        """Have the plan end with whoever holds it last; the garbage collector comes too seldom."""
        for scope in self._scopes:
            scope.cut()


class Field:
    """A field at one place of an operation."""

    sees_path = False
    reads: tuple[str, ...] = ()
    """What it reads of its object."""

    def __init__(
        self,
        details: list[FieldDetails],
        definition: GraphQLField,
        parent_type: GraphQLObjectType,
        declared: StrawberryField | None,
    ) -> None:
        node = details[0].node
        self.key = (node.alias or node.name).value
        self.details = details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.definition = definition
        self.parent_type = parent_type
        self.name = node.name.value
        self.python_name = declared.python_name if declared is not None else self.name
        self.arguments = Arguments(definition, details[0], declared)
        self.shape: Shape | None = None
        self.read: Callable[[Any], Any] = _unread
        """Reads what the field `reads` of an object; given when the object's layout is known."""

    def start(self, scope: Scope, objects: list[Any], run: Run, at: At | None) -> Completion:
        """Begin to get the field's values for all objects; for fields that are `columned`."""
        raise NotImplementedError

    def bind(self, run: Run) -> Callable[..., Any]:
        """Return the function of what the field reads; for fields that are `bound`."""
        raise NotImplementedError

    def info(self, run: Run, at: At | None, index: int) -> Any:
        """Build what a resolver is told for the object at ``index``."""
        return LazyInfo(
            run.executor,
            nodes=self.nodes,
            definition=self.definition,
            parent_type=self.parent_type,
            at=at or _no_paths,
            index=index,
        )

    def below(self, scope: Scope, at: At | None) -> At | None:
        """Return the paths of the field, from those of its objects."""
        if at is None:
            return None
        return lambda: [Path(path, self.key, scope.type.name) for path in at()]


def _unread(_object: Any) -> Any:
    raise AssertionError("a field of a plan was run before it was compiled")


def _no_paths() -> list[Path | None]:
    raise AssertionError("a plan shared objects between places, and something read its path")


class TypeName(Field):
    """``__typename``."""


class Attribute(Field):
    """A field that is an attribute of its object."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.reads = (self.python_name,)

    def start(self, scope: Scope, objects: list[Any], run: Run, at: At | None) -> Completion:
        """Read the attribute of all objects."""
        try:
            values = list(map(self.read, objects))
        except Exception:  # noqa: BLE001  # a property's own error: find out whose
            values = [_attempt(self.read, each) for each in objects]
        return _shape_of(self).complete(values, run, self.below(scope, at))


def _attempt(read: Callable[[Any], Any], parent: Any) -> Any:
    try:
        return read(parent)
    except Exception as error:  # noqa: BLE001  # it stands for the value, and is reported there
        return error


class _OfColumns(Field):
    """A field whose function of some columns may give more than a leaf."""

    def start(self, scope: Scope, objects: list[Any], run: Run, at: At | None) -> Completion:
        """Call the function for all objects."""
        function = self.bind(run)
        read = [scope.getter(name) for name in self.reads]
        values = [
            _attempt(lambda each: function(*(get(each) for get in read)), each) for each in objects
        ]
        return _shape_of(self).complete(values, run, self.below(scope, at))


class ComputedField(_OfColumns):
    """A field that is a function of some columns."""

    def __init__(self, computed: Computed, *given: Any) -> None:
        super().__init__(*given)
        self.function = computed.function
        if computed.per_type:
            self.function = computed.function(self.parent_type.name)
        self.reads = computed.reads
        self.gives = computed.gives

    def bind(self, run: Run) -> Callable[..., Any]:
        """Fix the arguments."""
        function = self.function
        if self.arguments.is_empty:
            return function
        try:
            given = self.arguments.converted(run)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with an argument
            return _always(error)
        return lambda *values: function(*values, **given)


class OneOfField(_OfColumns):
    """A field that is one of several columns, by an argument that has a variable."""

    def __init__(self, one_of: OneOf, *given: Any) -> None:
        super().__init__(*given)
        self._one_of = one_of
        self.reads = tuple(dict.fromkeys(one_of.columns.values()))

    def bind(self, run: Run) -> Callable[..., Any]:
        """Choose the column."""
        try:
            column = chosen_column(self._one_of, self.arguments, run)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with an argument
            return _always(error)
        place = self.reads.index(column)
        return lambda *values: values[place]


def chosen_column(one_of: OneOf, arguments: Arguments, run: Run) -> str:
    """Return the column that the argument names."""
    return one_of.columns[arguments.converted(run).get(one_of.argument)]


def _always(error: Exception) -> Callable[..., Any]:
    return lambda *_values: error


class Resolver(Field):
    """A field with a resolver of its own, called for each object; awaited for all at once."""

    def __init__(self, executor: Any, *given: Any, sees_path: bool) -> None:
        super().__init__(*given)
        self.sees_path = sees_path
        self._resolve = self.definition.resolve or executor.field_resolver

    def start(self, scope: Scope, objects: list[Any], run: Run, at: At | None) -> Completion:
        """Call the resolver for each object, in their order."""
        below = self.below(scope, at)
        shape = _shape_of(self)
        try:
            arguments = self.arguments.raw(run.executor)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with an argument
            return shape.complete([error] * len(objects), run, below)
        values = []
        for index, parent in enumerate(objects):
            try:
                value = self._resolve(parent, self.info(run, below, index), **arguments)
            except Exception as error:  # noqa: BLE001  # whatever a resolver raises
                value = error
            values.append(value)
        return shape.complete(values, run, below)


def _shape_of(field: Field) -> Shape:
    if field.shape is None:
        raise AssertionError(f"{field.name} was compiled without its type")
    return field.shape
