"""What an operation may ask of its execution."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Mode(Enum):
    """Which executor runs operations."""

    PLAN = "plan"
    """Ours, level by level; what it cannot do goes to graphql-core."""
    REFERENCE = "reference"
    """graphql-core's, field by field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How to execute one operation: the attribute ``execution`` of its context, if it has one."""

    mode: Mode = Mode.PLAN
    leaves_times: bool = False
    """Leave datetimes in the result to whoever writes it as JSON, in the same format."""
    in_parts: bool = False
    """Answer what @defer and @stream are on later; else they are as if they were not there."""


DEFAULT = Execution()


def options_of(context: Any) -> Execution:
    """Return what the context of an operation asks of its execution."""
    options: Execution = getattr(context, "execution", DEFAULT)
    return options
