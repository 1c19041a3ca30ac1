"""Names of types for annotations: types know each other in circles, so each is found late."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from graphql_api.schema.types.category import Category
    from graphql_api.schema.types.comment import Comment, CommentConnection, CommentEdge
    from graphql_api.schema.types.post import Post, PostConnection, PostEdge
    from graphql_api.schema.types.revision import RevisionConnection
    from graphql_api.schema.types.tag import Tag, TagConnection
    from graphql_api.schema.types.tenant import Tenant
    from graphql_api.schema.types.user import User, UserConnection
    from graphql_api.schema.types.viewer import Viewer

_TYPES = "graphql_api.schema.types."

LazyCategory = Annotated["Category", strawberry.lazy(_TYPES + "category")]
LazyComment = Annotated["Comment", strawberry.lazy(_TYPES + "comment")]
LazyCommentConnection = Annotated["CommentConnection", strawberry.lazy(_TYPES + "comment")]
LazyCommentEdge = Annotated["CommentEdge", strawberry.lazy(_TYPES + "comment")]
LazyPost = Annotated["Post", strawberry.lazy(_TYPES + "post")]
LazyPostConnection = Annotated["PostConnection", strawberry.lazy(_TYPES + "post")]
LazyPostEdge = Annotated["PostEdge", strawberry.lazy(_TYPES + "post")]
LazyRevisionConnection = Annotated["RevisionConnection", strawberry.lazy(_TYPES + "revision")]
LazyTag = Annotated["Tag", strawberry.lazy(_TYPES + "tag")]
LazyTagConnection = Annotated["TagConnection", strawberry.lazy(_TYPES + "tag")]
LazyTenant = Annotated["Tenant", strawberry.lazy(_TYPES + "tenant")]
LazyUser = Annotated["User", strawberry.lazy(_TYPES + "user")]
LazyUserConnection = Annotated["UserConnection", strawberry.lazy(_TYPES + "user")]
LazyViewer = Annotated["Viewer", strawberry.lazy(_TYPES + "viewer")]
