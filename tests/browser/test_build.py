"""The committed build of GraphiQL and how it is served; no browser needed."""

import re
from pathlib import Path

import httpx
import pytest
from graphql import build_schema, parse, validate
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from graphql_api.http.graphiql import graphiql_assets, graphiql_page

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "graphql_api" / "http" / "static" / "graphiql"
FIRST_QUERY = ROOT / "graphiql" / "src" / "first-query.graphql"
HOSTS = re.compile(r"\b(unpkg|jsdelivr|cdnjs|skypack|esm\.(sh|run)|googleapis)\b", re.IGNORECASE)
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
}


@pytest.fixture
def client() -> httpx.AsyncClient:
    """Reach the page and its assets where the application routes them."""
    app = Starlette(
        routes=[Route("/graphql", graphiql_page), Mount("/graphiql", app=graphiql_assets)]
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://blog.example")


async def test_the_page_allows_its_own_origin_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert set(answer.headers["content-security-policy"].split("; ")) == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_caches_ask_for_the_page_every_time(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/graphql")
    assert answer.headers["cache-control"] == "no-cache"


async def test_every_asset_the_page_names_is_served_for_good(client: httpx.AsyncClient) -> None:
    page = (await client.get("/graphql")).text
    names = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page)
    assert len(names) >= 2
    for name in names:
        assert re.fullmatch(r"graphiql/[\w.-]+-[\w-]{8}\.(js|css)", name), name
        answer = await client.get(f"/{name}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert set(answer.headers["content-security-policy"].split("; ")) == POLICY


async def test_a_known_asset_is_not_sent_again(client: httpx.AsyncClient) -> None:
    address = f"/graphiql/{next((BUILD / 'assets').glob('*.css')).name}"
    tag = (await client.get(address)).headers["etag"]
    again = await client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["", "index.html", "../index.html", "LICENSES.md", "gone-1234.js"])
async def test_what_is_no_asset_is_not_found(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/graphiql/{name}")
    assert answer.status_code == 404


def test_the_page_holds_no_script_and_no_style() -> None:
    page = (BUILD / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page)


def test_the_build_names_no_host_that_code_is_loaded_from() -> None:
    files = [path for path in BUILD.rglob("*") if path.suffix in {".js", ".css", ".html", ".md"}]
    assert len(files) > 10
    found = {path.name: HOSTS.search(path.read_text(encoding="utf-8")) for path in files}
    assert {name for name, match in found.items() if match} == set()


def test_the_build_holds_the_first_query_as_the_sources_have_it() -> None:
    query = FIRST_QUERY.read_text(encoding="utf-8")
    scripts = [path.read_text(encoding="utf-8") for path in BUILD.glob("assets/index-*.js")]
    assert any(query in script for script in scripts), "run: make graphiql"


def test_the_first_query_fits_the_schema() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(FIRST_QUERY.read_text(encoding="utf-8"))) == []


def test_the_build_stays_small_enough_to_commit() -> None:
    size = sum(path.stat().st_size for path in BUILD.rglob("*") if path.is_file())
    assert size < 5_000_000
