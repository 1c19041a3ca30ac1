"""What every resolver of one operation can reach."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from graphql_api.loaders.registry import Loaders
from graphql_api.schema.cursor import CursorCodec


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One operation's loaders, and the codec of its tenant's cursors."""

    loaders: Loaders
    cursors: CursorCodec


Info: TypeAlias = strawberry.Info[Context, None]
