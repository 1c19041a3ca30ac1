"""Errors that a person can cause by filling in a form wrongly: values of a mutation's payload."""

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar

import strawberry

from graphql_api.schema import global_id
from graphql_api.schema.columns import computed, plain
from graphql_api.schema.permission import Scope
from graphql_api.schema.subjects import found
from graphql_api.schema.types.field_change import FieldChange, public_changes
from graphql_api.schema.types.interface import Node
from graphql_api.services import problem
from graphql_api.services.problem import Difference, Subject


@strawberry.enum
class ErrorCode(Enum):
    """What a program tells errors apart by."""

    INVALID = strawberry.enum_value("INVALID", description="The value cannot be taken.")
    REQUIRED = strawberry.enum_value("REQUIRED", description="A value is needed.")
    TOO_LONG = strawberry.enum_value("TOO_LONG", description="The text is too long.")
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="There is no such thing, or none that you may see."
    )
    ALREADY_EXISTS = strawberry.enum_value(
        "ALREADY_EXISTS", description="Something else has this name already."
    )
    CONFLICT = strawberry.enum_value("CONFLICT", description="Somebody else changed it meanwhile.")
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="You may not do this.")
    UNAUTHENTICATED = strawberry.enum_value(
        "UNAUTHENTICATED", description="Nobody is logged in, or the credentials are wrong."
    )
    RATE_LIMITED = strawberry.enum_value("RATE_LIMITED", description="It was tried too often.")
    IDEMPOTENCY_MISMATCH = strawberry.enum_value(
        "IDEMPOTENCY_MISMATCH", description="The key was used before, for another input."
    )
    LIMIT_EXCEEDED = strawberry.enum_value("LIMIT_EXCEEDED", description="It is too much.")


@strawberry.interface
class UserError:
    """Why a mutation did nothing: one thing that is wrong with its input, or with who asks."""

    row: ClassVar[type]

    message: str = plain("A sentence for a person.")
    code: ErrorCode = plain("What kind of error it is.")
    path: list[str] | None = plain("Where in the input it is; null where it is the whole.")

    @classmethod
    def is_type_of(cls, obj: object, _info: object) -> bool:
        """Tell the problems of one kind from others."""
        return isinstance(obj, cls.row)

    @classmethod
    def resolve_type(cls, obj: object, *_: object) -> str:
        """Name the type of a problem."""
        return _TYPE_OF_PROBLEM[type(obj)]


@strawberry.type
class ValidationError(UserError):
    """A value cannot be taken."""

    row = problem.ValidationProblem

    constraint: str | None = plain("The limit that it breaks, such as `max_length: 300`.")


def _missing_id(missing: Subject | str | None) -> str | None:
    return global_id.encode(*missing) if isinstance(missing, Subject) else missing


@strawberry.type
class NotFoundError(UserError):
    """There is nothing with an id, or nothing that the viewer may see."""

    row = problem.NotFoundProblem

    missing_id: strawberry.ID | None = computed(
        _missing_id, reads=("missing",), description="The id, as it was given."
    )


def _changed(current: Subject, changed: Sequence[Difference]) -> list[Difference]:
    return public_changes(current.type_name, changed)


@strawberry.type
class ConflictError(UserError):
    """Somebody else changed it: carries the current thing, and the fields that differ, to merge."""

    row = problem.ConflictProblem

    expected_version: int = plain("The version that was named.")
    current_version: int = plain("The version that it has.")
    current: Node | None = found("current", "The thing as it is now.")
    changed_fields: list[FieldChange] = computed(
        _changed,
        reads=("current", "changed_fields"),
        description="Of the fields sent, those that hold another value.",
    )


@strawberry.type
class PermissionError(UserError):  # noqa: A001  # the schema's name
    """The viewer may not do this."""

    row = problem.PermissionProblem

    missing_scopes: list[Scope] = plain("One of these would do.")


@strawberry.type
class RateLimitError(UserError):
    """It was tried too often."""

    row = problem.RateLimitProblem

    retry_after_seconds: int = plain("When to try again, in seconds.")


ERRORS = (ValidationError, NotFoundError, ConflictError, PermissionError, RateLimitError)
_TYPE_OF_PROBLEM: dict[type, str] = {kind.row: kind.__name__ for kind in ERRORS}
