"""Turns content into the values of columns."""

from datetime import datetime
from typing import Final

from graphql_api.models import PostStatus
from graphql_api.services.text import clean_html, excerpt, reading_minutes, slugify
from graphql_api.services.wordpress.bulk import Values
from graphql_api.services.wordpress.content import Comment, Post
from graphql_api.services.wordpress.markup import render

POST_LENGTH: Final = 1_000_000
"""Characters of a post's body at most, as the table checks."""
COMMENT_LENGTH: Final = 100_000
"""Characters of a comment's body at most, as the table checks."""
USERNAME_LENGTH: Final = 60


def wanted_username(key: str) -> str:
    """Return what an author is called: the login, of an e-mail address what stands before the @."""
    words = key.partition("@")[0].split()
    return "-".join(words)[:USERNAME_LENGTH] or "author"


def wanted_slug(post: Post) -> str:
    """Return the slug that WordPress gave, or would give when it publishes."""
    if post.slug:
        return post.slug
    return slugify(post.title) if post.title else slugify(f"post-{post.id}")


def post_values(post: Post, *, language: str, now: datetime) -> Values:
    """Render a post; the links to other rows and the slug are not among the values."""
    body = post.body[:POST_LENGTH]
    rendered = render(body)
    status = post_status(post, now)
    return {
        "title": post.title,
        "excerpt": excerpt(clean_html(post.excerpt).text or rendered.text),
        "body": body,
        "body_html": rendered.html,
        "body_text": rendered.text,
        "language": language,
        "reading_minutes": reading_minutes(rendered.text),
        "status": status,
        "published_at": None if status == PostStatus.DRAFT else post.published_at,
    }


def post_times(post: Post, now: datetime) -> Values:
    """Say since when a post is there and is as it is; never in the future."""
    created_at = min(post.published_at or post.modified_at or now, now)
    return {"created_at": created_at, "updated_at": min(post.modified_at or created_at, now)}


def post_status(post: Post, now: datetime) -> PostStatus:
    """Translate a status; what was for some readers only is archived."""
    if post.status == "private":
        return PostStatus.ARCHIVED
    if post.status not in {"publish", "future"} or post.published_at is None:
        return PostStatus.DRAFT
    if post.has_password:
        return PostStatus.ARCHIVED
    return PostStatus.SCHEDULED if post.published_at > now else PostStatus.PUBLISHED


def comment_values(comment: Comment) -> Values:
    """Render a comment; the links to other rows are not among the values."""
    body = comment.body[:COMMENT_LENGTH]
    rendered = render(body)
    return {
        "guest_name": None if comment.author else comment.guest_name,
        "body": body,
        "body_html": rendered.html,
        "body_text": rendered.text,
        "status": comment.status,
    }
