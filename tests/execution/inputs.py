"""What goes into fields: enums, an input object, a scalar, and the functions of computed fields."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NewType, Optional

import strawberry

from graphql_api.execution import PLAN
from tests.execution.world import Context

Info = strawberry.Info[Context, None]
Odd = NewType("Odd", int)


def write_odd(value: Any) -> Any:
    """Write a number that is odd, and no other; None for zero."""
    if value == 0:
        return None
    if value % 2 == 0:
        raise ValueError(f"{value} is even")
    return value


@strawberry.enum
class Color(Enum):
    """An enum of texts."""

    RED = "red"
    BLUE = "blue"


@strawberry.enum
class Size(Enum):
    """An enum of numbers."""

    SMALL = 1
    LARGE = 2


@strawberry.enum
class Form(Enum):
    """What text to have; there is no column for a missing one."""

    SHORT = "short"
    LONG = "long"
    MISSING = "missing"


@strawberry.input
class Filter:
    """An input object with defaults, a list, an enum and itself."""

    start: int = 0
    tags: list[str] | None = None
    color: Color | None = strawberry.UNSET
    inner: Optional["Filter"] = None


def shown(arguments: Mapping[str, Any]) -> str:
    """Write arguments out, so that any difference between them is seen."""
    return repr(sorted(arguments.items()))


def badge_of(type_name: str) -> Callable[..., str]:
    """Give what computes from the type's name, a column and an argument."""

    def badge(handle: Any, times: int = 1) -> str:
        return f"{type_name}:{handle * times}"

    return badge


def stamp_of(serial: int) -> str:
    """Compute what is always a text."""
    return f"no. {serial}"


async def promised(value: Any) -> Any:
    """Give the value to whoever waits."""
    return value


def initials_of(handle: Any) -> Any:
    """Compute from a column; what has no length fails, and seven takes its time."""
    if handle == 7:
        return promised("seven")
    return handle[0] if len(handle) else None


def marks_of(handle: Any, nick: Any) -> Any:
    """Compute a list from two columns."""
    return [handle, nick, *handle]


TEXTS = {None: "handle", Form.SHORT: "nick", Form.LONG: "handle"}
MANY_TEXTS = {True: "names", False: "other_names"}


def planned(says: Any, **given: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a field of a resolver, which says how a plan does it, if it does."""
    metadata = {} if says is None else {PLAN: says}

    def decorate(function: Callable[..., Any]) -> Any:
        return strawberry.field(resolver=function, metadata=metadata, **given)

    return decorate
