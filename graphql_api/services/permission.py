"""Who may do what: one rule for each field that is guarded, declared on it and enforced by it."""

from collections.abc import Iterable
from enum import StrEnum

from graphql_api.models import NOBODY, Scope, Viewer
from graphql_api.services.problem import Code, PermissionProblem, RefusedError


class Reason(StrEnum):
    """Why a viewer may not change something."""

    LOGIN_REQUIRED = "LOGIN_REQUIRED"
    NOT_OWNER = "NOT_OWNER"
    INSUFFICIENT_SCOPE = "INSUFFICIENT_SCOPE"
    LOCKED = "LOCKED"
    DELETED = "DELETED"
    RATE_LIMITED = "RATE_LIMITED"


class Rule:
    """Whom a field is for: viewers with one of ``scopes``, and with ``owner`` whoever owns the row.

    Without scopes any user will do.
    """

    def __init__(self, *scopes: Scope, owner: bool = False) -> None:
        self.scopes = scopes
        self.owner = owner

    def check(self, viewer: Viewer) -> None:
        """Check what can be known before the row is read.

        Raises:
            RefusedError: nobody is logged in, or a scope is missing that no ownership makes up for.
        """
        if viewer.user_id == NOBODY:
            raise RefusedError(
                PermissionProblem(message="please log in first", code=Code.UNAUTHENTICATED)
            )
        if self.scopes and not self.owner:
            self.check_owner(viewer, None)

    def check_owner(self, viewer: Viewer, owner_id: int | None) -> None:
        """Check that the viewer may do this to a row of ``owner_id``.

        Raises:
            RefusedError: they may not.
        """
        if not self.allows(viewer, owner_id):
            said = "only its author may do this" if self.owner else "you may not do this"
            raise RefusedError(PermissionProblem(message=said, missing_scopes=self.scopes))

    def allows(self, viewer: Viewer, owner_id: int | None) -> bool:
        """Tell whether the viewer may do this to a row of ``owner_id``."""
        return not self.reasons(viewer, owner_id)

    def reasons(self, viewer: Viewer, owner_id: int | None) -> list[Reason]:
        """Say why the viewer may not do this to a row of ``owner_id``; nothing if they may."""
        if viewer.user_id == NOBODY:
            return [Reason.LOGIN_REQUIRED]
        if (self.owner and owner_id == viewer.user_id) or has_any(viewer, self.scopes):
            return []
        return [Reason.NOT_OWNER, Reason.INSUFFICIENT_SCOPE][not self.owner :]


def has_any(viewer: Viewer, scopes: Iterable[Scope]) -> bool:
    """Tell whether the viewer has one of some scopes; without any, a user is all it takes."""
    wanted = set(scopes)
    return viewer.user_id != NOBODY and (not wanted or not wanted.isdisjoint(viewer.scopes))


USER = Rule()
"""Whoever is logged in."""

ANYBODY = Rule()
"""For what needs no user, such as logging in; told from `USER` by being itself."""

CHANGE = Rule(Scope.MODERATE, owner=True)
"""To change or delete what somebody wrote: for its author, and for those who moderate."""
