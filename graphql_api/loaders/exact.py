"""What the driver gives for a column, where it is values of just one class: nobody need look."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Integer, String

from graphql_api.loaders.base import column_of, names_of

_KINDS = ((Boolean, bool), (DateTime, datetime), (Integer, int), (String, str))


def exact_columns(loader: Any) -> dict[str, tuple[type, bool]]:  # a class of loaders
    """Return the class of a column's values, and whether some are null, by the column's name.

    Numbers are those of 32 bits, as GraphQL's are; what is wider is left out, and so is what some
    lists of a loader do not have.
    """
    if not hasattr(loader, "row"):  # it gives values
        return {}
    exact: dict[str, tuple[type, bool]] = {}
    for name in names_of(loader.row):
        column = column_of(loader, name)
        kind = next((kind for sql, kind in _KINDS if isinstance(column.type, sql)), None)
        if kind is not None and not isinstance(column.type, BigInteger):
            # what stands for a column may be null only where that may
            stored = column if hasattr(column, "property") else getattr(loader.table, name)
            exact[name] = kind, stored.property.columns[0].nullable
    return exact
