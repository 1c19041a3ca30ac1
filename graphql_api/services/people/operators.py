"""What an operator does about people, by the command line."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import select

from graphql_api.models import Account, Role, User, Viewer
from graphql_api.services.change import Change, Writer
from graphql_api.services.people.accounts import user_named
from graphql_api.services.people.names import known_username
from graphql_api.services.people.people import People
from graphql_api.services.people.sessions import locked_account
from graphql_api.services.people.tokens import AccessToken
from graphql_api.services.problem import NotFoundProblem, RefusedError


class Listed(NamedTuple):
    """A user who can log in."""

    username: str
    role: str
    since: datetime


async def list_users(writer: Writer) -> list[Listed]:
    """List the users with an account, by name."""

    async def act(change: Change) -> list[Listed]:
        found = (
            select(User.username, Account.role, Account.created_at)
            .join(Account, (Account.tenant_id == User.tenant_id) & (Account.user_id == User.id))
            .where(User.tenant_id == change.tenant_id, User.deleted_at.is_(None))
            .order_by(User.username)
        )
        return [Listed(*row) for row in await change.session.execute(found)]

    return await writer.change(act)


async def promote(writer: Writer, username: str, role: Role) -> None:
    """Give a user another role; their access tokens know of it when they are renewed.

    Raises:
        RefusedError: there is no such user with an account.
    """

    async def act(change: Change) -> None:
        account = await _account_named(change, username)
        account.role, account.updated_at = role.value, change.now

    await writer.change(act)


async def issue_token(
    writer: Writer, people: People, username: str, lifetime: timedelta
) -> AccessToken:
    """Make an access token of a user, without a session.

    Raises:
        RefusedError: there is no such user with an account.
    """

    async def act(change: Change) -> Viewer:
        account = await _account_named(change, username)
        return Viewer(account.tenant_id, account.user_id, Role(account.role))

    return people.tokens.issue(await writer.change(act), uuid4(), lifetime)


async def _account_named(change: Change, username: str) -> Account:
    user_id = await user_named(change, known_username(username))
    account = None if user_id is None else await locked_account(change, user_id)
    if account is None:
        said = f"there is no user '{username}' with an account"
        raise RefusedError(NotFoundProblem(message=said, path=("username",), missing=username))
    return account
