"""From an operation to its plan."""

from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from graphql_api.execution.classify import (
    UnplannedError,
    check_directives,
    is_attribute,
    leads_to_rows,
    may_read_path,
)
from graphql_api.execution.columns import Columns
from graphql_api.execution.declare import PLAN, Batch, Computed, OneOf, Rows
from graphql_api.execution.generate import give_builder
from graphql_api.execution.leaves import Leaf
from graphql_api.execution.objects import AbstractShape, ObjectShape
from graphql_api.execution.plan import (
    Attribute,
    ComputedField,
    Field,
    OneOfField,
    Plan,
    Resolver,
    Scope,
    TypeName,
    chosen_column,
)
from graphql_api.execution.relation import RelationField
from graphql_api.execution.run import Run
from graphql_api.execution.shapes import LeafShape, ListShape, Shape

# of fields and object types: a short text can come to billions, by fragments in fragments or by
# interfaces in interfaces, whether or not there are objects for them
_MOST_PARTS = 1000
Grouped = dict[str, list[FieldDetails]]


def compile_plan(run: Run, *, leaves_times: bool) -> Plan:
    """Compile the operation of a run for the values that its Boolean variables have.

    Raises:
        UnplannedError: it holds something that no plan can do.
    """
    executor = run.executor
    operation = executor.operation
    root = executor.schema.get_root_type(operation.operation)
    if operation.operation is OperationType.SUBSCRIPTION or root is None:
        raise UnplannedError("a subscription" if root is not None else "no root type")
    if any(fragment.variable_signatures for fragment in executor.fragments.values()):
        raise UnplannedError("a fragment with variables")
    compiler = _Compiler(run, leaves_times=leaves_times)
    try:
        return compiler.plan(root)
    except RecursionError:
        raise UnplannedError("selections nested too deeply for a plan") from None


class _Relation:
    """The relation above a scope: whose rows are near, and what lies between."""

    def __init__(self, columns: Columns | None) -> None:
        self.columns = columns
        self.fields: set[str] = set()


