"""The exception tree.

Exception
├── ApiError            safe to show to a client, with a stable ``code``
│   ├── BadUserInputError   BAD_USER_INPUT: an argument, id or cursor cannot be used
│   ├── ForbiddenError      FORBIDDEN: who asks may not see this
│   ├── UnauthenticatedError UNAUTHENTICATED: nobody, or not who a request says, asks for this
│   └── UnavailableError    UNAVAILABLE: the database does not answer; try again later
└── OperatorError       one sentence for whoever runs the server; the command line prints it
    └── ImportFailedError   the content file cannot be used; nothing of it was kept

Everything else is a fault of ours: a client sees ``INTERNAL`` and a request id, the log the rest.
"""

from typing import ClassVar


class ApiError(Exception):
    """Base of every error whose message is safe to show to a client."""

    code: ClassVar[str] = "INTERNAL"

    @property
    def message(self) -> str:
        """The sentence a person reads."""
        return str(self)

    @property
    def extensions(self) -> dict[str, object]:
        """What graphql-core copies into ``errors[].extensions``."""
        return {"code": self.code}


class BadUserInputError(ApiError):
    """An argument, a global id or a cursor cannot be used as it was given."""

    code = "BAD_USER_INPUT"


class ForbiddenError(ApiError):
    """Who asks may not see this, whoever they are otherwise."""

    code = "FORBIDDEN"


class UnauthenticatedError(ApiError):
    """Nobody is logged in where somebody has to be, or is not who their request says."""

    code = "UNAUTHENTICATED"


class UnavailableError(ApiError):
    """The database does not answer in time; the same request may succeed later."""

    code = "UNAVAILABLE"


class OperatorError(Exception):
    """One sentence for the person who runs the command; no traceback follows it."""


class ImportFailedError(OperatorError):
    """A content file cannot be used; its message names the place, and nothing was kept."""
