"""Tenants."""

import strawberry

from graphql_api.loaders.tenant import TenantRow
from graphql_api.schema.columns import plain
from graphql_api.schema.types.interface import Node


@strawberry.type
class Tenant(Node):
    """Whose content it is: apart from every other tenant's."""

    row = TenantRow

    slug: str = plain("The name in addresses.")
    name: str = plain("The name that people see.")
