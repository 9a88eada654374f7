"""A client's page behind a signed link: by phone, by keyboard, without scripts, light and dark."""

import itertools
import re
import uuid
from datetime import datetime
from uuid import UUID

import pytest
import requests
from playwright.sync_api import expect

from shared import links
from shared.links import Link
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_fitness import SIZES, axe

# Hours ahead, never twice: after the franchise's first day; inside the notice, or not.
_LATE, _IN_TIME = itertools.count(13, 1.25), itertools.count(76, 1.5)
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
FEE = {"late_cancel_fee": {"amount_minor": 4000}, "currency": "GBP"}


TOO_SMALL = """() => [...document.querySelectorAll('main :is(a, button, summary, label)')]
  .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 44)
  .map(each => each.innerText)"""


@pytest.fixture(scope="session")
def soho(house, franchise):
    """Soho asks for a fee from those who cancel late."""
    path = f"/v1/clinics/{franchise.clinics['Soho']}/policy"
    headers = {"If-Match": '"0"'}
    franchise.call("booking", "PATCH", path, FEE, who="alice@needlepoint.example", headers=headers)
    return franchise


@pytest.fixture
def visit(house, soho, monkeypatch):
    """Book somebody new, in time or inside the notice; return it with its page's address."""
    monkeypatch.setenv("LINKS_KEY", house.links_key)

    def book(purpose, *, late=False):
        hours = next(_LATE if late else _IN_TIME)
        appointment = soho.book_new(f"Vera{uuid.uuid4().hex[:8]}", "Vale", hours)
        return appointment, address(appointment, purpose)

    return book


def address(appointment, purpose):
    link = Link(
        purpose,
        UUID(appointment["id"]),
        UUID(appointment["clinic_id"]),
        0,
        datetime.fromisoformat(appointment["starts_at"]),
    )
    return f"/visit/{links.mint(link)}"


@pytest.fixture
def offer(house, soho, monkeypatch):
    """Offer a place to somebody new; return it with its page's address."""
    monkeypatch.setenv("LINKS_KEY", house.links_key)
    given = f"Olga{uuid.uuid4().hex[:8]}"
    made = soho.offer_a_place_to(given, "Orr", next(_IN_TIME))
    ends = datetime.fromisoformat(made["expires_at"])
    link = Link("offer", UUID(made["id"]), UUID(soho.clinics["Soho"]), 0, ends)
    return made, f"/visit/{links.mint(link)}"


def now_is(soho, appointment):
    path = f"/v1/appointments/{appointment['id']}"
    return soho.call("booking", "GET", path, who="bob@needlepoint.example")


def take_a_picture(page, name, width, scheme):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"visit-{name}-{width}-{scheme}.png", full_page=True)


