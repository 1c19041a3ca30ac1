"""What goes wrong on a machine, as one sentence for its operator."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphql_api.errors import OperatorError

FULL = (errno.ENOSPC, errno.EDQUOT)
SIGNS_OF_FULL = (*map(os.strerror, FULL), "Check free disk space")
LAST_LINES = 12


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence about ``folder``.

    Raises:
        OperatorError: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise _full(folder) from error
        raise OperatorError(
            f"The embedded PostgreSQL cannot use {error.filename or folder}: {error.strerror}."
        ) from error


def failure(what: str, folder: Path, output: str) -> OperatorError:
    """Return the error for a program that failed: ``what`` and the end of what it printed."""
    if any(sign in output for sign in SIGNS_OF_FULL):
        return _full(folder)
    lines = [line for line in output.splitlines() if line.strip()]
    return OperatorError("\n  ".join([f"{what} in {folder}:", *lines[-LAST_LINES:]]))


def _full(folder: Path) -> OperatorError:
    return OperatorError(f"The disk of {folder} is full: the embedded PostgreSQL has no room.")
