"""Renaming and merging tags."""

from typing import Any

import strawberry

from graphql_api.loaders.tag import TagById
from graphql_api.models import Scope
from graphql_api.schema.mutation import Payload, client_mutation_id, mutation, number_of
from graphql_api.schema.relations import one
from graphql_api.schema.types.lazy import LazyTag
from graphql_api.services import tag as service
from graphql_api.services.change import Writer
from graphql_api.services.permission import Rule

MODERATE = Rule(Scope.MODERATE)


@strawberry.input
class RenameTagInput:
    """What a tag is to be called."""

    client_mutation_id: str | None = client_mutation_id()
    id: strawberry.ID = strawberry.field(description="Which tag.")
    name: str = strawberry.field(description="The word: 1 to 60 characters.")


@strawberry.input
class MergeTagsInput:
    """Which two tags are one."""

    client_mutation_id: str | None = client_mutation_id()
    from_id: strawberry.ID = strawberry.field(description="The tag that is then no more.")
    into_id: strawberry.ID = strawberry.field(
        description="The tag that takes over its posts and followers."
    )


@strawberry.type
class TagPayload(Payload):
    """The tag as it is now."""

    tag: LazyTag | None = one(TagById, key="tag_id", description="The tag.")


async def _rename(writer: Writer, given: RenameTagInput) -> dict[str, Any]:
    return {"tag_id": await service.rename_tag(writer, number_of(given.id, "Tag"), given.name)}


async def _merge(writer: Writer, given: MergeTagsInput) -> dict[str, Any]:
    from_id = number_of(given.from_id, "Tag", path="fromId")
    into_id = number_of(given.into_id, "Tag", path="intoId")
    return {"tag_id": await service.merge_tags(writer, from_id, into_id)}


@strawberry.type
class TagMutation:
    """Fields of `Mutation` for tags."""

    rename_tag: TagPayload = mutation(
        _rename,
        RenameTagInput,
        TagPayload,
        MODERATE,
        "Gives a tag another name, which makes a new slug.",
    )
    merge_tags: TagPayload = mutation(
        _merge,
        MergeTagsInput,
        TagPayload,
        MODERATE,
        "Lets a tag take over the posts and followers of another, which is then no more.",
    )
