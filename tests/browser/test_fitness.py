"""Every page for everybody: axe, both schemes, three widths, no strangers, no policy refused."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREENSHOTS
from tests.patience import until

HANNA = "hanna@needlepoint.example"
ALICE = "alice@needlepoint.example"
AXE = Path("frontend/node_modules/axe-core/axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async rules => {
  const found = await axe.run(document, { runOnly: rules })
  return found.violations.map(each => `${each.id}: ${each.nodes.map(node => node.html).join(' ')}`)
}"""
SIZES = {1440: 900, 768: 1024, 360: 740}
PAGES = {
    "sign-in": (None, "/sign-in"),
    "headquarters": (HANNA, "/headquarters"),
    "desk": (ALICE, "/desk"),
    "devices": (HANNA, "/devices"),
    "api": (HANNA, "/api/docs"),
    "not-found": (HANNA, "/nothing-here"),
}


def axe(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(RUN, RULES)


@pytest.fixture
def opened(window, franchise):
    """Open a page of the list, by somebody who may."""

    def open_(name, **options):
        who, path = PAGES[name]
        shown = window(**options)
        if who:
            shown.sign_in(who)
        if name == "desk":
            path += f"?clinic={franchise.clinics['Soho']}"
        if name == "devices":
            franchise.register_fleet()
        shown.page.goto(path)
        if name in {"headquarters", "desk", "devices"}:
            expect(shown.page.locator("[data-badge]")).to_have_text("Live")
        return shown.page

    return open_


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(opened, franchise, name, scheme):
    if name == "headquarters":
        franchise.raise_alarm("Soho", "Pen 1", value=1555)
    page = opened(name, color_scheme=scheme)
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert axe(page) == [], f"{name}, {scheme}, {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=width < 1000)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_hangs_over_the_edge_of_the_narrowest_phone(opened, name):
    page = opened(name, viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_axe_sees_a_fault_when_there_is_one(opened):
    page = opened("sign-in")
    page.evaluate("document.querySelector('label').remove()")
    assert any(found.startswith("label:") for found in axe(page))


def test_the_policy_refuses_what_is_not_ours_and_the_tests_notice(chromium, house, franchise):
    from tests.browser.conftest import Window

    shown = Window(chromium, house.origin)
    shown.page.goto("/sign-in")
    shown.page.evaluate("""() => {
      const script = document.createElement('script')
      script.textContent = 'window.reached = true'
      document.head.append(script)
      document.body.setAttribute('style', 'color: red')
    }""")
    wait_for(shown, lambda: len(refused(shown)) > 1)
    assert refused(shown) == {"script-src-elem", "style-src-attr"}
    assert shown.page.evaluate("window.reached") is None
    shown.page.evaluate("fetch('http://127.0.0.1:1/elsewhere').catch(() => {})")
    wait_for(shown, lambda: "connect-src" in refused(shown))
    with pytest.raises(AssertionError):
        shown.close()


def refused(shown):
    """Return what the policy refused so far, as the console was told."""
    told = (re.search(r"policy: (\S+)", trouble) for trouble in shown.troubles)
    return {each.group(1) for each in told if each}


def wait_for(shown, fact):
    """Let the browser's messages come in until something is so."""
    until(lambda: shown.page.wait_for_timeout(50) or fact())


@pytest.mark.parametrize(
    ("name", "kib"), [("headquarters", 60), ("desk", 60), ("devices", 60), ("sign-in", 40)]
)
def test_a_first_visit_is_light(opened, name, kib):
    page = opened(name)
    sent = page.evaluate("""['resource', 'navigation']
      .flatMap(kind => performance.getEntriesByType(kind))
      .filter(each => !each.name.endsWith('.woff2') && !each.name.includes('/live/'))
      .reduce((sum, each) => sum + each.encodedBodySize, 0)""")
    assert sent < kib * 1024


@pytest.mark.parametrize("name", ["headquarters", "desk", "devices"])
def test_focus_is_seen_and_not_hidden_under_the_header(opened, name):
    page = opened(name, viewport={"width": 768, "height": 500})
    for _ in range(12):
        page.keyboard.press("Tab")
        covered = page.evaluate("""() => {
          const focused = document.activeElement, box = focused.getBoundingClientRect()
          const middle = [box.x + box.width / 2, box.y + Math.min(box.height, 60) / 2]
          const seen = document.elementFromPoint(...middle)
          const within = focused.contains(seen) || seen?.contains(focused)
          const fine = within || focused === document.body
          return fine ? null : focused.outerHTML.slice(0, 200)
        }""")
        assert covered is None
