"""Registering, logging in and out, and what people say of themselves."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any, NamedTuple

import strawberry

from graphql_api.loaders.user import UserById
from graphql_api.schema.columns import plain
from graphql_api.schema.inputs import maybe
from graphql_api.schema.mutation import Payload, client_mutation_id, fields_of, mutation
from graphql_api.schema.relations import one
from graphql_api.schema.scalars import URI
from graphql_api.schema.types.lazy import LazyUser, LazyViewer
from graphql_api.services.change import Writer
from graphql_api.services.people import login as entrance
from graphql_api.services.people import sessions
from graphql_api.services.people.accounts import Registration, register
from graphql_api.services.people.people import People
from graphql_api.services.people.profile import update_profile
from graphql_api.services.people.sessions import Session
from graphql_api.services.permission import ANYBODY, USER

_NEW_PASSWORD = "Of any characters, 8 to 128 of them."  # noqa: S105  # a description


@strawberry.input
class RegisterInput:
    """Who a new user is."""

    client_mutation_id: str | None = client_mutation_id()
    username: str = strawberry.field(
        description="Of `a-z`, `0-9`, `_` and `-`, 3 to 60; kept in lower case."
    )
    email: str = strawberry.field(description="Their address, which others do not see.")
    password: str = strawberry.field(description=_NEW_PASSWORD)
    display_name: str | None = maybe("The name that people see: the username when absent.")


@strawberry.input
class LoginInput:
    """Who logs in."""

    client_mutation_id: str | None = client_mutation_id()
    username: str = strawberry.field(description="The username, in any case.")
    password: str = strawberry.field(description="The password.")


@strawberry.input
class RefreshTokenInput:
    """Which session goes on."""

    client_mutation_id: str | None = client_mutation_id()
    refresh_token: str = strawberry.field(description="The last one of the session.")


@strawberry.input
class LogoutInput:
    """Which session ends."""

    client_mutation_id: str | None = client_mutation_id()
    refresh_token: str = strawberry.field(description="The last one of the session.")
    everywhere: bool | None = strawberry.field(
        default=False, description="End all of the user's sessions."
    )


@strawberry.input
class ChangePasswordInput:
    """The old password and the new one."""

    client_mutation_id: str | None = client_mutation_id()
    current_password: str = strawberry.field(description="The password until now.")
    new_password: str = strawberry.field(description=_NEW_PASSWORD)


@strawberry.input
class UpdateProfileInput:
    """What changes of a profile; what is left out stays as it is."""

    client_mutation_id: str | None = client_mutation_id()
    expected_version: int = strawberry.field(
        description="The version that you saw; another one by now is a `ConflictError`."
    )
    display_name: str | None = maybe("The name that people see: 1 to 200 characters.")
    bio: str | None = maybe("What they say about themselves: up to 5,000 characters.")
    avatar_url: URI | None = maybe("Their picture, on the web.")


@strawberry.type
class Tokens:
    """What shows from now on who asks."""

    access_token: str = plain("For the header `Authorization: Bearer`.")
    access_token_expires_at: datetime = plain("When it expires: after 15 minutes.")
    refresh_token: str = plain("Good for the next tokens, once.")
    refresh_token_expires_at: datetime = plain("When it expires: after 30 days.")


@strawberry.type
class SessionPayload(Payload):
    """The session that began or goes on."""

    viewer: LazyViewer | None = plain("Who has logged in.")
    tokens: Tokens | None = plain("What shows it from now on.")


@strawberry.type
class LogoutPayload(Payload):
    """What has ended."""

    absent = {"ended_sessions": 0}  # noqa: RUF012  # never changed

    ended_sessions: int = plain("How many sessions have ended.")


@strawberry.type
class ProfilePayload(Payload):
    """The user as they are now."""

    user: LazyUser | None = one(UserById, key="user_id", description="The user.")


class _Tokens(NamedTuple):
    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    refresh_token_expires_at: datetime


def _people(writer: Writer) -> People:
    assert writer.people is not None  # noqa: S101  # every server has its keys
    return writer.people


async def _begun(session: Awaitable[Session]) -> dict[str, Any]:
    begun = await session
    access = begun.access
    tokens = (access.text, access.expires_at, begun.refresh_token, begun.refresh_expires_at)
    return {"viewer": begun.viewer, "tokens": _Tokens(*tokens)}


async def _register(writer: Writer, given: RegisterInput) -> dict[str, Any]:
    shown = given.display_name or None
    new = Registration(given.username, given.password, given.email, shown)
    return await _begun(register(writer, _people(writer), new))


async def _login(writer: Writer, given: LoginInput) -> dict[str, Any]:
    return await _begun(entrance.login(writer, _people(writer), given.username, given.password))


async def _refresh(writer: Writer, given: RefreshTokenInput) -> dict[str, Any]:
    return await _begun(sessions.refresh(writer, _people(writer), given.refresh_token))


async def _logout(writer: Writer, given: LogoutInput) -> dict[str, Any]:
    everywhere = bool(given.everywhere)
    return {
        "ended_sessions": await sessions.logout(writer, given.refresh_token, everywhere=everywhere)
    }


async def _change_password(writer: Writer, given: ChangePasswordInput) -> dict[str, Any]:
    passwords = given.current_password, given.new_password
    return await _begun(entrance.change_password(writer, _people(writer), *passwords))


async def _update_profile(writer: Writer, given: UpdateProfileInput) -> dict[str, Any]:
    fields = fields_of(given, "display_name", "bio", "avatar_url")
    return {"user_id": await update_profile(writer, given.expected_version, fields)}


@strawberry.type
class PeopleMutation:
    """Fields of `Mutation` for people."""

    register: SessionPayload = mutation(
        _register, RegisterInput, SessionPayload, ANYBODY, "Makes a user, and logs them in."
    )
    login: SessionPayload = mutation(
        _login, LoginInput, SessionPayload, ANYBODY, "Begins a session."
    )
    refresh_token: SessionPayload = mutation(
        _refresh,
        RefreshTokenInput,
        SessionPayload,
        ANYBODY,
        "Lets a session go on; send it without an access token that has expired.",
    )
    logout: LogoutPayload = mutation(
        _logout, LogoutInput, LogoutPayload, ANYBODY, "Ends a session."
    )
    change_password: SessionPayload = mutation(
        _change_password,
        ChangePasswordInput,
        SessionPayload,
        USER,
        "Changes one's password; ends all sessions and begins another.",
    )
    update_profile: ProfilePayload = mutation(
        _update_profile, UpdateProfileInput, ProfilePayload, USER, "Changes one's profile."
    )
