"""Reading the audit log."""

import strawberry

from graphql_api.loaders.revision import AuditLog
from graphql_api.models import Scope
from graphql_api.schema.relations import page
from graphql_api.schema.types.lazy import LazyRevisionConnection
from graphql_api.schema.types.revision_pages import AUDIT_PAGES
from graphql_api.services.permission import Rule


@strawberry.type
class AuditQuery:
    """Fields of `Query` for what was done."""

    audit_log: LazyRevisionConnection = page(
        AuditLog,
        pages=AUDIT_PAGES,
        rule=Rule(Scope.AUDIT_READ),
        description="What was done to anything, latest first.",
    )
