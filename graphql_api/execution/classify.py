"""What a field of a schema is to a plan, and what no plan can do."""

from graphql import FieldNode, GraphQLField, GraphQLObjectType
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from graphql_api.execution.declare import PLAN, Rows

_PLANNED_DIRECTIVES = {"skip", "include"}


class UnplannedError(Exception):
    """Only graphql-core can run the operation; the message is the reason."""


def check_directives(node: FieldNode) -> None:
    """Refuse a field with a directive that is not ours to follow."""
    for directive in node.directives or ():
        if directive.name.value not in _PLANNED_DIRECTIVES:
            raise UnplannedError(f"@{directive.name.value}")


def is_attribute(declared: StrawberryField, definition: GraphQLField) -> bool:
    """Tell whether the field is a plain ``getattr``, with nothing of Strawberry's around it."""
    return (
        declared.is_basic_field
        and getattr(definition.resolve, "__name__", "") == "_get_basic_result"
        and type(declared).get_result is StrawberryField.get_result
        and declared.default_resolver is getattr
    )


def may_read_path(declared: StrawberryField | None) -> bool:
    """Tell whether a resolver is told where it stands."""
    return (
        declared is None
        or bool(declared.extensions)
        or declared.base_resolver is None
        or declared.base_resolver.info_parameter is not None
    )


def leads_to_rows(kind: GraphQLObjectType) -> bool:
    """Tell whether objects of the type hold rows in fields, as a page does, and are none."""
    for definition in kind.fields.values():
        declared = (definition.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if declared is not None and isinstance(declared.metadata.get(PLAN), Rows):
            return True
    return False
