"""The tenant."""

from dataclasses import dataclass

from sqlalchemy import select

from graphql_api.loaders.base import IDS, TENANT, AnySelect, OneLoader, Selected
from graphql_api.models import Tenant


@dataclass(slots=True)
class TenantRow:
    """A tenant as the schema reads it; the columns of ``tenants`` with the same names."""

    id: int
    slug: str
    name: str


class TenantById(OneLoader[int, TenantRow]):
    """The viewer's tenant by its id; nobody sees another."""

    row = TenantRow
    table = Tenant

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the viewer's tenant among the ids."""
        return select(Tenant.id, *columns).where(Tenant.id == TENANT, Tenant.id == IDS.any_())
