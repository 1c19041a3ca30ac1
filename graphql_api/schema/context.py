"""What every resolver of one operation can reach."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

import strawberry

from graphql_api.db.database import Database
from graphql_api.execution import Execution
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Viewer
from graphql_api.schema.cursor import CursorCodec
from graphql_api.schema.limits.account import Account
from graphql_api.schema.notes import Notes
from graphql_api.services.change import Writer
from graphql_api.services.people.people import People

Attend: TypeAlias = Callable[[Operation, Callable[[], Awaitable[Any]]], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One operation's loaders, its way to change things, the codec of its tenant's cursors."""

    loaders: Loaders
    writer: Writer
    cursors: CursorCodec
    execution: Execution = field(default_factory=Execution)
    account: Account = field(default_factory=Account)
    notes: Notes = field(default_factory=Notes)
    attend: Attend | None = None
    """Runs events of a subscription when it is their turn; without it they run at once."""

    @classmethod
    def of(  # noqa: PLR0913  # what an operation is made of
        cls,
        database: Database,
        viewer: Viewer,
        cursors: CursorCodec,
        *,
        max_connections: int = 4,
        request_id: str | None = None,
        execution: Execution | None = None,
        people: People | None = None,
        account: Account | None = None,
    ) -> Self:
        """Make the context of one operation, with loaders of its own."""
        operation = Operation(database.reader(max_connections), viewer)
        return cls(
            loaders=Loaders(operation),
            writer=Writer(database, viewer, request_id, people=people and people.for_operation()),
            cursors=cursors,
            execution=execution or Execution(),
            account=account or Account(),
            notes=Notes(request_id),
        )

    def for_event(self) -> Self:
        """Give what resolvers of one event of a subscription can reach: loaders of its own."""
        return replace(self, loaders=Loaders(self.loaders.operation.for_event()))

    async def in_turn(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """Run what one event of a subscription asks for.

        Raises:
            ApiError: it did not get its turn.
        """
        if self.attend is None:
            return await act()
        return await self.attend(self.loaders.operation, act)

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        return self.loaders.operation.viewer

    def become(self, viewer: Viewer) -> None:
        """Go on for a viewer who has just logged in; what was loaded for another is forgotten."""
        self.loaders.operation.become(viewer)
        self.writer.viewer = viewer


def account_of(context: object) -> Account:
    """Return the account of an operation; whoever runs one without a context has the defaults."""
    return context.account if isinstance(context, Context) else Account()


def note_cost(context: object) -> None:
    """Have those who watch an operation see what it costs."""
    if isinstance(context, Context) and context.account.figures is not None:
        context.notes.cost = context.account.figures.cost


Info: TypeAlias = strawberry.Info[Context, None]
