"""What happens where a limit is exceeded: it is counted, by its name, and there is an error."""

from collections import Counter
from typing import Literal, get_args

from graphql_api.errors import LimitExceededError

LimitName = Literal[
    "address",
    "aliases",
    "body",
    "characters",
    "cost",
    "depth",
    "directives",
    "fields",
    "fragments",
    "headers",
    "introspection",
    "mutations",
    "nodes",
    "operations",
    "rate",
    "root_fields",
    "socket_operations",
    "tokens",
    "validation",
    "variables",
]
"""What is limited; most are a setting's name without its `max_`."""

EXCEEDED: Counter[LimitName] = Counter(dict.fromkeys(get_args(LimitName), 0))
"""How often each limit was exceeded since the process began."""


def exceeded(limit: LimitName, message: str, counted: int, allowed: int) -> LimitExceededError:
    """Count it, and return the error that says so."""
    EXCEEDED[limit] += 1
    return LimitExceededError(message, counted=counted, allowed=allowed)


def too_many(limit: LimitName, what: str, counted: int, allowed: int) -> LimitExceededError:
    """Do so for one thing of which a document has too many."""
    said = f"the document has {counted} {what}, but {allowed} are allowed"
    return exceeded(limit, said, counted, allowed)
