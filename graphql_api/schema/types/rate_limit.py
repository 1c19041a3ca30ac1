"""What an operation costs."""

from datetime import datetime

import strawberry

from graphql_api.schema.columns import plain


@strawberry.type
class RateLimit:
    """What an operation costs, and what its client may spend."""

    limit: int = plain(
        "What the client may spend in a window; what one request may cost, where the server counts"
        " no windows."
    )
    cost: int = plain("What the operation costs, by `@cost`; with `dryRun` it would.")
    remaining: int = plain("What is left of `limit` after it.")
    reset_at: datetime = plain("When all of `limit` is there again.")
    node_count: int = plain("The most things that the operation can answer with.")
    predicted_sql: int = plain(
        "The statements that loading takes at most; those of a mutation itself are not among them."
    )
