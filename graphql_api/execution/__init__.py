"""Runs operations level by level: plans made once, one load a relation and level.

It knows Strawberry and graphql-core, and nothing of posts. `docs/execution.md` walks through it
with an example.
"""

from graphql_api.execution.counters import Counters
from graphql_api.execution.declare import PLAN, Batch, Computed, Level, OneOf, Rows
from graphql_api.execution.documents import DocumentCache, documents_of, may_have_parts
from graphql_api.execution.executor import PlanExecutor, caches_of
from graphql_api.execution.options import Execution, Mode, options_of
from graphql_api.execution.prepared import operation_of
from graphql_api.execution.started import Started

__all__ = [
    "PLAN",
    "Batch",
    "Computed",
    "Counters",
    "DocumentCache",
    "Execution",
    "Level",
    "Mode",
    "OneOf",
    "PlanExecutor",
    "Rows",
    "Started",
    "caches_of",
    "documents_of",
    "may_have_parts",
    "operation_of",
    "options_of",
]
