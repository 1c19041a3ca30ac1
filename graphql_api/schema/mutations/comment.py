"""Writing comments, and judging them."""

from typing import Any

import strawberry

from graphql_api import models
from graphql_api.loaders.comment import CommentById, CommentRow, CommentsByPost
from graphql_api.models import Scope
from graphql_api.schema.inputs import maybe, optional
from graphql_api.schema.mutation import (
    Payload,
    client_mutation_id,
    idempotency_key,
    mutation,
    number_of,
)
from graphql_api.schema.mutations.subject import SubjectInput
from graphql_api.schema.relations import one
from graphql_api.schema.subjects import edge, found
from graphql_api.schema.types.comment import COMMENT_PAGES_OF_POST, MinimizedReason
from graphql_api.schema.types.interface import Node
from graphql_api.schema.types.lazy import LazyComment, LazyCommentEdge
from graphql_api.services import comment as service
from graphql_api.services.change import Writer
from graphql_api.services.comment import NewComment
from graphql_api.services.permission import CHANGE, Rule
from graphql_api.services.problem import Subject

WRITE = Rule(Scope.COMMENT_WRITE)
JUDGE = Rule(Scope.MODERATE)


def _is_listed(row: CommentRow) -> bool:
    return row.visible


@strawberry.input
class AddCommentInput:
    """What to say, and where."""

    client_mutation_id: str | None = client_mutation_id()
    idempotency_key: str | None = idempotency_key()
    post_id: strawberry.ID = strawberry.field(description="The post; a published one.")
    reply_to_id: strawberry.ID | None = maybe("The comment of the same post that it answers.")
    body: str = strawberry.field(description="The text, in Markdown: 1 to 10,000 characters.")


@strawberry.type
class AddCommentPayload(Payload):
    """The new comment."""

    comment: LazyComment | None = one(CommentById, key="comment_id", description="The comment.")
    comment_edge: LazyCommentEdge | None = edge(
        CommentsByPost,
        CommentById,
        key="comment_id",
        parent="post_id",
        pages=COMMENT_PAGES_OF_POST,
        holds=_is_listed,
        description="Its place in `comments` of the post, oldest first; null while it is hidden.",
    )
    subject: Node | None = found("subject", "The post.")


@strawberry.input
class UpdateCommentInput:
    """What a comment is to say."""

    client_mutation_id: str | None = client_mutation_id()
    id: strawberry.ID = strawberry.field(description="Which comment.")
    expected_version: int = strawberry.field(
        description="The version that you saw; another one by now is a `ConflictError`."
    )
    body: str = strawberry.field(description="The text, in Markdown: 1 to 10,000 characters.")


@strawberry.input
class MinimizeCommentInput:
    """Which comment to fold away, and why."""

    client_mutation_id: str | None = client_mutation_id()
    id: strawberry.ID = strawberry.field(description="Which comment.")
    reason: MinimizedReason = strawberry.field(description="Why.")


@strawberry.type
class UpdateCommentPayload(Payload):
    """The comment as it is now."""

    comment: LazyComment | None = one(CommentById, key="comment_id", description="The comment.")


async def _add(writer: Writer, given: AddCommentInput) -> dict[str, Any]:
    def parent(text: str) -> int:
        return number_of(text, "Comment", path="replyToId")

    new = NewComment(
        post_id=number_of(given.post_id, "Post", path="postId"),
        parent_id=optional(parent, given.reply_to_id),
        body=given.body,
    )
    key = optional(str, given.idempotency_key)
    comment_id = await service.add_comment(writer, new, key=key)
    return {"comment_id": comment_id, "subject": Subject("Post", new.post_id)}


async def _update(writer: Writer, given: UpdateCommentInput) -> dict[str, Any]:
    number = number_of(given.id, "Comment")
    version = given.expected_version
    return {"comment_id": await service.update_comment(writer, number, version, given.body)}


async def _approve(writer: Writer, given: SubjectInput) -> dict[str, Any]:
    number = number_of(given.subject_id, "Comment", path="subjectId")
    return {"comment_id": await service.approve_comment(writer, number)}


async def _minimize(writer: Writer, given: MinimizeCommentInput) -> dict[str, Any]:
    number = number_of(given.id, "Comment")
    reason = models.MinimizedReason(str(given.reason.value))
    return {"comment_id": await service.minimize_comment(writer, number, reason)}


@strawberry.type
class CommentMutation:
    """Fields of `Mutation` for comments."""

    add_comment: AddCommentPayload = mutation(
        _add,
        AddCommentInput,
        AddCommentPayload,
        WRITE,
        "Comments on a post, or answers a comment there.",
    )
    update_comment: UpdateCommentPayload = mutation(
        _update, UpdateCommentInput, UpdateCommentPayload, CHANGE, "Changes what a comment says."
    )
    approve_comment: UpdateCommentPayload = mutation(
        _approve,
        SubjectInput,
        UpdateCommentPayload,
        JUDGE,
        "Lets everybody see a comment that was held back, where they see its post.",
    )
    minimize_comment: UpdateCommentPayload = mutation(
        _minimize,
        MinimizeCommentInput,
        UpdateCommentPayload,
        JUDGE,
        "Folds a comment away, for a reason that everybody sees.",
    )
