"""Checks all categories of a tenant: those of two imports may fit together badly."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from graphql_api.models import Category
from graphql_api.services.wordpress.reader import MAX_DEPTH
from graphql_api.services.wordpress.tree import BrokenTreeError, parents_first

_MOST_NAMES = 10


async def broken_tree(connection: AsyncConnection, tenant_id: int) -> str:
    """Say why the living categories are no tree as deep as allowed; empty when they are one."""
    statement = (
        select(Category.id, Category.parent_id, Category.name)
        .where(Category.tenant_id == tenant_id, Category.deleted_at.is_(None))
        .order_by(Category.name, Category.id)  # the same message for the same categories
    )
    found = {str(row.id): row for row in await connection.execute(statement)}
    parents = {
        key: str(row.parent_id) if str(row.parent_id) in found else "" for key, row in found.items()
    }
    try:
        parents_first(parents, max_depth=MAX_DEPTH)
    except BrokenTreeError as error:
        if not error.ring:
            name = found[error.node].name
            return f"with the categories that are here, “{name}” cannot be placed: {error}"
        names = ", ".join(f"“{found[key].name}”" for key in error.ring[:_MOST_NAMES])
        return f"with the categories that are here, {names} lie in one another"
    return ""
