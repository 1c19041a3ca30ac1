"""Chromium as Debian packages it, driven by Playwright."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 60_000  # a machine that runs other tests at the same time is slow
# as root, without a graphics card, and silent about itself on the network
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """A page with everything the browser had to say about it, its workers included."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Note each warning, error, failed load and origin from now on."""
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.context.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.context.on("request", lambda request: self._note_address(request.url))

    def open(self, prefix: str = "") -> None:
        """Load GraphiQL and wait until its editor stands and it has read the schema."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.goto(f"{self.origin}{prefix}/graphql")
        expect(self.page.locator(".graphiql-query-editor .view-lines")).not_to_be_empty()

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"warning", "error"}:
            self.complaints.append(message.text)

    def _note_address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "data":
            self.origins.add(f"{parts.scheme}://{parts.netloc}")


@pytest.fixture(scope="module")
def chromium(live_server: str) -> Iterator[Browser]:
    """Start the browser once, for as long as nothing else needs an event loop.

    Playwright keeps one running in this thread: the server, which uses others, comes first and
    goes last.
    """
    assert live_server
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Give a profile without history or settings, on a system with a light theme."""
    with chromium.new_context(
        viewport={"width": 1400, "height": 900}, color_scheme="light", locale="en-GB"
    ) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


@pytest.fixture
def visit(context: BrowserContext, live_server: str) -> Visit:
    """Open GraphiQL as a newcomer does."""
    visit = Visit(context.new_page(), live_server)
    visit.open()
    return visit
