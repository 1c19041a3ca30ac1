"""Descriptions: Strawberry drops docstrings, so the first paragraph of each becomes its type's."""

import inspect

import strawberry
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition


def describe(schema: strawberry.Schema) -> None:
    """Give every type and enum of ours without a description its class's docstring."""
    for graphql_type in schema._schema.type_map.values():  # noqa: SLF001  # no public way
        definition = graphql_type.extensions.get("strawberry-definition")
        if graphql_type.description is None and (source := _source(definition)) is not None:
            graphql_type.description = inspect.cleandoc(source).partition("\n\n")[0]


def _source(definition: object) -> str | None:
    if isinstance(definition, StrawberryObjectDefinition):
        return definition.origin.__doc__
    if isinstance(definition, StrawberryEnumDefinition):
        return definition.wrapped_cls.__doc__
    return None
