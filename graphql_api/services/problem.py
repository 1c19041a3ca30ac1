"""Expected failures, as values: what a client can show to a person, or act upon.

A service collects them and raises `RefusedError`, which undoes its transaction; whoever called it
hands them on. What is none of these is a fault, and no client's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from graphql_api.models import Scope


class Code(StrEnum):
    """What a program tells failures apart by."""

    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    CONFLICT = "CONFLICT"
    FORBIDDEN = "FORBIDDEN"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    RATE_LIMITED = "RATE_LIMITED"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"


class Subject(NamedTuple):
    """A row, by the name of its type and its id."""

    type_name: str
    number: int


class Difference(NamedTuple):
    """A field whose value is not what it was, or was expected to be."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong."""

    message: str
    """A sentence for a person."""
    code: Code
    path: tuple[str, ...] | None = None
    """Where in the input, by GraphQL's names and indices; None where it is the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationProblem(Problem):
    """A value cannot be taken."""

    code: Code = Code.INVALID
    constraint: str | None = None
    """The limit that it breaks, such as ``max_length: 300``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFoundProblem(Problem):
    """There is nothing with an id, or nothing that the viewer may see."""

    code: Code = Code.NOT_FOUND
    missing: Subject | str | None = None
    """What is not there; a text where it is no id at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictProblem(Problem):
    """Somebody else changed it since the client looked."""

    code: Code = Code.CONFLICT
    expected_version: int
    current_version: int
    current: Subject
    changed_fields: tuple[Difference, ...]
    """Of the fields that the client sent, those that hold another value: it, and what was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionProblem(Problem):
    """The viewer may not do this."""

    code: Code = Code.FORBIDDEN
    missing_scopes: tuple[Scope, ...] = ()
    """One of these would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitProblem(Problem):
    """It was tried too often."""

    code: Code = Code.RATE_LIMITED
    retry_after_seconds: int


class RefusedError(Exception):
    """A change was refused, and nothing happened; ``problems`` say why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems: Sequence[Problem] = problems
