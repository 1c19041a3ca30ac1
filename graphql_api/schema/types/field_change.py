"""Fields with two values, and the ids among these.

Services know rows by their numbers, and so does the audit log; what leaves the API are global ids.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import strawberry

from graphql_api.schema import global_id
from graphql_api.schema.columns import computed, plain
from graphql_api.schema.scalars import JSON
from graphql_api.services.problem import Difference
from graphql_api.services.text import difference

_TYPES = {"authorId": "User", "categoryId": "Category", "postId": "Post"}
"""The type of the row that a field names."""
_OF_ITS_KIND = {"mergedFrom", "mergedInto", "parentId"}
"""Fields that name a row of the thing's own type."""


def _text_difference(field: str, before: Any, after: Any) -> str | None:
    both = isinstance(before, str) and isinstance(after, str)
    return difference(before, after) if both and "body" in field else None


@strawberry.type
class FieldChange:
    """A field with two values."""

    field: str = plain("Its name.")
    before: JSON | None = plain("The value before; in a conflict, what it is now.")
    after: JSON | None = plain("The value after; in a conflict, what was sent.")
    diff: str | None = computed(
        _text_difference,
        reads=("field", "before", "after"),
        description="Of a body, the lines that differ, as a unified diff.",
    )


def public_changes(type_name: str, changes: Iterable[Difference]) -> list[Difference]:
    """Give changes of a thing of a type with global ids in place of the numbers of rows."""
    return [
        Difference(field, *(_public(type_name, field, value) for value in (before, after)))
        for field, before, after in changes
    ]


def public_content(type_name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Do the same for the fields of a thing."""
    return {field: _public(type_name, field, value) for field, value in content.items()}


def _public(type_name: str, field: str, value: Any) -> Any:
    """Turn the number of a row into its id."""
    named = type_name if field in _OF_ITS_KIND else _TYPES.get(field)
    return value if named is None or value is None else global_id.encode(named, value)
