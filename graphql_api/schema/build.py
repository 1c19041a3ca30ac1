"""The schema, built once per process."""

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from graphql_api.execution import PlanExecutor
from graphql_api.schema.describe import describe
from graphql_api.schema.mutations.category import CategoryMutation
from graphql_api.schema.mutations.comment import CommentMutation
from graphql_api.schema.mutations.deletion import DeletionMutation
from graphql_api.schema.mutations.link import LinkMutation
from graphql_api.schema.mutations.people import PeopleMutation
from graphql_api.schema.mutations.post import PostMutation
from graphql_api.schema.mutations.tag import TagMutation
from graphql_api.schema.queries.audit import AuditQuery
from graphql_api.schema.queries.node import NodeQuery
from graphql_api.schema.queries.post import PostQuery
from graphql_api.schema.queries.rate_limit import RateLimitQuery
from graphql_api.schema.queries.tag import TagQuery
from graphql_api.schema.queries.user import UserQuery
from graphql_api.schema.queries.viewer import ViewerQuery
from graphql_api.schema.scalars import SCALARS
from graphql_api.schema.schema import EXTENSIONS, Schema
from graphql_api.schema.types.category import Category
from graphql_api.schema.types.comment import Comment
from graphql_api.schema.types.error import ERRORS
from graphql_api.schema.types.post import Post
from graphql_api.schema.types.revision import Revision
from graphql_api.schema.types.tag import Tag
from graphql_api.schema.types.tenant import Tenant
from graphql_api.schema.types.user import User


@strawberry.type
class Query(NodeQuery, ViewerQuery, PostQuery, UserQuery, TagQuery, AuditQuery, RateLimitQuery):
    """Where reading begins."""


@strawberry.type
class Mutation(
    PeopleMutation,
    PostMutation,
    CommentMutation,
    DeletionMutation,
    LinkMutation,
    CategoryMutation,
    TagMutation,
):
    """Where writing begins: fields run one after the other, each in a transaction of its own."""


@cache
def build_schema() -> strawberry.Schema:
    """Build the schema; every caller gets the same one."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        types=[Category, Comment, Post, Revision, Tag, Tenant, User, *ERRORS],
        execution_context_class=PlanExecutor,
        extensions=EXTENSIONS,
        config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
    )
    describe(schema)
    return schema
