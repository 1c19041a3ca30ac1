"""`@requires`: who may use a field. What stands in the SDL is what is enforced."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.schema_directive import Location

from graphql_api import models
from graphql_api.errors import ForbiddenError, UnauthenticatedError
from graphql_api.schema.context import Context
from graphql_api.services.permission import Rule

RULE = "rule"
"""The key of a field's metadata under which its rule stands."""


@strawberry.enum
class Scope(Enum):
    """What a viewer may do beyond reading what is public; roles are made of these."""

    POST_WRITE = strawberry.enum_value(
        models.Scope.POST_WRITE.value, description="Write posts, and change one's own."
    )
    COMMENT_WRITE = strawberry.enum_value(
        models.Scope.COMMENT_WRITE.value, description="Comment, and change one's own comments."
    )
    MODERATE = strawberry.enum_value(
        models.Scope.MODERATE.value,
        description="See and change what others wrote, and its tags.",
    )
    ANALYTICS_READ = strawberry.enum_value(
        models.Scope.ANALYTICS_READ.value, description="See how others' content does."
    )
    AUDIT_READ = strawberry.enum_value(
        models.Scope.AUDIT_READ.value, description="See who changed what."
    )
    OPS_READ = strawberry.enum_value(models.Scope.OPS_READ.value, description="See how it runs.")
    TENANT_ADMIN = strawberry.enum_value(
        models.Scope.TENANT_ADMIN.value, description="Manage people and categories."
    )


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="requires",
    description="Who may use the field: viewers with one of the scopes, and with `owner` whoever"
    " owns the thing. A mutation answers others with a `PermissionError`; another field is null,"
    " with a `FORBIDDEN` error.",
)
class Requires:
    """Marks a field that is not for everybody."""

    scopes: list[Scope]
    owner: bool = False


def marks(rule: Rule) -> dict[str, Any]:
    """Give what a field's declaration says of its rule: the directive, and the rule itself."""
    scopes = [Scope(scope.value) for scope in rule.scopes]
    directives = [Requires(scopes=scopes, owner=rule.owner)] if scopes else []
    return {"directives": directives, "metadata": {RULE: rule}}


def guard(rule: Rule) -> Callable[[Context, Mapping[str, Any]], None]:
    """Give what lets those read a field whom its rule is for, and tells others that they may not.

    What it says is in the answer's errors: a field that is read is no input that can be mended.
    """

    def authorize(context: Context, _arguments: Mapping[str, Any]) -> None:
        if context.viewer.user_id == models.NOBODY:
            raise UnauthenticatedError("please log in first")
        if not rule.allows(context.viewer, None):
            wanted = " or ".join(scope.name for scope in rule.scopes)
            raise ForbiddenError(f"this is for those with {wanted}")

    return authorize