STATES = {
    "confirm": ("confirm", False, ""),
    "move": ("move", False, ""),
    "cancel": ("cancel", False, ""),
    "cancel-late": ("cancel", True, ""),
    "keep": ("cancel", False, "?keep=1"),
    "move-late": ("move", True, ""),
    "earlier": ("earlier", False, ""),
    "not-a-link": (None, False, "confirm.nothing"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_a_clients_page_is_for_everybody(window, visit, state, scheme):
    purpose, late, rest = STATES[state]
    path = visit(purpose, late=late)[1] + rest if purpose else f"/visit/{rest}"
    page = window(color_scheme=scheme).page
    page.goto(path)
    for width, height in {**SIZES, 320: 640}.items():
        page.set_viewport_size({"width": width, "height": height})
        assert axe(page) == [], f"{state}, {scheme}, {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_SMALL) == []
        take_a_picture(page, state, width, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_an_offer_is_for_everybody(window, offer, scheme):
    page = window(color_scheme=scheme).page
    page.goto(offer[1])
    for width, height in {**SIZES, 320: 640}.items():
        page.set_viewport_size({"width": width, "height": height})
        assert axe(page) == [], f"offer, {scheme}, {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        take_a_picture(page, "offer", width, scheme)


def test_a_client_takes_a_place_that_became_free(window, soho, offer):
    made, path = offer
    page = window(**PHONE).page
    page.goto(path)
    page.get_by_role("button", name="Take this place").click()
    page.wait_for_url("**?done=accept")
    assert now_is(soho, made)["status"] == "booked"


def test_a_client_confirms(window, soho, visit):
    appointment, path = visit("confirm")
    page = window(**PHONE).page
    page.goto(path)
    expect(page.get_by_role("heading", name="Will you come?")).to_be_visible()
    page.get_by_role("button", name="Yes, I will come").click()
    expect(page.get_by_role("heading", name="You are expected")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    assert page.url.endswith("?done=confirm")
    page.reload()
    expect(page.get_by_role("heading", name="You are expected")).to_be_visible()
    assert now_is(soho, appointment)["status"] == "confirmed"
    take_a_picture(page, "confirmed", 360, "light")


def test_a_client_moves_by_keyboard_alone(window, soho, visit):
    appointment, path = visit("move")
    page = window(**PHONE).page
    page.goto(path)
    times = page.locator("details[open] li a")
    times.nth(3).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("New time")).to_be_visible()
    take_a_picture(page, "move-chosen", 360, "light")
    assert now_is(soho, appointment) == appointment, "choosing changes nothing yet"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip() == "Move to this time":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your appointment has moved")).to_be_visible()
    take_a_picture(page, "moved", 360, "light")
    moved = now_is(soho, appointment)
    assert moved["starts_at"] != appointment["starts_at"]
    shown = page.locator(".when time").get_attribute("datetime")
    assert datetime.fromisoformat(shown) == datetime.fromisoformat(moved["starts_at"])
    page.goto(path)
    expect(page.get_by_text("This appointment has moved")).to_be_visible()
    take_a_picture(page, "old-link", 360, "light")


def test_a_client_cancels_late_and_sees_the_fee_first(window, soho, visit):
    appointment, path = visit("cancel", late=True)
    page = window(**PHONE).page
    page.goto(path)
    expect(page.get_by_text("Cancelling now costs GBP 40.00.")).to_be_visible()
    page.get_by_role("button", name="Cancel the appointment").click()
    assert now_is(soho, appointment)["status"] == "booked", "the browser asks for the tick"
    page.get_by_label("I accept the fee of GBP 40.00").check()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_role("heading", name="Your appointment is cancelled")).to_be_visible()
    take_a_picture(page, "cancelled", 360, "light")
    assert now_is(soho, appointment)["status"] == "cancelled"


def test_whoever_thinks_better_of_it_keeps_the_appointment(window, soho, visit):
    appointment, path = visit("cancel")
    page = window(**PHONE).page
    page.goto(path)
    page.get_by_role("link", name="Keep the appointment").click()
    expect(page.get_by_role("heading", name="Your appointment stays")).to_be_visible()
    assert now_is(soho, appointment) == appointment


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_link_to_what_is_cancelled_says_so_and_leads_to_the_phone(window, soho, visit, scheme):
    appointment, path = visit("confirm")
    gone = f"/v1/appointments/{appointment['id']}/cancel"
    soho.call("booking", "POST", gone, {}, who="bob@needlepoint.example")
    page = window(color_scheme=scheme, **PHONE).page
    page.goto(path)
    expect(page.get_by_role("heading", name="Your appointment is cancelled")).to_be_visible()
    expect(page.get_by_role("link", name="Phone us")).to_have_attribute("href", "tel:+442071838750")
    expect(page.get_by_role("button")).to_have_count(0)
    assert axe(page) == []
    assert page.evaluate(TOO_SMALL) == []
    take_a_picture(page, "cancelled-before", 360, scheme)


def test_everything_works_without_scripts_and_without_cookies(window, soho, visit):
    shown = window(java_script_enabled=False, **PHONE)
    for purpose, button, title in (
        ("confirm", "Yes, I will come", "You are expected"),
        ("cancel", "Cancel the appointment", "Your appointment is cancelled"),
        ("earlier", "Put me on the waiting list", "You are on the waiting list"),
    ):
        shown.page.goto(visit(purpose)[1])
        shown.page.get_by_role("button", name=button).click()
        expect(shown.page.get_by_role("heading", name=title)).to_be_visible()
    shown.page.goto(visit("move")[1])
    shown.page.get_by_role("link", name="Later").click()
    shown.page.locator("summary").nth(1).click()
    shown.page.locator("details").nth(1).locator("li a").first.click()
    shown.page.get_by_role("button", name="Move to this time").click()
    expect(shown.page.get_by_role("heading", name="Your appointment has moved")).to_be_visible()
    assert shown.context.cookies() == []


def test_a_mail_scanner_that_opens_every_link_changes_nothing(house, soho, visit):
    for purpose in ("confirm", "move", "cancel"):
        appointment, path = visit(purpose)
        for method in ("GET", "HEAD"):
            answer = requests.request(method, house.origin + path, timeout=60)
            assert answer.status_code == 200
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "noindex" in answer.headers["X-Robots-Tag"]
        page = requests.get(house.origin + path, timeout=60).text
        for found in re.findall(r'href="(/visit/[^"]+)"', page)[:8]:
            assert requests.get(house.origin + found.replace("&amp;", "&"), timeout=60).ok
        assert now_is(soho, appointment) == appointment


def test_no_process_writes_a_link_into_its_log(house, soho, visit):
    appointment, path = visit("confirm")
    token = path.removeprefix("/visit/")
    for asked in (path, f"{path}x", f"/api/booking/v1/links/{token}"):
        requests.get(house.origin + asked, timeout=60)
    requests.post(house.origin + f"{path}/confirm", timeout=60)
    assert now_is(soho, appointment)["status"] == "confirmed"
    written = {name: (house.folder / f"{name}.log").read_text() for name in house.running}
    assert "/visit/<string:token>" in written["web"]
    assert "/v1/links/<string:token>" in written["booking-api"]
    assert [name for name, text in written.items() if token.split(".")[2] in text] == []
