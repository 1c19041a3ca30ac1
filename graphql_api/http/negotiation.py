"""What a client sends and takes: media types, as the headers say.

A client that lists several types takes any of them. For one result we choose JSON, under the name
that says more where it is taken; a stream is for who takes nothing else, or asks for something that
comes in parts.
"""

from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

from graphql_api.http.refusal import RefusedError

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
EVENTS = "text/event-stream"
MULTIPART = "multipart/mixed"
HTML = "text/html"

_JSON_TYPES = (RESPONSE, JSON)
_ANYTHING = "*/*"
_LONGEST_ACCEPT = 1000  # of a longer one the rest is not read


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client takes."""

    json: str | None
    """The type of a single result; None where no JSON is taken."""
    events: bool
    multipart: bool
    html: bool
    """A browser's address bar is asking."""

    @property
    def is_response(self) -> bool:
        """Whether the status of an answer tells what became of its operation."""
        return self.json == RESPONSE


_ANY = Accepted(JSON, events=False, multipart=False, html=False)


@lru_cache(256)
def accepted(header: bytes | None) -> Accepted:
    """Read the header `Accept`; without one, or with an empty one, everything is taken.

    Of one that is too long the beginning is read, and what is not there may be in the rest.

    Raises:
        RefusedError: nothing that we make is taken.
    """
    said = (header or b"").decode("latin-1")
    is_whole = len(said) <= _LONGEST_ACCEPT
    weights = _weights(said if is_whole else said[:_LONGEST_ACCEPT].rpartition(",")[0])
    if not weights:
        return _ANY
    wanted = [kind for kind in _JSON_TYPES if _weight(weights, kind) > 0]
    # of two types that are taken alike the first says more; `*/*` names neither, and means JSON
    named = [kind for kind in wanted if kind in weights]
    best = max(named or wanted[::-1], key=lambda kind: _weight(weights, kind), default=None)
    found = Accepted(
        best,
        events=weights.get(EVENTS, 0) > 0,
        multipart=weights.get(MULTIPART, 0) > 0,
        html=weights.get(HTML, 0) > 0,
    )
    if found.json is None and not (found.events or found.multipart or found.html):
        if not is_whole:
            return _ANY
        said = f"we answer with {RESPONSE}, {JSON}, {EVENTS} or {MULTIPART}: accept one of them"
        raise RefusedError(said, HTTPStatus.NOT_ACCEPTABLE)
    return found


@lru_cache(256)
def type_of_refusal(header: bytes | None) -> str:
    """Choose under which name a refusal is sent, by the header `Accept`, which may be the reason.

    Apollo Client reads errors with a status other than 200 under the name that says more alone.
    """
    try:
        return accepted(header).json or JSON
    except RefusedError:
        return JSON


@lru_cache(256)
def check_content_type(header: bytes | None) -> None:
    """Check the header `Content-Type` of a POST.

    A page of another origin cannot send JSON without asking first, so that this is what keeps
    others from posting in the name of who looks at their page.

    Raises:
        RefusedError: it does not say that the body is JSON in UTF-8, or says more than one thing.
    """
    if header is not None and b"," in header:
        raise RefusedError("the header 'Content-Type' must name one type")
    kind, *parameters = (header or b"").decode("latin-1").lower().split(";")
    charset = next(
        (each.partition("=")[2] for each in map(str.strip, parameters) if each[:8] == "charset="),
        "utf-8",
    ).strip("\"' ")
    if kind.strip() != JSON or charset not in {"utf-8", "utf8"}:
        said = f"the body must be JSON in UTF-8, and the header 'Content-Type' say so: {JSON}"
        raise RefusedError(said, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def check_content_encoding(header: bytes) -> None:
    """Check the header `Content-Encoding` of a POST.

    Raises:
        RefusedError: the body is compressed.
    """
    if any(each.strip().lower() not in {b"", b"identity"} for each in header.split(b",")):
        said = "the body must not be compressed"
        raise RefusedError(said, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        if not kind:
            continue
        quality = next((each[2:] for each in parameters if each[:2] == "q="), "1")
        try:
            weights[kind] = min(max(float(quality), 0.0), 1.0)
        except ValueError:
            weights[kind] = 0.0
    return weights


def _weight(weights: dict[str, float], kind: str) -> float:
    group = kind.partition("/")[0] + "/*"
    for each in (kind, group, _ANYTHING):
        if each in weights:
            return weights[each]
    return 0.0
