"""A real Chromium before the real processes: gateway, pages, services, relays, live stream.

person(email)   a page on which somebody is signed in; what it loads from elsewhere, what its policy
                refuses and what its console complains about fails the test
"""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from deploy import assets
from tests.browser.franchise import PHRASE, Franchise
from tests.browser.house import lent

ARGUMENTS = (
    "--no-sandbox",  # root may not use the sandbox, and the pages are ours
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREENSHOTS = Path(".run/screenshots")
LISTEN = """
addEventListener('securitypolicyviolation', event =>
  console.error(`policy: ${event.violatedDirective} refuses ${event.blockedURI}`))
"""
PATIENCE_MS = 60_000  # with what a page shows or does: the machine may be busy
# Chromium notes refused answers, and that a test took the network away.
HARMLESS = ("401 (", "403 (", "404 (", "409 (", "412 (", "503 (", "INTERNET_DISCONNECTED")


@pytest.fixture(scope="session")
def house(tmp_path_factory, worker):
    assets.main()  # fonts, icons and axe, by their hashes; nothing to do when they are there
    with lent(tmp_path_factory.mktemp("house"), f"browser_{worker}", pages=True) as made:
        yield made


@pytest.fixture(scope="session")
def franchise(house):
    return Franchise(house).found()


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium")
    assert path, "The browser's tests need Debian's chromium."
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Window:
    """One browser with its own cookies, and what went wrong in it."""

    def __init__(self, chromium, origin, **options):
        options = {"viewport": {"width": 1440, "height": 900}} | options
        self.origin = origin
        self.context = chromium.new_context(base_url=origin, **options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(LISTEN)
        self.context.route("**/*", self._only_ours)
        self.context.on("console", self._note)
        self.context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        self.troubles = []
        self.strangers = []
        self.page = self.context.new_page()

    def sign_in(self, email, phrase=PHRASE, page=None):
        page = page or self.page
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(phrase)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        return page

    def close(self):
        self.context.close()
        assert self.strangers == []
        assert self.troubles == []

    def _only_ours(self, route):
        if route.request.url.startswith((self.origin + "/", "data:")):
            route.continue_()
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def _note(self, message):
        if message.type in {"error", "warning"} and not any(
            each in message.text for each in HARMLESS
        ):
            self.troubles.append(message.text)


@pytest.fixture
def window(chromium, house, franchise):
    """Return new windows; each must stay free of trouble."""
    opened = []

    def make(**options):
        opened.append(Window(chromium, house.origin, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def person(window):
    def sign_in(email, **options):
        return window(**options).sign_in(email)

    return sign_in
