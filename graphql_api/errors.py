"""The exception tree.

Exception
├── ApiError            safe to show to a client, with a stable ``code``
│   ├── BadUserInputError   BAD_USER_INPUT: an argument, id or cursor cannot be used
│   ├── ForbiddenError      FORBIDDEN: a field is not for who asks
│   ├── LimitExceededError  LIMIT_EXCEEDED: a document asks for too much
│   ├── RateLimitedError    RATE_LIMITED: a client asked for too much in too short a time
│   ├── UnauthenticatedError UNAUTHENTICATED: what a request says of who asks is not so
│   ├── PersistedQueryError PERSISTED_QUERY_…: a document that is only named cannot be run
│   ├── UnavailableError    UNAVAILABLE: the database does not answer; try again later
│   └── DeadlineError       TIMEOUT: the request took longer than it may
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
    """A field is not for who asks; the rest of the answer is."""

    code = "FORBIDDEN"


class LimitExceededError(ApiError):
    """A document asks for more than one request may: what was counted, and what is allowed."""

    code = "LIMIT_EXCEEDED"

    def __init__(self, message: str, **figures: int) -> None:
        super().__init__(message)
        self.figures = figures

    @property
    def extensions(self) -> dict[str, object]:
        """The code, and the figures."""
        return {"code": self.code, **self.figures}


class RateLimitedError(ApiError):
    """A client spent what it has for now; it may come again after a while."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def extensions(self) -> dict[str, object]:
        """The code, and when to come again."""
        return {"code": self.code, "retryAfterSeconds": self.retry_after_s}


class UnauthenticatedError(ApiError):
    """A request says who asks, and what it says cannot be believed."""

    code = "UNAUTHENTICATED"


class PersistedQueryError(ApiError):
    """A request names its document, or should, and that is not one to run."""


class PersistedQueryNotFoundError(PersistedQueryError):
    """No document has the id; clients know the message, and send the whole document then."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupportedError(PersistedQueryError):
    """Documents cannot be named here; clients know the message, and name none from then on."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class PersistedQueryOnlyError(PersistedQueryError):
    """Only trusted documents are run here, and this is none."""

    code = "PERSISTED_QUERY_ONLY"

    def __init__(self) -> None:
        super().__init__("this server runs trusted documents only; name one by its id")


class UnavailableError(ApiError):
    """The server or its database cannot do it in time; the same request may succeed later."""

    code = "UNAVAILABLE"
    retry_after_s: ClassVar[int] = 1
    """A restarted PostgreSQL answers again within about a second, and a burst is over."""

    @property
    def extensions(self) -> dict[str, object]:
        """Say when to come back, too."""
        return {"code": self.code, "retryAfterSeconds": self.retry_after_s}


class DeadlineError(ApiError):
    """A request took longer than it may; what it still waited for was stopped."""

    code = "TIMEOUT"


class OperatorError(Exception):
    """One sentence for the person who runs the command; no traceback follows it."""


class ImportFailedError(OperatorError):
    """A content file cannot be used; its message names the place, and nothing was kept."""
