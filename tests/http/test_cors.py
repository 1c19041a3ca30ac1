"""Pages of other origins: closed unless an operator lists them, and then only for those."""

from collections.abc import Iterator

import httpx
import pytest

from graphql_api.settings import Settings
from tests.http.running import running
from tests.support import asking

LISTED = "https://www.example.com"
OTHER = "https://elsewhere.example"
NAME = {"query": "{ __typename }"}
ASKING_FIRST = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,authorization",
}


@pytest.fixture
def open_to_one(settings: Settings) -> Iterator[httpx.Client]:
    """Serve with one origin listed."""
    listing = settings.model_copy(update={"allowed_origins": (LISTED,)})
    with running(listing) as base, asking.client(base) as client:
        yield client


def allowed(answer: httpx.Response) -> str | None:
    found: str | None = answer.headers.get("access-control-allow-origin")
    return found


def test_without_a_list_no_page_may_ask_or_read(http: httpx.Client) -> None:
    headers = {"origin": LISTED}
    first = http.options("/graphql", headers={**headers, **ASKING_FIRST})
    assert (first.status_code, allowed(first)) == (405, None)
    for answer in (http.post("/graphql", json=NAME, headers=headers), http.get("/healthz")):
        assert (answer.status_code, allowed(answer)) == (200, None)


def test_a_listed_page_may_ask_and_read(open_to_one: httpx.Client) -> None:
    headers = {"origin": LISTED}
    first = open_to_one.options("/graphql", headers={**headers, **ASKING_FIRST})
    assert (first.status_code, allowed(first)) == (200, LISTED)
    assert "authorization" in first.headers["access-control-allow-headers"].lower()
    answer = open_to_one.post("/graphql", json=NAME, headers=headers)
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert allowed(answer) == LISTED
    assert "retry-after" in answer.headers["access-control-expose-headers"].lower()
    assert answer.headers["vary"] == "Origin"


def test_another_page_may_not(open_to_one: httpx.Client) -> None:
    headers = {"origin": OTHER}
    first = open_to_one.options("/graphql", headers={**headers, **ASKING_FIRST})
    assert (first.status_code, allowed(first)) == (400, None)
    assert first.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    assert "Origin" in first.headers["vary"]
    assert first.headers["x-request-id"]
    assert allowed(open_to_one.post("/graphql", json=NAME, headers=headers)) is None


def test_a_listed_page_can_read_that_it_asked_at_the_wrong_place(
    open_to_one: httpx.Client,
) -> None:
    for origin, seen_by in ((LISTED, LISTED), (OTHER, None)):
        answer = open_to_one.get("/nothing", headers={"origin": origin})
        assert (answer.status_code, allowed(answer)) == (404, seen_by)
        assert answer.headers["content-type"] == "application/json"


def test_no_cookie_of_a_page_means_anything(open_to_one: httpx.Client) -> None:
    answer = open_to_one.post("/graphql", json=NAME, headers={"origin": LISTED, "cookie": "a=b"})
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_what_a_page_can_send_without_asking_changes_nothing(
    kind: str, open_to_one: httpx.Client
) -> None:
    headers = {"origin": OTHER, "content-type": kind}
    answer = open_to_one.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert answer.status_code == 415
