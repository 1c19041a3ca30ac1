"""Deleting and restoring."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import strawberry

from graphql_api.models import Scope
from graphql_api.schema import global_id
from graphql_api.schema.columns import computed, plain
from graphql_api.schema.inputs import maybe, optional
from graphql_api.schema.mutation import Payload, client_mutation_id, mutation, number_of
from graphql_api.schema.subjects import found
from graphql_api.schema.types.interface import Node
from graphql_api.services import deletion as service
from graphql_api.services.change import Writer
from graphql_api.services.deletion import Deleted
from graphql_api.services.permission import CHANGE, USER, Rule
from graphql_api.services.problem import Subject
from graphql_api.services.restoration import restore

ADMINISTER = Rule(Scope.TENANT_ADMIN)


@strawberry.input
class DeleteInput:
    """What to delete."""

    client_mutation_id: str | None = client_mutation_id()
    id: strawberry.ID = strawberry.field(description="Which thing.")
    expected_version: int | None = maybe(
        "The version that you saw; another one by now is a `ConflictError`. Any, when absent."
    )


@dataclass(frozen=True, slots=True)
class Cascaded:
    """How many rows of a type went along."""

    type: str
    count: int


@strawberry.type
class CascadeCount:
    """How many things of a type were deleted along with another."""

    type: str = plain("The name of the type, such as `Comment`.")
    count: int = plain("How many.")


def _id_of(subject: Subject | None) -> str | None:
    return None if subject is None else global_id.encode(*subject)


@strawberry.type
class DeletePayload(Payload):
    """What was deleted, and how to undo it."""

    absent: ClassVar[Mapping[str, Any]] = {"cascaded": ()}

    deleted_id: strawberry.ID | None = computed(
        _id_of, reads=("subject",), description="The id of what was deleted."
    )
    node: Node | None = found(
        "subject", "What is still seen of it: a comment stays as a mark above its replies."
    )
    undo_token: str | None = plain("Undoes all of it, once; give it to `restore`.")
    cascaded: list[CascadeCount] = plain("What went along with it.")


@strawberry.input
class UndoInput:
    """What to restore."""

    client_mutation_id: str | None = client_mutation_id()
    undo_token: str = strawberry.field(description="What the deletion gave.")


@strawberry.type
class UndoPayload(Payload):
    """What is there again."""

    absent: ClassVar[Mapping[str, Any]] = {"restored": []}

    restored: list[Node] = found(
        "restored", "What had been deleted; what went along is there again too, and not listed."
    )


Delete = Callable[[Writer, int, int | None], Awaitable[Deleted]]


def _deleting(delete: Delete, type_name: str) -> Any:
    async def act(writer: Writer, given: DeleteInput) -> dict[str, Any]:
        number = number_of(given.id, type_name)
        deleted = await delete(writer, number, optional(int, given.expected_version))
        cascaded = [Cascaded(name, number) for name, number in deleted.cascaded.items()]
        return {
            "subject": deleted.subject,
            "undo_token": deleted.undo_token,
            "cascaded": cascaded,
        }

    return act


async def _restore(writer: Writer, given: UndoInput) -> dict[str, Any]:
    return {"restored": await restore(writer, given.undo_token)}


@strawberry.type
class DeletionMutation:
    """Fields of `Mutation` that delete and restore."""

    delete_post: DeletePayload = mutation(
        _deleting(service.delete_post, "Post"),
        DeleteInput,
        DeletePayload,
        CHANGE,
        "Deletes a post with all of its comments.",
    )
    delete_comment: DeletePayload = mutation(
        _deleting(service.delete_comment, "Comment"),
        DeleteInput,
        DeletePayload,
        CHANGE,
        "Deletes a comment; a moderator deletes all replies below with it, its author does not.",
    )
    delete_category: DeletePayload = mutation(
        _deleting(service.delete_category, "Category"),
        DeleteInput,
        DeletePayload,
        ADMINISTER,
        "Deletes a category that has none below it; its posts stay.",
    )
    restore: UndoPayload = mutation(
        _restore,
        UndoInput,
        UndoPayload,
        USER,
        "Undoes a deletion: for who did it, and for those who moderate; of a category, for those"
        " who administer.",
    )
