"""What a user name, an address and a new password may be."""

import re

from graphql_api.services.check import Checks
from graphql_api.services.people.passwords import (
    MAX_LENGTH,
    MIN_LENGTH,
    is_too_long,
    is_too_short,
)
from graphql_api.services.problem import Code, RefusedError, ValidationProblem

USERNAME_LENGTH = 60
"""Characters of a user name at most, as the column has it."""
EMAIL_LENGTH = 254
"""Characters of an address at most: what mail servers take."""

# of both cases before it is made lower case, which would let other letters pass for these
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,59}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def new_username(checks: Checks, path: str, given: str) -> str:
    """Check the name of a new user, and give it in lower case."""
    name = checks.line(path, given, most=USERNAME_LENGTH)
    if name and not _USERNAME.fullmatch(name):
        said = (
            f"'{path}' takes 3 to {USERNAME_LENGTH} of a-z, 0-9, '_' and '-',"
            " and begins with a letter or digit"
        )
        checks.fail(path, said, constraint=f"pattern: {_USERNAME.pattern}")
    return name.lower()


def known_username(given: str) -> str:
    """Give the name under which a user may be known; an empty one where nobody can be."""
    name = given.strip().lower()
    usable = len(name) <= USERNAME_LENGTH and name.isprintable()  # no surrogate is, nor a NUL
    return name if usable else ""


def new_email(checks: Checks, path: str, given: str) -> str:
    """Check an address: that it can be one, and not whether mail arrives there."""
    email = checks.line(path, given, most=EMAIL_LENGTH)
    if email and not _EMAIL.fullmatch(email):
        checks.fail(path, f"'{path}' must look like name@example.org")
    return email


def new_password(checks: Checks, path: str, given: str) -> None:
    """Check the length of a new password."""
    if is_too_long(given):
        checks.add(_too_long(path))
    elif is_too_short(given):
        said = f"'{path}' needs {MIN_LENGTH} characters or more"
        checks.fail(path, said, constraint=f"min_length: {MIN_LENGTH}")


def refuse_too_long(path: str, password: str) -> None:
    """Refuse what can be nobody's password before any work is done on it.

    Raises:
        RefusedError: it is too long.
    """
    if is_too_long(password):
        raise RefusedError(_too_long(path))


def _too_long(path: str) -> ValidationProblem:
    return ValidationProblem(
        message=f"'{path}' takes {MAX_LENGTH} characters at most",
        code=Code.TOO_LONG,
        path=(path,),
        constraint=f"max_length: {MAX_LENGTH}",
    )
