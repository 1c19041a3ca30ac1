"""Writing posts."""

from datetime import datetime
from typing import Any

import strawberry

from graphql_api import models
from graphql_api.loaders.post import PostById, PostRow, Posts
from graphql_api.models import Scope
from graphql_api.schema.inputs import maybe, optional
from graphql_api.schema.mutation import (
    Payload,
    client_mutation_id,
    fields_of,
    idempotency_key,
    mutation,
    number_of,
)
from graphql_api.schema.relations import one
from graphql_api.schema.subjects import edge
from graphql_api.schema.types.lazy import LazyPost, LazyPostEdge
from graphql_api.schema.types.post import PostStatus
from graphql_api.schema.types.post_input import POST_PAGES
from graphql_api.services import post as service
from graphql_api.services.change import Writer
from graphql_api.services.permission import CHANGE, Rule
from graphql_api.services.post import NewPost, PostUpdate

WRITE = Rule(Scope.POST_WRITE)

_EXPECTED = "The version that you saw; another one by now is a `ConflictError`."


def _is_listed(row: PostRow) -> bool:
    return row.status == models.PostStatus.PUBLISHED


@strawberry.input
class CreatePostInput:
    """What a post begins with."""

    client_mutation_id: str | None = client_mutation_id()
    idempotency_key: str | None = idempotency_key()
    title: str = strawberry.field(description="The headline: 1 to 300 characters.")
    body: str = strawberry.field(description="The text, in Markdown: up to 1,000,000 characters.")
    category_id: strawberry.ID | None = maybe("The shelf it stands on.")
    tag_names: list[str] | None = maybe("At most 20; tags that do not exist yet are made.")
    status: PostStatus | None = strawberry.field(
        default=PostStatus.DRAFT,
        description="Where it stands at first: `DRAFT`, `SCHEDULED` or `PUBLISHED`.",
    )
    publish_at: datetime | None = maybe("When to publish it, or since when it counts as published.")


@strawberry.type
class CreatePostPayload(Payload):
    """The new post."""

    post: LazyPost | None = one(PostById, key="post_id", description="The post.")
    post_edge: LazyPostEdge | None = edge(
        Posts,
        PostById,
        key="post_id",
        pages=POST_PAGES,
        holds=_is_listed,
        description="Its place in `posts`, newest first; null while it is not published.",
    )


@strawberry.input
class UpdatePostInput:
    """What changes of a post; what is left out stays as it is."""

    client_mutation_id: str | None = client_mutation_id()
    id: strawberry.ID = strawberry.field(description="Which post.")
    expected_version: int = strawberry.field(description=_EXPECTED)
    title: str | None = maybe("The headline: 1 to 300 characters.")
    body: str | None = maybe("The text, in Markdown: up to 1,000,000 characters.")
    category_id: strawberry.ID | None = maybe("The shelf it stands on; null takes it off.")
    tag_names: list[str] | None = maybe("All of its tags, at most 20; null takes them off.")
    status: PostStatus | None = maybe("Where it stands; to schedule it, use `publishPost`.")


@strawberry.input
class PublishPostInput:
    """Which post to publish, and when."""

    client_mutation_id: str | None = client_mutation_id()
    id: strawberry.ID = strawberry.field(description="Which post.")
    expected_version: int = strawberry.field(description=_EXPECTED)
    publish_at: datetime | None = maybe("When; now, when absent or past.")


@strawberry.type
class UpdatePostPayload(Payload):
    """The post as it is now."""

    post: LazyPost | None = one(PostById, key="post_id", description="The post.")


def _status(given: PostStatus) -> models.PostStatus:
    return models.PostStatus(str(given.value))


async def _create(writer: Writer, given: CreatePostInput) -> dict[str, Any]:
    def shelf(text: str) -> int:
        return number_of(text, "Category", path="categoryId")

    new = NewPost(
        title=given.title,
        body=given.body,
        category_id=optional(shelf, given.category_id),
        tag_names=tuple(given.tag_names or ()),
        status=_status(given.status or PostStatus.DRAFT),
        publish_at=given.publish_at or None,
    )
    key = optional(str, given.idempotency_key)
    return {"post_id": await service.create_post(writer, new, key=key)}


async def _update(writer: Writer, given: UpdatePostInput) -> dict[str, Any]:
    fields = fields_of(given, "title", "body", "category_id", "tag_names", "status")
    if fields.get("category_id") is not None:
        fields["category_id"] = number_of(fields["category_id"], "Category", path="categoryId")
    if fields.get("status") is not None:
        fields["status"] = _status(fields["status"])
    update = PostUpdate(
        post_id=number_of(given.id, "Post"), expected_version=given.expected_version, fields=fields
    )
    return {"post_id": await service.update_post(writer, update)}


async def _publish(writer: Writer, given: PublishPostInput) -> dict[str, Any]:
    post_id, publish_at = number_of(given.id, "Post"), given.publish_at or None
    version = given.expected_version
    return {"post_id": await service.publish_post(writer, post_id, version, publish_at)}


async def _unpublish(writer: Writer, given: PublishPostInput) -> dict[str, Any]:
    post_id = number_of(given.id, "Post")
    return {"post_id": await service.unpublish_post(writer, post_id, given.expected_version)}


@strawberry.type
class PostMutation:
    """Fields of `Mutation` for posts."""

    create_post: CreatePostPayload = mutation(
        _create, CreatePostInput, CreatePostPayload, WRITE, "Writes a post."
    )
    update_post: UpdatePostPayload = mutation(
        _update, UpdatePostInput, UpdatePostPayload, CHANGE, "Changes a post."
    )
    publish_post: UpdatePostPayload = mutation(
        _publish, PublishPostInput, UpdatePostPayload, CHANGE, "Publishes now, or at `publishAt`."
    )
    unpublish_post: UpdatePostPayload = mutation(
        _unpublish, PublishPostInput, UpdatePostPayload, CHANGE, "Makes a post a draft again."
    )
