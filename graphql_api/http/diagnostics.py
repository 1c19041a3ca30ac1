"""What an operator may ask of one request, by its headers.

``X-GraphQL-Execution: reference`` chooses the executor, and ``X-GraphQL-Batches: 1`` has the answer
say what was loaded for it. Both need ``X-Diagnostics-Key``, but in development, where every answer
says so without being asked.
"""

import hmac

from starlette.requests import Request

from graphql_api.execution import Mode
from graphql_api.settings import Settings

_KEY = "x-diagnostics-key"
_EXECUTION = "x-graphql-execution"
_BATCHES = "x-graphql-batches"
_MODES = {mode.value: mode for mode in Mode}


def mode_of(request: Request, settings: Settings) -> Mode:
    """Say which executor runs the request's operation."""
    mode = _MODES[settings.execution]
    asked = request.headers.get(_EXECUTION)
    if asked is not None and _may(request, settings):
        mode = _MODES.get(asked.strip().lower(), mode)
    return mode


def wants_batches(request: Request, settings: Settings) -> bool:
    """Tell whether the answer is to say what was loaded."""
    if settings.development:
        return True
    return request.headers.get(_BATCHES) == "1" and _may(request, settings)


def _may(request: Request, settings: Settings) -> bool:
    if settings.development:
        return True
    if settings.diagnostics_key is None:
        return False
    given = request.headers.get(_KEY, "").encode()
    return hmac.compare_digest(given, settings.diagnostics_key.get_secret_value().encode())
