"""Fields that a row holds in itself: a column, one of several, or a function of some.

title: str = plain("Its title.")
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args

import strawberry

from graphql_api.execution import PLAN, Computed, OneOf, Rows
from graphql_api.schema import global_id
from graphql_api.schema.arguments import give_parameters


def plain(description: str) -> Any:  # stands for the annotated type
    """Declare a field that is an attribute of the row."""
    return strawberry.field(description=description)


def rows(description: str) -> Any:
    """Declare a field of a page that is its rows, or of an edge that is its row."""
    return strawberry.field(description=description, metadata={PLAN: Rows()})


def computed(
    function: Callable[..., Any],
    *,
    reads: tuple[str, ...],
    description: str,
    per_type: bool = False,
) -> Any:
    """Declare a field that is a function of columns; its further parameters are arguments.

    ``per_type`` says that ``function`` gives the function for a type, by the type's name.
    """

    def resolve(root: Any, **arguments: Any) -> Any:
        chosen = function(global_id.type_of(root)) if per_type else function
        return chosen(*(getattr(root, name) for name in reads), **arguments)

    signature = inspect.signature(function, eval_str=True)
    parameters = [] if per_type else list(signature.parameters.values())[len(reads) :]
    give_parameters(resolve, parameters, 1)
    returned = signature.return_annotation
    returned = get_args(returned)[-1] if per_type else returned
    gives = str if returned is str else None  # an int may be a large one
    spec = Computed(function, reads, gives, per_type)
    return strawberry.field(resolver=resolve, description=description, metadata={PLAN: spec})


def one_of(argument: inspect.Parameter, columns: Mapping[Any, str], description: str) -> Any:
    """Declare a field that is one of several columns, by an argument; None is the default."""

    def resolve(root: Any, **arguments: Any) -> Any:
        return getattr(root, columns[arguments.get(argument.name)])

    give_parameters(resolve, [argument], 1)
    spec = OneOf(argument.name, columns)
    return strawberry.field(resolver=resolve, description=description, metadata={PLAN: spec})
