"""Logging in, writing a post and seeing it in the list, all in GraphiQL, as the README says."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import Visit
from tests.browser.test_graphiql import RUN, TOOL, text, write
from tests.support.postgres import Server, on_engine
from tests.support.serving import environment_for, fill, running

pytestmark = pytest.mark.slow  # it drives Chromium, and waits in vain now and then: not in CI

README = Path(__file__).parents[2] / "README.md"
LOGIN, CREATE = re.findall(
    r"```graphql\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL
)[:2]
LIST = "query { posts(first: 1) { nodes { title author { displayName } } } }"


@pytest.fixture(scope="module")
def demo(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the sample content to the author of the README."""
    folder = tmp_path_factory.mktemp("demo")
    with server.empty_database() as database:
        on_engine(database, fill)
        subprocess.run(
            [
                *(Path(sys.executable).with_name("graphql-api"), "user", "create", "author"),
                *("--role", "author", "--password-stdin"),
            ],
            cwd=folder,
            env=os.environ | environment_for(database),
            input=b"demo-author",
            check=True,
        )
        with running(database, folder, GRAPHQL_API_DEVELOPMENT="true") as (_process, base):
            yield base


def asked(visit: Visit, document: str) -> dict[str, Any]:
    """Write a document into the editor, run it, and return its data once it is there."""
    before = text(visit.page, "response.json")
    # as a paste does: the editor would close brackets and complete words that are typed
    visit.page.evaluate(
        """text => __MONACO.editor.getModels().find(
            model => model.uri.path.endsWith("operation.graphql")).setValue(text)""",
        document,
    )
    visit.page.get_by_role("button", name=RUN).click()
    visit.page.wait_for_function(
        """before => {
            const answer = __MONACO.editor.getModels().find(
                model => model.uri.path.endsWith("response.json")).getValue();
            return answer !== before && answer.includes('"data"');
        }""",
        arg=before,
    )
    data: dict[str, Any] = json.loads(text(visit.page, "response.json"))["data"]
    return data


def test_a_newcomer_logs_in_writes_a_post_and_sees_it(demo: str, context: BrowserContext) -> None:
    visit = Visit(context.new_page(), demo)
    visit.open()
    session = asked(visit, LOGIN)["login"]
    assert session["errors"] == []
    visit.page.get_by_role("button", name="Headers").click()
    token = session["tokens"]["accessToken"]
    write(visit.page, TOOL, f'{{"Authorization": "Bearer {token}"}}')

    payload = asked(visit, CREATE)["createPost"]
    assert payload["errors"] == []
    assert payload["post"]["slug"] == "my-first-post"
    assert payload["post"]["viewerCanUpdate"] is True
    if "WRITING_PICTURE" in os.environ:
        visit.page.get_by_role("button", name="Prettify query").click()
        visit.page.wait_for_timeout(500)
        visit.page.screenshot(path=os.environ["WRITING_PICTURE"])

    [post] = asked(visit, LIST)["posts"]["nodes"]
    assert post == {"title": "My first post", "author": {"displayName": "author"}}
