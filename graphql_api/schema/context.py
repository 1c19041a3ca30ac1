"""What every resolver of one operation can reach."""

from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry

from graphql_api.execution import Execution
from graphql_api.loaders.registry import Loaders
from graphql_api.schema.cursor import CursorCodec


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One operation's loaders, the codec of its tenant's cursors, and how it is executed."""

    loaders: Loaders
    cursors: CursorCodec
    execution: Execution = field(default_factory=Execution)


Info: TypeAlias = strawberry.Info[Context, None]
