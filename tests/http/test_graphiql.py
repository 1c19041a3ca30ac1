"""What a browser gets: GraphiQL, from our own origin alone."""

import re

import httpx
import pytest

from graphql_api.http import graphiql

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ASSETS = sorted((graphiql._BUILD / "assets").iterdir())  # noqa: SLF001  # the folder as it is built


def policy(answer: httpx.Response) -> dict[str, str]:
    """Read the Content-Security-Policy, by directive."""
    directives = answer.headers["content-security-policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_a_browser_gets_the_page(http: httpx.Client) -> None:
    answer = http.get("/graphql", headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>" in answer.text
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["cache-control"] == "no-cache"


def test_a_browser_that_sends_a_query_gets_its_answer(http: httpx.Client) -> None:
    answer = http.get("/graphql", params={"query": "{ categories { id } }"}, headers=BROWSER)
    assert answer.json() == {"data": {"categories": []}}


@pytest.mark.parametrize("name", ["documentId", "doc_id"])
def test_a_browser_that_names_a_document_gets_an_answer_too(name: str, http: httpx.Client) -> None:
    answer = http.get("/graphql", params={name: "unknown"}, headers=BROWSER)
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


def test_answers_to_a_get_are_kept_for_who_takes_the_same(http: httpx.Client) -> None:
    for query in ({"query": "{ __typename }"}, {"query": "{"}, {}):
        for accept in (BROWSER["accept"], "application/json"):
            answer = http.get("/graphql", params=query, headers={"accept": accept})
            assert answer.headers.get_list("vary") == ["Accept"]


def test_the_page_may_talk_to_us_alone(http: httpx.Client) -> None:
    page = http.get("/graphql", headers=BROWSER)
    assert policy(page) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"""(?:src|href)="(?:https?:)?//""", page.text)


def test_every_file_that_the_page_names_is_there(http: httpx.Client) -> None:
    page = http.get("/graphql", headers=BROWSER)
    named = re.findall(r'''(?:src|href)="([^":]+)"''', page.text)
    assert named
    for path in named:
        assert http.get(page.url.join(path)).status_code == 200, path


@pytest.mark.parametrize("suffix", [".js", ".css", ".ttf"])
def test_an_asset_is_cached_for_good(suffix: str, http: httpx.Client) -> None:
    for asset in ASSETS:
        if asset.suffix == suffix:
            answer = http.get(f"/graphiql/{asset.name}")
            assert answer.content == asset.read_bytes()
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert policy(answer)["connect-src"] == "'self'", "a worker obeys its script's policy"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-type"].split(";")[0] in {
                "text/javascript",
                "text/css",
                "font/ttf",
            }
            again = http.get(
                f"/graphiql/{asset.name}", headers={"if-none-match": answer.headers["etag"]}
            )
            assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["nothing.js", "../index.html", "%2e%2e/index.html", "..%2f..%2fgraphiql.py", ""]
)
def test_what_was_not_built_is_not_served(path: str, http: httpx.Client) -> None:
    answer = http.get(
        httpx.URL(str(http.base_url)).copy_with(raw_path=f"/graphiql/{path}".encode())
    )
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers
