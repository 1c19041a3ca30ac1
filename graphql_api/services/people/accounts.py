"""Accounts: how they come to be, and what is changed about them."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from graphql_api.models import Account, Action, Role, User
from graphql_api.services.change import Change, Writer, Written
from graphql_api.services.check import Checks
from graphql_api.services.people.names import (
    new_email,
    new_password,
    new_username,
)
from graphql_api.services.people.people import People
from graphql_api.services.people.sessions import Session, begin_session, locked_account
from graphql_api.services.problem import (
    Code,
    Problem,
    RefusedError,
    Subject,
    ValidationProblem,
)

NAME_LENGTH = 200
"""Characters of a name that is shown at most, as the column has it."""

_NAME_TAKEN = ValidationProblem(
    message="this user name is taken", code=Code.ALREADY_EXISTS, path=("username",)
)
_EMAIL_TAKEN = ValidationProblem(
    message="this address is taken", code=Code.ALREADY_EXISTS, path=("email",)
)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a new user says of themselves."""

    username: str
    password: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    display_name: str | None = None
    """The user name without one."""


async def register(writer: Writer, people: People, given: Registration) -> Session:
    """Make a user who may read and comment, and log them in.

    Raises:
        RefusedError: what they say cannot be taken, or name or address are another's.
        UnavailableError: too many others log in at the moment.
    """
    checked = _checked(given)
    password_hash = await people.passwords.hash(given.password)

    async def add(change: Change) -> Session:
        account = await _add(change, people, checked, password_hash, Role.READER)
        return await begin_session(change, people, account)

    return await writer.change(add)


async def create_user(writer: Writer, people: People, given: Registration, role: Role) -> int:
    """Make a user with a role, or give an account to one who came without; return their id.

    Raises:
        RefusedError: what is given cannot be taken, or name or address are another's.
    """
    checked = _checked(given)
    password_hash = await people.passwords.hash(given.password)

    async def add(change: Change) -> int:
        return (await _add(change, people, checked, password_hash, role, adopt=True)).user_id

    return await writer.change(add)


def _checked(given: Registration) -> Registration:
    """Check all that is given, and give it as it is kept."""
    checks = Checks()
    username = new_username(checks, "username", given.username)
    email = None if given.email is None else new_email(checks, "email", given.email)
    new_password(checks, "password", given.password)
    shown = given.display_name
    if shown is not None:
        shown = checks.line("displayName", shown, most=NAME_LENGTH)
    checks.done()
    return Registration(username, given.password, email, shown or username)


async def _add(
    change: Change,
    people: People,
    given: Registration,
    password_hash: str,
    role: Role,
    *,
    adopt: bool = False,
) -> Account:
    """Add a user and an account; with ``adopt``, the account alone where the user has none.

    Raises:
        RefusedError: name or address are another's.
    """
    problems: list[Problem] = []
    user_id = await _add_user(change, given)
    if user_id is None and adopt:
        user_id = await user_named(change, given.username)
    if user_id is None:
        problems.append(_NAME_TAKEN)
    if given.email is not None and await _is_taken(change, people, given.email):
        problems.append(_EMAIL_TAKEN)
    if user_id is None or problems:
        raise RefusedError(*problems)
    account: dict[str, Any] = {
        "tenant_id": change.tenant_id,
        "user_id": user_id,
        "role": role.value,
        "password_hash": password_hash,
    }
    if given.email is not None:
        sealed = people.vault.seal(given.email, change.tenant_id, user_id)
        account |= {"email_sealed": sealed.sealed, "email_index": sealed.index}
    # another may have the name or the address by now: the indexes decide
    added = insert(Account).values(account).on_conflict_do_nothing().returning(Account)
    row = await change.session.scalar(added)
    if row is None:
        has_one = await locked_account(change, user_id) is not None
        raise RefusedError(_NAME_TAKEN if has_one else _EMAIL_TAKEN)
    return row


async def _add_user(change: Change, given: Registration) -> int | None:
    """Add the row that all can see, with its audit entry; None where the name is another's."""
    shown = {"username": given.username, "display_name": given.display_name}
    added = (
        insert(User)
        .values(tenant_id=change.tenant_id, **shown)
        .on_conflict_do_nothing()
        .returning(User.id)
    )
    user_id = (await change.session.execute(added)).scalar_one_or_none()
    if user_id is not None:
        change.wrote(
            Written(
                Subject("User", user_id),
                Action.CREATE,
                version=1,
                owner_id=user_id,
                snapshot={"username": given.username, "displayName": given.display_name},
            )
        )
    return user_id


async def user_named(change: Change, name: str) -> int | None:
    """Find the living user of a name."""
    named = select(User.id).where(
        User.tenant_id == change.tenant_id, User.username == name, User.deleted_at.is_(None)
    )
    return (await change.session.execute(named)).scalar_one_or_none()


async def _is_taken(change: Change, people: People, email: str) -> bool:
    """Tell whether an address is somebody's, under whichever key it was sealed."""
    indexes = people.vault.indexes(email, change.tenant_id)
    taken = select(Account.user_id).where(
        Account.tenant_id == change.tenant_id, Account.email_index.in_(indexes)
    )
    return (await change.session.execute(taken.limit(1))).first() is not None
