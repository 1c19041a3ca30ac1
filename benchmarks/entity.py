"""The tables as a plain ORM application would map them, for the two other ways."""

from sqlalchemy import and_
from sqlalchemy.orm import registry, relationship

from graphql_api import models

_tables = models.Base.metadata.tables
_users, _posts, _comments = _tables["users"], _tables["posts"], _tables["comments"]


class User:
    """Mapped to `users`."""


class Comment:
    """Mapped to `comments`."""

    author: User


class Post:
    """Mapped to `posts`."""

    comments: list[Comment]


_mapping = registry(metadata=models.Base.metadata)
_mapping.map_imperatively(User, _users)
_mapping.map_imperatively(
    Comment,
    _comments,
    properties={
        "author": relationship(
            User,
            primaryjoin=and_(
                _comments.c.tenant_id == _users.c.tenant_id, _comments.c.author_id == _users.c.id
            ),
            foreign_keys=[_comments.c.author_id],
            viewonly=True,
        )
    },
)
_mapping.map_imperatively(
    Post,
    _posts,
    properties={
        "comments": relationship(
            Comment,
            primaryjoin=and_(
                _posts.c.tenant_id == _comments.c.tenant_id, _posts.c.id == _comments.c.post_id
            ),
            foreign_keys=[_comments.c.post_id],
            order_by=[_comments.c.created_at, _comments.c.id],
            viewonly=True,
        )
    },
)
