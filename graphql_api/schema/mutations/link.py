"""Likes, follows and bookmarks."""

from typing import Any

import strawberry

from graphql_api.schema.mutation import Act, Payload, mutation, subject_of
from graphql_api.schema.mutations.post import UpdatePostPayload
from graphql_api.schema.mutations.subject import SubjectInput
from graphql_api.schema.subjects import found
from graphql_api.schema.types.interface import Followable, Likeable
from graphql_api.services import link as service
from graphql_api.services.change import Writer
from graphql_api.services.permission import USER


@strawberry.type
class LikePayload(Payload):
    """The post or comment as it is now."""

    subject: Likeable | None = found("subject", "The post or comment.")


@strawberry.type
class FollowPayload(Payload):
    """The user or tag as it is now."""

    subject: Followable | None = found("subject", "The user or tag.")


def _likes(*, on: bool) -> Act[SubjectInput]:
    async def act(writer: Writer, given: SubjectInput) -> dict[str, Any]:
        subject = subject_of(given.subject_id, "Post", "Comment", path="subjectId")
        await service.set_like(writer, subject, on=on)
        return {"subject": subject}

    return act


def _follows(*, on: bool) -> Act[SubjectInput]:
    async def act(writer: Writer, given: SubjectInput) -> dict[str, Any]:
        subject = subject_of(given.subject_id, "User", "Tag", path="subjectId")
        await service.set_follow(writer, subject, on=on)
        return {"subject": subject}

    return act


def _bookmarks(*, on: bool) -> Act[SubjectInput]:
    async def act(writer: Writer, given: SubjectInput) -> dict[str, Any]:
        post_id = subject_of(given.subject_id, "Post", path="subjectId").number
        await service.set_bookmark(writer, post_id, on=on)
        return {"post_id": post_id}

    return act


@strawberry.type
class LinkMutation:
    """Fields of `Mutation` for what people do to things of others."""

    like: LikePayload = mutation(
        _likes(on=True),
        SubjectInput,
        LikePayload,
        USER,
        "Likes a post or comment; where the viewer does already, nothing changes.",
    )
    unlike: LikePayload = mutation(
        _likes(on=False),
        SubjectInput,
        LikePayload,
        USER,
        "Takes the viewer's like back; where there is none, nothing changes.",
    )
    follow: FollowPayload = mutation(
        _follows(on=True),
        SubjectInput,
        FollowPayload,
        USER,
        "Follows a user or tag; where the viewer does already, nothing changes.",
    )
    unfollow: FollowPayload = mutation(
        _follows(on=False),
        SubjectInput,
        FollowPayload,
        USER,
        "Follows a user or tag no longer; where the viewer does not, nothing changes.",
    )
    bookmark: UpdatePostPayload = mutation(
        _bookmarks(on=True),
        SubjectInput,
        UpdatePostPayload,
        USER,
        "Keeps a post for later; nobody else knows.",
    )
    unbookmark: UpdatePostPayload = mutation(
        _bookmarks(on=False),
        SubjectInput,
        UpdatePostPayload,
        USER,
        "Keeps a post for later no longer.",
    )