class _Compiler:
    def __init__(self, run: Run, *, leaves_times: bool) -> None:
        self._run = run
        self._executor = executor = run.executor
        self._schema = executor.schema
        self._leaves_times = leaves_times
        self._columns: dict[Any, Columns] = {}
        self._scopes: list[Scope] = []
        self._n_fields = 0
        self._awaits_loaders = False
        # a mutation cannot be run a second time: what might need to be awaited is asked for early
        self._is_mutation = executor.operation.operation is OperationType.MUTATION

    def plan(self, root: GraphQLObjectType) -> Plan:
        executor = self._executor
        collected = collect_fields(
            self._schema,
            executor.fragments,
            executor.variable_values,
            root,
            executor.operation,
            executor.hide_suggestions,
        )
        if collected.new_defer_usages:
            raise UnplannedError("@defer")
        self._scope(root, collected.grouped_field_set, None, None, "")
        for each in self._scopes:
            give_builder(each, early=self._is_mutation)
        return Plan(self._scopes, self._n_fields, awaits_loaders=self._awaits_loaders)

    def _scope(
        self,
        kind: GraphQLObjectType,
        grouped: Grouped,
        source: Columns | None,
        above: _Relation | None,
        path: str,
    ) -> Scope:
        scope = Scope(kind, source)
        for details in grouped.values():
            field = self._field(scope, details, above, path)
            if field is not None:
                scope.fields.append(field)
                if source is not None:
                    source.add(*field.reads)
                    source.are_objects |= isinstance(field, Resolver)
        self._scopes.append(scope)
        return scope

    def _field(
        self, scope: Scope, details: list[FieldDetails], above: _Relation | None, path: str
    ) -> Field | None:
        name = details[0].node.name.value
        definition = self._schema.get_field(scope.type, name)
        if definition is None:
            return None
        if name in {"__schema", "__type"}:
            raise UnplannedError("introspection")
        for each in details:
            check_directives(each.node)
        self._n_fields += 1
        if self._n_fields + len(self._scopes) > _MOST_PARTS:
            raise UnplannedError("too large for a plan")
        declared = (definition.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
        key = (details[0].node.alias or details[0].node.name).value
        below = f"{path}.{key}" if path else key
        field = self._of_kind(details, definition, scope.type, declared, below)
        if above is not None and source_is_near(scope):
            above.fields.add(field.python_name)
        if not isinstance(field, TypeName):
            relation, source = self._below(field, declared, above)
            field.shape = self._shape(definition.type, field, source, relation, below)
            self._finish(field, relation)
        return field

    def _of_kind(
        self,
        details: list[FieldDetails],
        definition: GraphQLField,
        parent_type: GraphQLObjectType,
        declared: StrawberryField | None,
        path: str,
    ) -> Field:
        given = (details, definition, parent_type, declared)
        if details[0].node.name.value == "__typename":
            return TypeName(*given)
        says = None if declared is None or declared.extensions else declared.metadata.get(PLAN)
        if isinstance(says, Batch):
            columns = None
            if says.rows is not None:
                columns = self._columns.setdefault(says.rows, Columns(says.exact))
            self._awaits_loaders = True
            return RelationField(says, columns, path, *given)
        if isinstance(says, Computed):
            return ComputedField(says, *given)
        if isinstance(says, OneOf):
            return self._one_of(says, given)
        if declared is not None and is_attribute(declared, definition):
            return Attribute(*given)
        return Resolver(self._executor, *given, sees_path=may_read_path(declared))

    def _one_of(self, says: OneOf, given: tuple[Any, ...]) -> Field:
        field = OneOfField(says, *given)
        if not field.arguments.is_constant:
            return field
        try:
            column = chosen_column(says, field.arguments, self._run)
        except Exception:  # noqa: BLE001  # a wrong argument: said when the plan runs
            return field
        attribute = Attribute(*given)
        attribute.reads = (column,)
        return attribute

    def _below(
        self, field: Field, declared: StrawberryField | None, above: _Relation | None
    ) -> tuple[_Relation | None, Columns | None]:
        """Say for what a field gives: whose rows are near, and whether it gives them itself."""
        if isinstance(field, RelationField):
            relation = _Relation(field.columns)
            named = get_named_type(field.definition.type)
            gives_rows = is_object_type(named) and not leads_to_rows(named)
            if field.columns is not None and is_abstract_type(named):
                field.columns.are_objects = True
            return relation, field.columns if gives_rows else None
        if above is None or declared is None or isinstance(field, Resolver):
            return None, None
        if isinstance(declared.metadata.get(PLAN), Rows):
            return None, above.columns
        return above, None

    def _finish(self, field: Field, relation: _Relation | None) -> None:
        if not isinstance(field, RelationField) or field.shape is None or relation is None:
            return
        field.selected = frozenset(relation.fields)
        field.shares = not any(scope.sees_path for scope in field.shape.scopes())
        field.sees_path = not field.shares
        if field.columns is not None and field.batch.needs is not None:
            field.columns.add(*field.batch.needs(field.selected, self._known_arguments(field)))

    def _known_arguments(self, field: Field) -> Any:
        if not field.arguments.is_constant:
            return None
        try:
            return field.arguments.converted(self._run)
        except Exception:  # noqa: BLE001  # a wrong argument: said when the plan runs
            return None

    def _shape(
        self,
        kind: Any,
        field: Field,
        source: Columns | None,
        relation: _Relation | None,
        path: str,
    ) -> Shape:
        nullable = not is_non_null_type(kind)
        inner = kind if nullable else kind.of_type
        if is_list_type(inner):
            item = self._shape(inner.of_type, field, source, relation, path)
            return ListShape(item, field, nullable=nullable)
        if is_leaf_type(inner):
            leaf = Leaf(inner, field, nullable=nullable, leaves_times=self._leaves_times)
            return LeafShape(leaf, field, nullable=nullable)
        if is_object_type(inner):
            shape: Shape = self._object(inner, field, source, relation, path, nullable=nullable)
        else:
            shape = AbstractShape(
                inner,
                {
                    each.name: self._object(each, field, None, None, path, nullable=nullable)
                    for each in self._schema.get_possible_types(inner)
                },
                field,
                nullable=nullable,
            )
            field.sees_path = True  # whoever finds a value's type may read the path
        field.sees_path |= any(scope.sees_path for scope in shape.scopes())
        return shape

    def _object(  # what stands above, passed down
        self,
        kind: GraphQLObjectType,
        field: Field,
        source: Columns | None,
        relation: _Relation | None,
        path: str,
        *,
        nullable: bool,
    ) -> ObjectShape:
        executor = self._executor
        collected = collect_subfields(
            self._schema,
            executor.fragments,
            executor.variable_values,
            executor.operation,
            kind,
            field.details,
            executor.hide_suggestions,
        )
        if collected.new_defer_usages:
            raise UnplannedError("@defer")
        scope = self._scope(kind, collected.grouped_field_set, source, relation, path)
        return ObjectShape(scope, field, nullable=nullable)


def source_is_near(scope: Scope) -> bool:
    """Tell whether a scope lies between a relation and its rows, rather than being of rows."""
    return scope.source is None
