"""The panel that draws what the server says about the batches of an answer."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_graphiql import QUERY, RUN, run, write

pytestmark = pytest.mark.browser

# all of one name: GraphiQL sends the last one it knew, until it has read what was typed
POSTS = (
    "query FirstSteps { posts(first: 3) { nodes { title comments(first: 2) { nodes { body"
    " author { displayName } } } } } }"
)
# strict: with the server's first report these tests fail as passing, and the mark goes


def panel(page: Page) -> Locator:
    """Open the panel by its icon."""
    page.get_by_role("button", name="Show Batches").click()
    return page.get_by_role("region", name="Batches")


def report(page: Page) -> dict[str, Any]:
    """Run the query and return what the answer says about its batches."""
    write(page, QUERY, POSTS)
    found: dict[str, Any] = run(page)["extensions"]["batches"]
    return found


def test_the_panel_stays_closed_until_its_icon_is_clicked(visit: Visit) -> None:
    expect(visit.page.get_by_role("region", name="Batches")).to_have_count(0)
    batches = panel(visit.page)
    expect(batches.get_by_role("status")).to_have_text("Run a query to see its batches.")
    visit.page.get_by_role("button", name="Hide Batches").click()
    expect(batches).to_have_count(0)


def test_a_query_that_cannot_run_has_no_batches(visit: Visit) -> None:
    batches = panel(visit.page)
    write(visit.page, QUERY, "query FirstSteps { wrong }")
    visit.page.get_by_role("button", name=RUN).click()
    expect(visit.page.locator(".result-window .view-lines")).to_contain_text("wrong")
    expect(batches.get_by_role("status")).to_have_text(
        "The last query failed before it could report batches."
    )


def test_an_unreachable_server_leaves_the_error_where_it_belongs(visit: Visit) -> None:
    batches = panel(visit.page)
    visit.page.context.set_offline(True)
    visit.page.get_by_role("button", name=RUN).click()
    expect(visit.page.locator(".result-window .view-lines")).to_contain_text("Failed to fetch")
    expect(batches.get_by_role("status")).to_have_text(
        "The last query failed before it could report batches."
    )


def test_the_panel_counts_the_statements_as_the_answer_does(visit: Visit) -> None:
    found = report(visit.page)
    rows = sum(batch["rows"] for level in found["levels"] for batch in level["batches"])
    batches = panel(visit.page)
    expect(batches.get_by_role("status").get_by_role("strong")).to_have_text(
        str(found["statements"])
    )
    expect(batches.get_by_role("status")).to_contain_text(f"statements for {rows:,} rows")


def test_each_batch_has_a_row_with_the_name_of_its_loader(visit: Visit) -> None:
    levels = report(visit.page)["levels"]
    batches = panel(visit.page)
    assert levels
    for level in levels:
        rows = batches.get_by_role("region", name=f"Level {level['level']}", exact=True)
        expect(rows.get_by_role("button")).to_contain_text(
            [batch["loader"] for batch in level["batches"]]
        )
        expect(rows.get_by_role("img", name="waiting for a connection")).to_have_count(
            len(level["batches"])
        )


def test_a_row_opens_by_keyboard_and_shows_its_statement(visit: Visit) -> None:
    first = report(visit.page)["levels"][0]["batches"][0]
    batches = panel(visit.page)
    row = batches.get_by_role("button").first
    expect(row).to_have_attribute("aria-expanded", "false")
    row.focus()
    visit.page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    assert "SELECT" in first["statement"]
    assert batches.locator("pre").text_content() == first["statement"]
    visit.page.keyboard.press("Enter")
    expect(batches.locator("pre")).to_have_count(0)


def test_an_open_panel_follows_the_answers(visit: Visit) -> None:
    report(visit.page)
    write(visit.page, QUERY, "query FirstSteps { posts(first: 1) { nodes { title } } }")
    batches = panel(visit.page)
    expect(batches.get_by_role("button", name="posts.nodes.comments").first).to_be_visible()
    with visit.page.expect_response(lambda answer: answer.request.method == "POST") as second:
        visit.page.get_by_role("button", name=RUN).click()
    expect(batches.get_by_role("button", name="posts.nodes.comments")).to_have_count(0)
    expect(batches.get_by_role("status").get_by_role("strong")).to_have_text(
        str(json.loads(second.value.body())["extensions"]["batches"]["statements"])
    )
    assert visit.complaints == []
