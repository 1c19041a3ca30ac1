"""Who asks: plain values that loaders and services share.

Nobody is anybody's viewer by accident: what a request proves about itself becomes a `Viewer` in one
place, and everything else is handed it.
"""

from dataclasses import dataclass
from enum import StrEnum

from graphql_api.models.account import Role
from graphql_api.models.base import DEFAULT_TENANT

NOBODY = 0
"""The user id of a viewer who did not log in: no row has it."""


class Scope(StrEnum):
    """What a viewer may do beyond reading what is public."""

    POST_WRITE = "post_write"
    COMMENT_WRITE = "comment_write"
    MODERATE = "moderate"
    ANALYTICS_READ = "analytics_read"
    AUDIT_READ = "audit_read"
    OPS_READ = "ops_read"
    TENANT_ADMIN = "tenant_admin"


_READER = frozenset({Scope.COMMENT_WRITE})
_AUTHOR = _READER | {Scope.POST_WRITE}
_EDITOR = _AUTHOR | {Scope.MODERATE, Scope.ANALYTICS_READ}

SCOPES: dict[Role, frozenset[Scope]] = {
    Role.READER: _READER,
    Role.AUTHOR: _AUTHOR,
    Role.EDITOR: _EDITOR,
    Role.ADMINISTRATOR: frozenset(Scope),
}
"""What each role may do."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and for which tenant."""

    tenant_id: int = DEFAULT_TENANT
    user_id: int = NOBODY
    role: Role | None = None
    """None where nobody logged in."""

    @property
    def scopes(self) -> frozenset[Scope]:
        """What the viewer may do."""
        return frozenset() if self.role is None else SCOPES[self.role]

    def has(self, scope: Scope) -> bool:
        """Tell whether the viewer may do something."""
        return scope in self.scopes
