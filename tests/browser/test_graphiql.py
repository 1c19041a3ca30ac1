"""GraphiQL in a browser, on the real application with sample content."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

QUERY = ".graphiql-query-editor"
TOOL = ".graphiql-editor-tool .graphiql-editor:not(.hidden)"
RUN = "Execute query (Ctrl-Enter)"


def text(page: Page, name: str) -> str:
    """Return all that an editor holds, of which the page draws what is in view."""
    find = "name => __MONACO.editor.getModels().find(m => m.uri.path.endsWith(name)).getValue()"
    found: str = page.evaluate(find, name)
    return found


def run(page: Page) -> dict[str, Any]:
    """Press the play button and return the answer."""
    page.get_by_role("button", name=RUN).click()
    expect(page.locator(".result-window .view-lines")).to_contain_text('"data"')
    answer: dict[str, Any] = json.loads(text(page, "response.json"))
    return answer


def write(page: Page, editor: str, text: str) -> None:
    """Replace what stands in one of the editors, as typing does."""
    page.locator(f"{editor} .view-lines").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def test_the_first_query_works_at_once(visit: Visit) -> None:
    answer = run(visit.page)
    assert "errors" not in answer
    posts = answer["data"]["posts"]["nodes"]
    assert len(posts) == 3
    expect(visit.page.locator(".result-window .view-lines")).to_contain_text(posts[0]["title"])
    expect(visit.page.locator(".result-window .view-lines")).to_contain_text(
        posts[0]["author"]["displayName"]
    )


def test_the_docs_show_the_type_post(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = visit.page.locator(".graphiql-doc-explorer")
    docs.get_by_role("link", name="Post", exact=True).click()
    expect(docs.locator(".graphiql-doc-explorer-title")).to_have_text("Post")
    expect(docs.get_by_role("link", name="commentCount", exact=True)).to_be_visible()


def test_a_click_in_the_explorer_writes_the_query(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Show GraphiQL Explorer").click()
    explorer = visit.page.locator(".docExplorerWrap")
    expect(
        explorer.locator(".graphiql-explorer-node", has_text="displayName").first
    ).to_be_visible()
    explorer.locator("[data-field-name=title]").click()
    expect(visit.page.locator(".graphiql-query-editor .view-lines")).not_to_contain_text("title")
    assert "title" not in run(visit.page)["data"]["posts"]["nodes"][0]


def test_the_history_lists_what_was_run(visit: Visit) -> None:
    run(visit.page)
    visit.page.get_by_role("button", name="Show History").click()
    expect(visit.page.locator(".graphiql-history-item")).to_have_count(1)
    expect(visit.page.locator(".graphiql-history-item")).to_contain_text("FirstSteps")


def test_the_editor_completes_and_checks_what_is_typed(visit: Visit) -> None:
    write(visit.page, QUERY, "query ($n: Int) { posts(first: $n) { wrong nodes { commentC")
    expect(visit.page.locator(f"{QUERY} .squiggly-error").first).to_be_attached()
    visit.page.keyboard.press("Control+Space")
    expect(visit.page.locator(".suggest-widget")).to_contain_text("commentCount")


def test_the_variables_are_checked_against_the_query(visit: Visit) -> None:
    write(visit.page, QUERY, "query ($n: Int) { posts(first: $n) { totalCount } }")
    visit.page.get_by_role("button", name="Variables").click()
    write(visit.page, TOOL, '{"n": "three"}')
    expect(visit.page.locator(f"{TOOL} .squiggly-error")).to_be_attached()


def test_the_headers_survive_a_reload(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Headers").click()
    write(visit.page, TOOL, '{"X-Request-Id": "from-graphiql"}')
    visit.page.wait_for_function(
        "() => localStorage['graphiql:headers']?.includes('from-graphiql')"
    )
    visit.open()
    with visit.page.expect_request(lambda request: request.method == "POST") as sent:
        run(visit.page)
    assert sent.value.headers["x-request-id"] == "from-graphiql"


def test_prettify_keeps_the_comments(visit: Visit) -> None:
    write(visit.page, QUERY, "# why\n{posts{totalCount}}")
    visit.page.get_by_role("button", name="Headers").click()
    write(visit.page, TOOL, '{"a":"b"} // why')
    visit.page.get_by_role("button", name="Prettify query").click()
    expect(visit.page.locator(f"{QUERY} .view-line")).to_have_count(7)
    assert text(visit.page, "operation.graphql") == "# why\n{\n  posts {\n    totalCount\n  }\n}\n"
    assert text(visit.page, "headers.json") == '{\n  "a": "b"\n} // why'


def test_the_page_follows_the_theme_of_the_system(visit: Visit) -> None:
    background = "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor"
    light = visit.page.evaluate(background)
    visit.page.emulate_media(color_scheme="dark")
    dark = visit.page.evaluate(background)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(33, 42, 59)")


def test_the_keyboard_gets_past_the_editor(visit: Visit) -> None:
    visit.page.locator(".graphiql-query-editor .graphiql-editor").focus()
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_role("button", name=RUN)).to_be_focused()


def test_a_prefix_before_the_endpoint_changes_nothing(
    context: BrowserContext, live_server: str
) -> None:
    prefix, asked = f"{live_server}/behind/a/proxy", []

    def strip(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_(url=route.request.url.replace(prefix, live_server))

    context.route(f"{live_server}/**", strip)
    visit = Visit(context.new_page(), live_server)
    visit.open("/behind/a/proxy")
    assert len(run(visit.page)["data"]["posts"]["nodes"]) == 3
    assert [url for url in asked if not url.startswith(prefix)] == []


def test_nothing_is_asked_of_another_origin_and_nothing_is_refused(visit: Visit) -> None:
    run(visit.page)
    for panel in ("Documentation Explorer", "History", "GraphiQL Explorer"):
        visit.page.get_by_role("button", name=f"Show {panel}").click()
    expect(visit.page.locator(".docExplorerWrap")).to_be_visible()
    visit.page.wait_for_load_state("networkidle")
    assert visit.origins == {visit.origin}
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("directive", "attempt"),
    [
        ("connect-src", "fetch('http://127.0.0.1:9/').catch(() => 0)"),
        ("img-src", "new Image().src = 'http://127.0.0.1:9/'"),
        ("script-src", "eval('1')"),
        ("script-src-attr", "document.body.setAttribute('onclick', '1')"),
        ("worker-src", "new Worker(URL.createObjectURL(new Blob()))"),
    ],
)
def test_the_policy_refuses(visit: Visit, directive: str, attempt: str) -> None:
    refused = visit.page.evaluate(
        f"""() => new Promise(resolve => {{
            addEventListener("securitypolicyviolation", e => resolve(e.effectiveDirective));
            setTimeout(() => {{ {attempt} }});
            setTimeout(() => resolve("nothing"), 2000);
        }})"""
    )
    assert refused == directive


def test_the_picture_shows_an_answer(visit: Visit, tmp_path: Path) -> None:
    run(visit.page)
    visit.page.mouse.move(700, 895)  # away from what would show a tooltip
    visit.page.wait_for_timeout(2_000)  # the colours come line by line
    target = Path(os.environ.get("GRAPHIQL_PICTURE", tmp_path / "graphiql.png"))
    visit.page.screenshot(path=target)
    assert target.stat().st_size > 20_000
