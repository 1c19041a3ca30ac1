"""Reading the ways to name one thing."""

from typing import Any

from graphql_api.schema import global_id


def number_in(by: Any, type_name: str) -> int:  # an input with id and database_id
    """Return the id that an input gives as a global id or as a number."""
    if isinstance(by.id, str):
        return global_id.number_of(by.id, type_name)
    number: int = by.database_id
    return number
