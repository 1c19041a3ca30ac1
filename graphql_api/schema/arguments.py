"""Arguments that several fields take, described once."""

import inspect
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any

import strawberry

DEFAULT_SIZE = 20
LARGEST_SIZE = 100


def argument(
    name: str,
    kind: Any,  # an annotation
    description: str,
    *,
    default: object = strawberry.UNSET,
) -> inspect.Parameter:
    """Describe one argument of a field; it is required when its type is not optional."""
    if default is strawberry.UNSET and not _is_optional(kind):
        default = inspect.Parameter.empty
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, strawberry.argument(description=description)],
    )


def give_parameters(resolve: Any, parameters: Sequence[inspect.Parameter], n_own: int) -> None:
    """Have Strawberry see ``parameters`` where the function has ``**arguments``."""
    own = list(inspect.signature(resolve).parameters.values())[:n_own]
    resolve.__signature__ = inspect.Signature([*own, *parameters])


def _is_optional(kind: Any) -> bool:  # an annotation
    return isinstance(kind, UnionType) and NoneType in kind.__args__


FIRST = argument(
    "first",
    int | None,
    f"How many from the start, or from `after` on: 1 to {LARGEST_SIZE}; "
    f"{DEFAULT_SIZE} when neither `first` nor `last` is given.",
)
AFTER = argument("after", str | None, "Begin after the entry with this cursor.")
LAST = argument(
    "last",
    int | None,
    f"How many from the end, or up to `before`: 1 to {LARGEST_SIZE}; not together with `first`.",
)
BEFORE = argument("before", str | None, "End before the entry with this cursor.")
AROUND = argument(
    "around",
    strawberry.ID | None,
    "Give the page that holds the comment with this id, in its middle where the list allows; "
    "`first` says how large. Empty when the comment is not in the list.",
)
