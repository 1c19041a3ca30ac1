"""Errors of the driver and of PostgreSQL, told apart in one place, by SQLSTATE."""

from typing import Any

from asyncpg import DataError, InterfaceError, InternalClientError
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from graphql_api.errors import UnavailableError

DriverError = AsyncAdapt_asyncpg_dbapi.Error  # what the pool raises where it cannot connect

UNAVAILABLE = "the content database does not answer at the moment; please try again"
UNKNOWN = (
    "the connection was lost while your change was being saved, so it may have been: look before"
    " you repeat it, or repeat it with the same 'idempotencyKey'"
)

UNDER_WAY = (
    "your change may still be saved: look before you repeat it, or repeat it with the same"
    " 'idempotencyKey'"
)

# SQLSTATE classes: 08 connection, 53 out of resources, 57P shutdown, 58 system;
# 57014 is a timeout, 55P03 one while waiting for a lock
_UNAVAILABLE_STATES = ("08", "53", "57P", "58", "57014", "55P03")

_LOST_STATES = ("08", "57P")

# serialization failure, deadlock: PostgreSQL asks for the whole transaction again
_REPEATED_STATES = ("40001", "40P01")


def quotes_a_value(error: Exception) -> bool:
    """Tell whether a message can hold the value that the server or the driver refused."""
    return isinstance(error, DataError) or (
        isinstance(error, InterfaceError) and isinstance(error, ValueError)
    )


def is_lost(error: Exception) -> bool:
    """Tell whether the server went away, or said that it does; a timeout is an OSError too.

    The driver's internal error is what it says once it has heard that the server goes, and not yet
    that it is gone; whatever else makes it say so, the connection is of no more use.
    """
    state = getattr(error, "sqlstate", None) or ""
    return isinstance(error, OSError | InternalClientError) or state.startswith(_LOST_STATES)


def translated(error: Exception) -> Exception:
    """Tell an unreachable database from a fault of ours, by SQLSTATE."""
    if isinstance(error, OSError | PoolTimeoutError | InternalClientError):
        return UnavailableError(UNAVAILABLE)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return UnavailableError(UNAVAILABLE)
    gone = _state_of(error).startswith(_UNAVAILABLE_STATES)
    return UnavailableError(UNAVAILABLE) if gone else error


def may_be_repeated(error: Exception) -> bool:
    """Tell whether a transaction that did not commit may do so when it is run again."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = _state_of(error)
    return isinstance(error, InternalClientError) or state.startswith(
        (*_REPEATED_STATES, *_LOST_STATES)
    )


def _state_of(error: Exception) -> str:
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None) or ""
