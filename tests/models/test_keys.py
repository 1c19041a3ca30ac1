"""Tenancy is in the keys: rows of one tenant lie together and point at nobody else's."""

import pytest
from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from graphql_api.models import Base

TABLES = [table for table in Base.metadata.sorted_tables if table.name != "tenants"]
# finds what is due in all tenants at once, for the one process that publishes
ACROSS_TENANTS = {"ix_posts_due"}


def keys(table: Table) -> list[PrimaryKeyConstraint | UniqueConstraint | Index]:
    """List what is looked up by."""
    unique = [held for held in table.constraints if isinstance(held, UniqueConstraint)]
    return [table.primary_key, *unique, *table.indexes]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_key_and_index_leads_with_the_tenant(table: Table) -> None:
    first = {str(key.name): next(iter(key.columns)).name for key in keys(table)}
    expected = {name: "tenant_id" for name in first if name not in ACROSS_TENANTS}
    assert {name: first[name] for name in expected} == expected


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_reference_carries_the_tenant(table: Table) -> None:
    references = [held for held in table.constraints if isinstance(held, ForeignKeyConstraint)]
    first = {
        str(held.name): (held.elements[0].parent.name, held.elements[0].column.name)
        for held in references
        if held.referred_table.name != "tenants"
    }
    assert first == dict.fromkeys(first, ("tenant_id", "tenant_id"))
    assert any(held.referred_table.name == "tenants" for held in references)


def test_the_exceptions_exist() -> None:
    names = {str(key.name) for table in TABLES for key in keys(table)}
    assert names >= ACROSS_TENANTS
