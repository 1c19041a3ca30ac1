"""Who asks."""

import strawberry

from graphql_api import models
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.post import Drafts
from graphql_api.loaders.tenant import TenantById
from graphql_api.models import SCOPES, Role
from graphql_api.schema.columns import computed
from graphql_api.schema.ordering import Ordering
from graphql_api.schema.owned import oneself
from graphql_api.schema.pagination import Pages
from graphql_api.schema.permission import Scope
from graphql_api.schema.relations import one, page
from graphql_api.schema.types.lazy import LazyPostConnection, LazyTenant, LazyUser

DRAFT_PAGES = Pages(
    ordering=Ordering(
        default=(Order("updated_at", descending=True), Order("id", descending=True)), columns={}
    ),
    backward=False,
)


def _scopes(role: Role) -> list[models.Scope]:
    """List what a role may do, in the order of the enum."""
    return [scope for scope in models.Scope if scope in SCOPES[role]]


@strawberry.type
class Viewer:
    """Who asks: the user of the access token, or who has just logged in."""

    user: LazyUser = oneself()
    tenant: LazyTenant = one(TenantById, key="tenant_id", description="Whose content they see.")
    scopes: list[Scope] = computed(
        _scopes, reads=("role",), description="What they may do; fields name it in `@requires`."
    )
    drafts: LazyPostConnection = page(
        Drafts,
        key="user_id",
        pages=DRAFT_PAGES,
        description="Their posts that are not published, last changed first.",
    )
