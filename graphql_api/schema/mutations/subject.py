"""The input of what is done to a thing, and says no more than which."""

import strawberry

from graphql_api.schema.mutation import client_mutation_id


@strawberry.input
class SubjectInput:
    """Which thing."""

    client_mutation_id: str | None = client_mutation_id()
    subject_id: strawberry.ID = strawberry.field(description="The id of the thing.")
