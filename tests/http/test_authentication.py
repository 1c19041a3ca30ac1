"""Who asks: the header is believed, or the request is refused; it is never overlooked."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from graphql_api.http import runner
from graphql_api.http.authentication import viewer_of
from graphql_api.models import DEFAULT_TENANT, Role, Viewer
from graphql_api.services.people.keys import token_keys
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.http.test_plain import OTHERS, PLAIN
from tests.http.test_refusal import BROKEN

QUERY = b'{"query": "{ posts { totalCount } }"}'
READER = Viewer(DEFAULT_TENANT, 5, Role.READER)
FAMILY = uuid4()


@pytest.fixture
def tokens(settings: Settings) -> AccessTokens:
    """Give what signs as the running application does."""
    return AccessTokens(token_keys(settings))


@pytest.fixture
def token(tokens: AccessTokens) -> str:
    """Give a token of a reader."""
    return tokens.issue(READER, FAMILY).text


@pytest.fixture
def viewers(monkeypatch: pytest.MonkeyPatch) -> list[Viewer]:
    """Note who the endpoint takes those for who ask."""
    seen: list[Viewer] = []

    def note(*given: Any) -> Viewer:
        seen.append(viewer_of(*given))
        return seen[-1]

    monkeypatch.setattr(runner, "viewer_of", note)
    return seen


def ask(http: httpx.Client, authorization: str | bytes | None, kind: str = PLAIN) -> httpx.Response:
    """Send a query with a header."""
    headers: list[tuple[bytes, bytes]] = [(b"content-type", kind.encode())]
    if authorization is not None:
        value = authorization if isinstance(authorization, bytes) else authorization.encode()
        headers.append((b"authorization", value))
    return http.post("/graphql", content=QUERY, headers=headers)


def is_refused(answer: httpx.Response) -> bool:
    """Tell whether an answer says, in our shape, that the sender must prove who they are."""
    [error] = answer.json()["errors"]
    return (
        answer.status_code == 401
        and answer.headers["www-authenticate"] == "Bearer"
        and answer.headers["content-type"] == "application/json"
        and answer.json().keys() == {"errors"}
        and error["extensions"] == {"code": "UNAUTHENTICATED"}
        and "access token" in error["message"]
    )


@pytest.mark.parametrize("kind", [PLAIN, *OTHERS])
def test_a_token_says_who_asks_and_without_one_nobody_does(
    kind: str, token: str, http: httpx.Client, viewers: list[Viewer]
) -> None:
    for authorization in (f"Bearer {token}", f"bearer  {token}", None):
        answer = ask(http, authorization, kind)
        assert (answer.status_code, answer.json()) == (200, {"data": {"posts": {"totalCount": 0}}})
    assert viewers == [READER, READER, Viewer()]


@pytest.mark.parametrize("kind", [PLAIN, *OTHERS])
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer none",
        "Bearer é",
        b"Bearer \xff\xfe",
        "Basic YWRhOnNlY3JldA==",
        "Bearer null",
        "Token {token}",
        "{token}",
        "Bearer {token} {token}",
        "Bearer {token}, Bearer {token}",
        "Bearer {token}x",
    ],
)
def test_whatever_else_the_header_holds_is_refused(
    authorization: str | bytes, kind: str, token: str, http: httpx.Client, viewers: list[Viewer]
) -> None:
    if isinstance(authorization, str):
        authorization = authorization.replace("{token}", token)
    assert is_refused(ask(http, authorization, kind))
    assert viewers == []


def test_a_token_that_is_expired_or_of_another_tenant_is_refused(
    tokens: AccessTokens, http: httpx.Client
) -> None:
    expired = tokens.issue(READER, FAMILY, timedelta(seconds=-1))
    foreign = tokens.issue(Viewer(DEFAULT_TENANT + 1, 5, Role.ADMINISTRATOR), FAMILY)
    for token in (expired, foreign):
        assert is_refused(ask(http, f"Bearer {token.text}"))


def test_two_headers_are_refused_though_each_is_right(token: str, http: httpx.Client) -> None:
    headers = [
        ("content-type", PLAIN),
        ("authorization", f"Bearer {token}"),
        ("authorization", f"Bearer {token}"),
    ]
    assert is_refused(http.post("/graphql", content=QUERY, headers=headers))


def test_other_methods_are_refused_too(http: httpx.Client) -> None:
    query = {"query": "{ posts { totalCount } }"}
    for accept in ("application/json", "text/html"):
        headers = {"authorization": "Bearer none", "accept": accept}
        assert is_refused(http.get("/graphql", params=query, headers=headers))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_body_is_answered_alike_on_both_ways(name: str, http: httpx.Client) -> None:
    answers = {
        (answer.status_code, answer.content)
        for kind in (PLAIN, *OTHERS)
        for answer in [
            http.post(
                "/graphql",
                content=BROKEN[name],
                headers={"content-type": kind, "authorization": "Bearer none"},
            )
        ]
    }
    assert [status for status, _ in answers] == [401]


def test_what_is_no_operation_needs_no_token(http: httpx.Client) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert http.get(path, headers={"authorization": "Bearer none"}).status_code == 200
