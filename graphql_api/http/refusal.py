"""Requests that are refused before there is an operation: a status, and a reason as JSON."""

from collections.abc import Mapping
from http import HTTPStatus

BAD_REQUEST = "BAD_REQUEST"
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"


class RefusedError(Exception):
    """A request that is no GraphQL request, or that this server does not take."""

    def __init__(
        self,
        message: str,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        *,
        code: str = BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.extensions: dict[str, object] = {"code": code, **(extensions or {})}
        self.headers = headers or {}
