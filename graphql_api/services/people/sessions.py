"""Sessions: how one begins, goes on, and ends.

A session is a *family* of refresh tokens. Each is exchanged once for the next; one that comes again
was copied, by whom nobody knows, and so the whole family ends. Whoever changes a user's sessions
holds the row of their account meanwhile: none can begin or go on while all of them are ended.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, delete, select, update

from graphql_api.models import Account, RefreshToken, Role, User, Viewer
from graphql_api.services.change import Change, Writer
from graphql_api.services.people.people import People
from graphql_api.services.people.tokens import AccessToken
from graphql_api.services.problem import Code, PermissionProblem, RefusedError

LIFETIME = timedelta(days=30)
"""How long a refresh token can be exchanged; a session goes on for as long as that is done."""

_BYTES = 32
_CHARACTERS = 43  # of 32 bytes in base64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """Who has logged in, with what shows it from now on."""

    viewer: Viewer
    access: AccessToken
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


async def locked_account(change: Change, user_id: int) -> Account | None:
    """Take the account of a user for changing it or its sessions; None where the user is gone."""
    statement = _account().where(Account.user_id == user_id, Account.tenant_id == change.tenant_id)
    return await change.session.scalar(statement)


async def begin_session(
    change: Change, people: People, account: Account, family: UUID | None = None
) -> Session:
    """Begin a session for whoever holds the account, or let that of ``family`` go on."""
    family = family or uuid4()
    viewer = Viewer(account.tenant_id, account.user_id, Role(account.role))
    token, expires_at = token_urlsafe(_BYTES), change.now + LIFETIME
    is_over = RefreshToken.expires_at <= change.now
    await change.session.execute(delete(RefreshToken).where(*_of(account), is_over))
    change.session.add(
        RefreshToken(
            tenant_id=account.tenant_id,
            token_hash=_digest(token),
            family=family,
            user_id=account.user_id,
            created_at=change.now,
            expires_at=expires_at,
        )
    )
    return Session(viewer, people.tokens.issue(viewer, family), token, expires_at)


async def end_sessions(change: Change, account: Account, family: UUID | None = None) -> int:
    """End the session of ``family``, or all of the account's; return how many there were."""
    chosen = () if family is None else (RefreshToken.family == family,)
    ended = delete(RefreshToken).where(*_of(account), *chosen)
    rows = await change.session.execute(
        ended.returning(RefreshToken.family, RefreshToken.used_at, RefreshToken.expires_at)
    )
    return len({row.family for row in rows if not row.used_at and row.expires_at > change.now})


async def refresh(writer: Writer, people: People, token: str) -> Session:
    """Exchange a refresh token for the next, and for a new access token with today's role.

    Raises:
        RefusedError: it is not ours, has expired, or was exchanged before; its session has ended.
    """

    async def exchange(change: Change) -> Session | None:
        account = await _account_of(change, token)
        if account is None:
            return None
        taken = (
            update(RefreshToken)
            .where(
                *_of(account),
                RefreshToken.token_hash == _digest(token),
                RefreshToken.used_at.is_(None),
                RefreshToken.expires_at > change.now,
            )
            .values(used_at=change.now)
            .returning(RefreshToken.family)
        )
        family = (await change.session.execute(taken)).scalar_one_or_none()
        if family is not None:
            return await begin_session(change, people, account, family)
        await _end_copied(change, account, token)
        return None

    # what ended stays ended: nothing may be raised before the commit
    session = await writer.change(exchange)
    if session is None:
        said = "the refresh token cannot be used: it is not valid, or no longer; please log in"
        raise RefusedError(
            PermissionProblem(message=said, code=Code.UNAUTHENTICATED, path=("refreshToken",))
        )
    return session


async def logout(writer: Writer, token: str, *, everywhere: bool = False) -> int:
    """End the session of a refresh token, or all of its user's; return how many have ended.

    A token that was exchanged before ends its own session alone. Access tokens go on until they
    expire.
    """

    async def end(change: Change) -> int:
        account = await _account_of(change, token)
        if account is None:
            return 0
        shown = select(RefreshToken).where(
            *_of(account),
            RefreshToken.token_hash == _digest(token),
            RefreshToken.expires_at > change.now,
        )
        row = (await change.session.execute(shown)).scalar_one_or_none()
        if row is None:
            return 0
        is_all = everywhere and row.used_at is None
        return await end_sessions(change, account, None if is_all else row.family)

    return await writer.change(end)


async def _account_of(change: Change, token: str) -> Account | None:
    if len(token) != _CHARACTERS or not token.isascii():
        return None
    owner = select(RefreshToken.user_id).where(
        RefreshToken.tenant_id == change.tenant_id, RefreshToken.token_hash == _digest(token)
    )
    user_id = (await change.session.execute(owner)).scalar_one_or_none()
    return None if user_id is None else await locked_account(change, user_id)


async def _end_copied(change: Change, account: Account, token: str) -> None:
    """End the session of a token that was exchanged before."""
    used = select(RefreshToken.family).where(
        *_of(account),
        RefreshToken.token_hash == _digest(token),
        RefreshToken.used_at.is_not(None),
    )
    family = (await change.session.execute(used)).scalar_one_or_none()
    if family is not None:
        await end_sessions(change, account, family)
        _log.warning("a refresh token of user %d came twice: the session ended", account.user_id)


def _account() -> Select[Account]:
    return (
        select(Account)
        .join(User, (User.tenant_id == Account.tenant_id) & (User.id == Account.user_id))
        .where(User.deleted_at.is_(None))
        .with_for_update(of=Account, key_share=True)
        .execution_options(populate_existing=True)
    )


def _of(account: Account) -> tuple[Any, ...]:
    return RefreshToken.tenant_id == account.tenant_id, RefreshToken.user_id == account.user_id


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
