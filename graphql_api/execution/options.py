"""What an operation may ask of its execution."""

from dataclasses import dataclass
from enum import Enum


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


DEFAULT = Execution()
