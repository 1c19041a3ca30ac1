"""Proving who one is by a password: to begin a session, or to change the password.

Both look up the hash and count the attempt in one transaction, compare without a connection, and
do the rest in another, in which the hash must still be the one that was compared.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select

from graphql_api.errors import UnavailableError
from graphql_api.models import Account, User
from graphql_api.services.change import Change, Writer
from graphql_api.services.check import Checks
from graphql_api.services.people.attempts import count_attempt, forget_attempts, take_back
from graphql_api.services.people.names import known_username, new_password, refuse_too_long
from graphql_api.services.people.passwords import Check
from graphql_api.services.people.people import People
from graphql_api.services.people.sessions import (
    Session,
    begin_session,
    end_sessions,
    locked_account,
)
from graphql_api.services.problem import Code, PermissionProblem, RefusedError

ResultT = TypeVar("ResultT")

_WRONG = PermissionProblem(
    message="the user name or the password is wrong", code=Code.UNAUTHENTICATED
)
_WRONG_CURRENT = PermissionProblem(
    message="the current password is wrong", code=Code.UNAUTHENTICATED, path=("currentPassword",)
)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Whom somebody says that they are."""

    name: str
    user_id: int | None = None
    password_hash: str | None = field(default=None, repr=False)


async def login(writer: Writer, people: People, username: str, password: str) -> Session:
    """Begin a session.

    Raises:
        RefusedError: name or password are wrong, or there were too many attempts for the name.
        UnavailableError: too many others log in at the moment.
    """
    refuse_too_long("password", password)
    name = known_username(username)

    async def look(change: Change) -> _Claim:
        await count_attempt(change, name)
        found = select(User.id, Account.password_hash).where(
            User.tenant_id == change.tenant_id,
            User.username == name,
            User.deleted_at.is_(None),
            Account.tenant_id == User.tenant_id,
            Account.user_id == User.id,
        )
        row = (await change.session.execute(found)).one_or_none()
        return _Claim(name) if row is None else _Claim(name, row[0], row[1])

    claim = await writer.change(look)
    check = await _checked(writer, people, claim, password, _WRONG)

    async def begin(change: Change) -> Session:
        account = await _proven(change, claim, _WRONG)
        account.password_hash = check.better_hash or account.password_hash
        return await begin_session(change, people, account)

    return await writer.change(begin)


async def change_password(writer: Writer, people: People, current: str, new: str) -> Session:
    """Change the viewer's password; ends their sessions, and begins a new one.

    Raises:
        RefusedError: the current one is wrong, the new one cannot be taken, or there were too many
            attempts.
        UnavailableError: too many others log in at the moment.
    """
    refuse_too_long("currentPassword", current)
    checks = Checks()
    new_password(checks, "newPassword", new)
    checks.done()
    user_id = writer.viewer.user_id

    async def look(change: Change) -> _Claim:
        found = select(User.username, Account.password_hash).where(
            User.tenant_id == change.tenant_id,
            User.id == user_id,
            Account.tenant_id == User.tenant_id,
            Account.user_id == User.id,
        )
        row = (await change.session.execute(found)).one()
        await count_attempt(change, row[0])
        return _Claim(row[0], user_id, row[1])

    claim = await writer.change(look)
    await _checked(writer, people, claim, current, _WRONG_CURRENT)
    password_hash = await _worked(writer, claim, people.passwords.hash(new))

    async def replace(change: Change) -> Session:
        account = await _proven(change, claim, _WRONG_CURRENT)
        account.password_hash, account.updated_at = password_hash, change.now
        await end_sessions(change, account)
        return await begin_session(change, people, account)

    return await writer.change(replace)


async def _checked(
    writer: Writer, people: People, claim: _Claim, password: str, wrong: PermissionProblem
) -> Check:
    """Compare a password, for whoever is nobody too."""
    check = await _worked(writer, claim, people.passwords.check(claim.password_hash, password))
    if not check.matches:
        raise RefusedError(wrong)
    return check


async def _worked(writer: Writer, claim: _Claim, work: Awaitable[ResultT]) -> ResultT:
    """Wait for work on a password; where none was done, the attempt does not count."""
    try:
        return await work
    except (RefusedError, UnavailableError):
        await writer.change(lambda change: take_back(change, claim.name))
        raise


async def _proven(change: Change, claim: _Claim, wrong: PermissionProblem) -> Account:
    """Take the account of a claim that was proven, unless its password has changed meanwhile."""
    assert claim.user_id is not None  # noqa: S101  # nobody's password matches
    account = await locked_account(change, claim.user_id)
    if account is None or account.password_hash != claim.password_hash:
        raise RefusedError(wrong)
    await forget_attempts(change, claim.name)
    return account
