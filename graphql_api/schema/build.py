"""The schema, built once per process."""

from collections.abc import Sequence
from functools import cache

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

from graphql_api.execution import DocumentCache, PlanExecutor
from graphql_api.schema.batches import BatchReport
from graphql_api.schema.describe import describe
from graphql_api.schema.masking import StableErrors
from graphql_api.schema.queries.node import NodeQuery
from graphql_api.schema.queries.post import PostQuery
from graphql_api.schema.queries.tag import TagQuery
from graphql_api.schema.queries.user import UserQuery
from graphql_api.schema.scalars import SCALARS
from graphql_api.schema.types.category import Category
from graphql_api.schema.types.comment import Comment
from graphql_api.schema.types.post import Post
from graphql_api.schema.types.tag import Tag
from graphql_api.schema.types.user import User


@strawberry.type
class Query(NodeQuery, PostQuery, UserQuery, TagQuery):
    """Where reading begins."""


class Schema(strawberry.Schema):
    """Strawberry's, but silent: `StableErrors` logs what is our fault, and nobody's values."""

    def process_errors(
        self, errors: Sequence[GraphQLError], execution_context: object = None
    ) -> None:
        """Log nothing."""


@cache
def build_schema() -> strawberry.Schema:
    """Build the schema; every caller gets the same one."""
    schema = Schema(
        query=Query,
        types=[Category, Comment, Post, Tag, User],
        execution_context_class=PlanExecutor,
        extensions=[StableErrors, DocumentCache, BatchReport],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    describe(schema)
    return schema
