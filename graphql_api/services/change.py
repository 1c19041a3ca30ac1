"""One change: its checks, its rows, its audit entry and its event commit together, or not at all.

A service does what takes time (rendering, hashing) first, holding no connection; then it hands a
function to `Writer.change`, which runs it in a transaction of its own. The function may run again:
it must do nothing but work on the session.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.models import (
    Account,
    Action,
    IdempotencyKey,
    OutboxEvent,
    Revision,
    Role,
    User,
    Viewer,
)
from graphql_api.services.people.people import People
from graphql_api.services.permission import ANYBODY, USER, Rule
from graphql_api.services.problem import (
    Code,
    Difference,
    PermissionProblem,
    RefusedError,
    Subject,
    ValidationProblem,
)

KEYS_LIVE = timedelta(hours=24)
"""How long an idempotency key stands for its answer."""

_LONGEST_KEY = 200

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Written:
    """What a change did to one thing."""

    subject: Subject
    action: Action
    version: int = 0
    owner_id: int | None = None
    changes: tuple[Difference, ...] = ()
    snapshot: Mapping[str, Any] | None = None
    """The fields that people write, as they are now."""


class Change:
    """What a function works with that changes something: a session, and who it is that asks."""

    def __init__(
        self, session: AsyncSession, viewer: Viewer, request_id: str | None, rule: Rule
    ) -> None:
        self.session = session
        self.viewer = viewer
        """As the database knows them now; their token may be minutes old."""
        self.now: datetime
        """When the transaction began, as its rows have it."""
        self.rule = rule
        """The rule of the field that asked."""
        self.request_id = request_id
        """The request that asked for it."""

    @property
    def tenant_id(self) -> int:
        """Whose data it is."""
        return self.viewer.tenant_id

    async def begin(self) -> None:
        """Look up who acts, and what they may do now.

        Raises:
            RefusedError: the viewer is no more, or may no longer do this.
        """
        if self.rule is ANYBODY:
            self.now = (await self.session.execute(select(func.now()))).scalar_one()
            return
        found = select(func.now(), Account.role).where(
            Account.tenant_id == self.tenant_id,
            Account.user_id == self.viewer.user_id,
            User.tenant_id == Account.tenant_id,
            User.id == Account.user_id,
            User.deleted_at.is_(None),
        )
        row = (await self.session.execute(found)).one_or_none()
        if row is None:
            gone = PermissionProblem(message="please log in again", code=Code.UNAUTHENTICATED)
            raise RefusedError(gone)
        self.now = row[0]
        self.viewer = Viewer(self.tenant_id, self.viewer.user_id, Role(row[1]))
        self.rule.check(self.viewer)

    def must_own(self, owner_id: int | None) -> None:
        """Check that the viewer may change a row of ``owner_id``, by the rule of the field.

        Raises:
            RefusedError: they may not.
        """
        self.rule.check_owner(self.viewer, owner_id)

    def wrote(self, written: Written) -> None:
        """Note what was done: in the audit log, and for whoever listens."""
        subject = {
            "tenant_id": self.tenant_id,
            "subject_type": written.subject.type_name,
            "subject_id": written.subject.number,
            "version": written.version,
            "action": written.action.value,
        }
        changes = {each.field: [each.before, each.after] for each in written.changes}
        entry = Revision(
            **subject,
            owner_id=written.owner_id,
            actor_id=self.viewer.user_id or None,
            changes=_plain(changes),
            snapshot=_plain(written.snapshot or {}),
            request_id=self.request_id,
        )
        self.session.add_all([entry, OutboxEvent(**subject)])

    async def once(
        self,
        key: str | None,
        asked: Mapping[str, Any],
        act: Callable[[], Awaitable[dict[str, int]]],
    ) -> dict[str, int]:
        """Do something once for a client's key, and give whoever repeats it the same answer.

        Args:
            key: the client's; without one the thing is done each time.
            asked: what the key stands for: the mutation, and all of its input.
            act: does it, and returns the answer: numbers by name.

        Raises:
            RefusedError: the key was used for something else.
        """
        if key is None:
            return await act()
        digest = hashlib.sha256(orjson.dumps(_plain(asked), option=orjson.OPT_SORT_KEYS)).digest()
        mine = (
            IdempotencyKey.tenant_id == self.tenant_id,
            IdempotencyKey.user_id == self.viewer.user_id,
            IdempotencyKey.key == key,
        )
        too_old = IdempotencyKey.created_at < self.now - KEYS_LIVE
        await self.session.execute(delete(IdempotencyKey).where(*mine, too_old))
        # who comes second waits here until the first has committed
        claim = insert(IdempotencyKey).values(
            tenant_id=self.tenant_id,
            user_id=self.viewer.user_id,
            key=key,
            digest=digest,
            answer={},
        )
        claimed = claim.on_conflict_do_nothing().returning(IdempotencyKey.key)
        if (await self.session.execute(claimed)).one_or_none() is None:
            before = select(IdempotencyKey.digest, IdempotencyKey.answer).where(*mine)
            known, answer = (await self.session.execute(before)).one()
            if known != digest:
                raise RefusedError(_mismatch())
            return dict(answer)
        answer = await act()
        await self.session.flush()
        await self.session.execute(update(IdempotencyKey).where(*mine).values(answer=answer))
        return answer


class Writer:
    """The way to change something, for one operation or command."""

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        request_id: str | None = None,
        rule: Rule = USER,
        people: People | None = None,
    ) -> None:
        self.database = database
        self.viewer = viewer
        self.people = people
        """What passwords, tokens and addresses are worked on with; None where nobody needs it."""
        self._request_id = request_id
        self._rule = rule

    def under(self, rule: Rule) -> "Writer":
        """Give a writer that asks for what a field's rule asks for."""
        return Writer(self.database, self.viewer, self._request_id, rule, self.people)

    async def change(self, act: Callable[[Change], Awaitable[ResultT]]) -> ResultT:
        """Run ``act`` in a transaction of its own, and commit it.

        Raises:
            RefusedError: it was refused; nothing happened.
            UnavailableError: the database went away.
        """

        async def run(session: AsyncSession) -> ResultT:
            change = Change(session, self.viewer, self._request_id, self._rule)
            await change.begin()
            return await act(change)

        return await self.database.change(run)


def checked_key(key: str | None) -> str | None:
    """Check a client's idempotency key.

    Raises:
        RefusedError: it is empty, too long, or holds what no key needs.
    """
    if key is None or (0 < len(key) <= _LONGEST_KEY and key.isprintable()):
        return key
    raise RefusedError(
        ValidationProblem(
            message=f"'idempotencyKey' takes 1 to {_LONGEST_KEY} printable characters",
            path=("idempotencyKey",),
            constraint=f"max_length: {_LONGEST_KEY}",
        )
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """List the fields that differ, of those in both."""
    return tuple(
        Difference(name, before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    )


def _mismatch() -> ValidationProblem:
    return ValidationProblem(
        message="this idempotency key was used for another input; take a new one",
        code=Code.IDEMPOTENCY_MISMATCH,
        path=("idempotencyKey",),
    )


def _plain(value: Any) -> Any:
    """Turn times and the like into what JSON has."""
    return orjson.loads(orjson.dumps(value, default=str))
