"""The front desk's day."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_fitness import SIZES, axe

BOB = "bob@needlepoint.example"
ALICE = "alice@needlepoint.example"
HANNA = "hanna@needlepoint.example"


@pytest.fixture
def page(person):
    page = person(BOB)
    expect(page).to_have_url("/desk")
    return page


def row(page, client):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=client))


def test_the_day_stands_by_time_with_who_where_and_what(page, franchise):
    told = row(page, "Grace Hopper")
    for word in ("Acne scars, face", "Priya Nair", "Room", "Pen", "To come", "Confirmed"):
        expect(told).to_contain_text(word)
    expect(page.get_by_text(f"({franchise.zone})")).to_be_visible()
    names = page.get_by_role("rowheader").all_inner_texts()
    assert names.index("Ada Lovelace") < names.index("Grace Hopper")
    assert names.index("Lise Meitner") < names.index("Rosalind Franklin")  # cancelled: below


def test_the_time_is_the_clinics_whatever_the_browser_thinks(person, franchise):
    from zoneinfo import ZoneInfo

    franchise_time = franchise.quarter(1.25).astimezone(ZoneInfo(franchise.zone))
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        shown = person(BOB, timezone_id=zone)
        expect(row(shown, "Grace Hopper")).to_contain_text(f"{franchise_time:%H:%M}")


def test_a_confirmation_is_a_plain_form(person):
    page = person(BOB, java_script_enabled=False)
    row(page, "Chien-Shiung Wu").get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status").filter(has_text="confirmed")).to_be_visible()
    expect(row(page, "Chien-Shiung Wu").locator(".status")).to_have_text("Confirmed")


def test_the_client_arrives(page):
    row(page, "Ada Lovelace").get_by_role("button", name=re.compile("^Arrived")).click()
    expect(page.get_by_text("The client is marked as here.")).to_be_visible()
    expect(row(page, "Ada Lovelace").locator(".status")).to_have_text("Waiting here")


def test_cancelling_asks_at_whose_wish_and_escape_leads_back(page):
    told = row(page, "Emmy Noether")
    told.locator("summary").press("Enter")
    clinic = told.get_by_role("button", name="The clinic cannot, no fee")
    clinic.focus()
    page.keyboard.press("Escape")
    expect(clinic).to_be_hidden()
    expect(told.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    clinic.click()
    expect(row(page, "Emmy Noether").locator(".status")).to_have_text("Cancelled")
    expect(row(page, "Emmy Noether").get_by_role("button")).to_have_count(0)


def test_what_a_colleague_does_appears_by_itself(page, franchise):
    expect(page.locator("[data-badge]")).to_have_text("Live")
    page.evaluate("window.stayed = true")
    franchise.step("Lise", "confirm")
    expect(row(page, "Lise Meitner").locator(".status")).to_have_text("Confirmed")
    assert page.evaluate("window.stayed") is True


def test_an_appointment_whose_pen_broke_is_marked_in_words(person, franchise):
    franchise.book_new("Marie", "Curie", 11)
    franchise.break_pen_of("Marie")
    page = person(BOB)
    expect(row(page, "Marie Curie").locator(".troubles")).to_have_text("Device not fit")
    franchise.mend_pen_of("Marie")
    page.reload()
    expect(row(page, "Marie Curie").locator(".troubles")).to_have_count(0)


def test_the_states_of_a_hard_day_are_for_everybody(person, franchise):
    """Late, its course paused, its pen broken: each in words, at every width, in the dark."""
    franchise.book_new("Late", "Lindqvist", 9)
    franchise.let_pass("Late")
    franchise.pause_a_course_of("Cora", "Coursey", 12)
    franchise.book_new("Mary", "Somerville-von-Hohenstein-Wittgenstein", 12)
    franchise.break_pen_of("Mary")
    page = person(BOB)
    expect(row(page, "Late Lindqvist").locator(".status")).to_contain_text("Late")
    expect(row(page, "Late Lindqvist").get_by_role("button", name="Did not come")).to_be_visible()
    expect(row(page, "Cora Coursey").locator(".troubles")).to_contain_text("Course paused")
    expect(row(page, "Cora Coursey").get_by_role("button", name="Arrived")).to_have_count(0)
    expect(row(page, "Mary Somerville").locator(".troubles")).to_contain_text("Device not fit")
    late = page.locator("tbody .status", has_text="Late").count()
    expect(page.locator(".tally")).to_contain_text(f"{late} late")
    row(page, "Cora Coursey").locator("summary").click()
    try:
        for width, scheme in itertools.product(SIZES, ("light", "dark")):
            page.set_viewport_size({"width": width, "height": SIZES[width]})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert axe(page) == [], f"{scheme}, {width}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENSHOTS / f"hard-day-{width}-{scheme}.png", full_page=True)
    finally:
        franchise.mend_pen_of("Mary")


def test_the_clock_goes_on_and_the_list_is_asked_for_when_somebody_should_be_here(page):
    expect(page.locator("[data-badge]")).to_have_text("Live")
    with page.expect_request("**/desk/parts*"):
        # again and again, for an answer on its way may still say when it really is
        page.evaluate("""() => {
          document.querySelector('[data-clock]').textContent = ''
          const list = document.querySelector('#day-list')
          setInterval(() => (list.dataset.due = '2020-01-01T00:00:00Z'), 100)
        }""")
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^\d\d:\d\d$"))


def test_who_was_faster_is_told(person, franchise):
    """The form was made before a colleague's change: nothing is overwritten."""
    franchise.book_new("Łucja", "Frey", 10)
    page = person(BOB, java_script_enabled=False)  # so that the colleague's change does not appear
    franchise.step("Łucja", "confirm")
    row(page, "Łucja Frey").get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert").filter(has_text="changed")).to_be_visible()
    expect(row(page, "Łucja Frey").locator(".status")).to_have_text("Confirmed")


def test_a_manager_chooses_among_her_clinics(person):
    page = person(ALICE)
    page.get_by_label("Clinic").select_option(label="Lisbon Chiado")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Lisbon Chiado")).to_be_visible()
    expect(page.get_by_text("No appointments on")).to_be_visible()


def test_days_are_turned(page):
    day = page.locator("#day-title")  # an alarm of another test has a heading, too
    today = day.inner_text()
    page.get_by_role("link", name="The day after").click()
    expect(day).not_to_have_text(today)
    page.get_by_role("link", name="Today").click()
    expect(day).to_have_text(today)


@pytest.mark.parametrize(
    "query",
    ["day=soon", "day=0001-01-01", "clinic=nowhere", "clinic=01930000-0000-7000-8000-000000000000"],
)
def test_a_day_or_clinic_that_is_not_there_says_so(page, query):
    page.goto(f"/desk?{query}")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_the_desk_goes_on_without_the_records(person, house):
    house.stop("client-records-api")
    try:
        page = person("tom@needlepoint.example")
        expect(page.get_by_text("names are missing for now")).to_be_visible()
        expect(page.get_by_text("Room ").first).to_be_visible()
        expect(page.get_by_role("rowheader", name="Name unknown").first).to_be_visible()
    finally:
        house.start("client-records-api")
        house.wait("client-records-api")
