"""Fields that are for their owner, and for viewers with a scope: null and an error for others.

One statement loads them for all of a level, and it is asked for those alone that the viewer may
see.
"""

from collections.abc import Awaitable
from typing import Any

import strawberry

from graphql_api.errors import ForbiddenError, UnauthenticatedError
from graphql_api.execution import PLAN, Batch, Level
from graphql_api.loaders.account import EmailByUser, EmailRow
from graphql_api.loaders.user import UserById
from graphql_api.models import Scope
from graphql_api.schema.context import Context, Info
from graphql_api.schema.limits.price import Price, priced
from graphql_api.schema.permission import marks
from graphql_api.schema.relations import Batched, Relation, load_level, load_one
from graphql_api.services.people.sealing import UnsealError
from graphql_api.services.permission import Rule

_EMAIL = Rule(Scope.TENANT_ADMIN, owner=True)

_NOT_YOURS = "only the user themselves and an administrator may see this"
_GONE = "the user who logged in is no more; please log in again"


def email() -> Any:  # stands for the type
    """Declare the address of a user."""

    async def resolve(root: Any, info: Info) -> str | None:
        if not _EMAIL.allows(info.context.viewer, root.id):
            raise ForbiddenError(_NOT_YOURS)
        row = await load_one(info.context.loaders.of(EmailByUser), root.id, info)
        value = _opened(info.context, row)
        if isinstance(value, UnsealError):
            raise value
        return value

    def load(level: Level) -> Awaitable[list[Any]]:
        context: Context = level.context
        own = [key for key in level.keys if _EMAIL.allows(context.viewer, key)]
        return _emails(level, own, load_level(context.loaders.of(EmailByUser), own, level))

    marked, cost = marks(_EMAIL), priced(Price(statement=EmailByUser.__name__))
    return strawberry.field(
        resolver=resolve,
        description="Their address; for themselves, and for administrators.",
        directives=[*marked["directives"], Batched(loader=EmailByUser.__name__)],
        metadata={
            **marked["metadata"],
            **cost["metadata"],
            "relation": Relation(EmailByUser, "id"),
            PLAN: Batch(load=load, key=("id",)),
        },
    )


def oneself() -> Any:  # stands for the type
    """Declare the user that a viewer is."""

    async def resolve(root: Any, info: Info) -> Any:
        row = await load_one(info.context.loaders.of(UserById), root.user_id, info)
        if row is None:
            raise UnauthenticatedError(_GONE)
        return row

    def load(level: Level) -> Awaitable[list[Any]]:
        loader = level.context.loaders.of(UserById, level.columns)
        return _or_gone(load_level(loader, level.keys, level))

    return strawberry.field(
        resolver=resolve,
        description="Themselves.",
        directives=[Batched(loader=UserById.__name__)],
        metadata={
            "relation": Relation(UserById, "user_id"),
            PLAN: Batch(load=load, key=("user_id",), rows=UserById),
            **priced(Price(statement=UserById.__name__))["metadata"],
        },
    )


async def _emails(level: Level, own: list[int], rows: Awaitable[list[Any]]) -> list[Any]:
    """Give each key its address, or why the viewer does not get it."""
    found = dict(zip(own, await rows, strict=True))
    return [
        _opened(level.context, found[key]) if key in found else ForbiddenError(_NOT_YOURS)
        for key in level.keys
    ]


async def _or_gone(rows: Awaitable[list[Any]]) -> list[Any]:
    return [UnauthenticatedError(_GONE) if row is None else row for row in await rows]


def _opened(context: Context, row: EmailRow | None) -> str | UnsealError | None:
    """Open an address; what cannot be opened is a fault of ours, for the log."""
    if row is None or row.email_sealed is None:
        return None
    people = context.writer.people
    assert people is not None  # noqa: S101  # every server has its keys
    try:
        return people.vault.open(row.email_sealed, context.viewer.tenant_id, row.user_id)
    except UnsealError as error:
        return error
