"""Changing a row that counts its versions: the optimistic lock, and what a change leaves behind."""

from collections.abc import Mapping
from typing import Any, Protocol

from graphql_api.models import Action
from graphql_api.services.change import Change, Written, differences
from graphql_api.services.problem import ConflictProblem, NotFoundProblem, RefusedError, Subject

Content = Mapping[str, Any]
"""The fields of a row that people write, by GraphQL's names."""


class Versioned(Protocol):
    """A row with a version."""

    version: Any
    updated_at: Any


def check_version(
    subject: Subject, current: int, expected: int | None, content: Content, sent: Content
) -> None:
    """Check that nobody changed a row since the client saw it; None is for who does not care.

    The row must be locked. ``content`` is what it holds, ``sent`` what the client wants it to.

    Raises:
        RefusedError: it has another version by now.
    """
    if expected is None or expected == current:
        return
    raise RefusedError(
        ConflictProblem(
            message=f"somebody changed it: you expected version {expected}, it has {current}",
            path=("expectedVersion",),
            expected_version=expected,
            current_version=current,
            current=subject,
            changed_fields=differences(content, sent),
        )
    )


def wrote_version(
    change: Change,
    row: Versioned,
    subject: Subject,
    owner_id: int | None,
    before: Content,
    after: Content,
) -> None:
    """Count a row's version up and note what changed, if anything did."""
    changes = differences(before, after)
    if not changes:
        return
    row.version += 1
    row.updated_at = change.now
    change.wrote(Written(subject, Action.UPDATE, row.version, owner_id, changes, after))


def missing(subject: Subject, *path: str) -> RefusedError:
    """Say that there is no such thing, or none that the viewer may see: nobody can tell which."""
    said = f"there is no such {subject.type_name.lower()}"
    return RefusedError(NotFoundProblem(message=said, path=path or ("id",), missing=subject))
