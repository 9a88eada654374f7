"""The headquarters page changes by itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hearsay import heard_all

HANNA = "hanna@needlepoint.example"
ANA = "ana@needlepoint.example"


@pytest.fixture
def page(person, franchise):
    """Headquarters' page; what earlier tests did is counted on it already."""
    heard_all(franchise)
    page = person(HANNA)
    expect(page.locator("[data-badge]")).to_have_text("Live")
    return page


def number(page, label):
    return page.locator(".numbers li", has_text=label).locator(".value")


def clinic(page, name):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def test_a_booking_at_the_desk_is_seen_at_headquarters_without_a_hand_on_the_page(page, franchise):
    before = int(number(page, "Appointments").inner_text())
    page.evaluate("window.stayed = true")
    franchise.book_new("Ida", "Noddack", 8)
    expect(number(page, "Appointments")).to_have_text(str(before + 1))
    expect(clinic(page, "Soho").get_by_role("cell").first).to_have_text(str(before + 1))
    assert page.evaluate("window.stayed") is True


def test_an_alarm_of_a_pen_is_seen_said_and_acknowledged(page, franchise):
    franchise.raise_alarm("Soho", "Pen 1", value=1730, limit=1500)
    matter = page.get_by_role("listitem").filter(has_text="1.73 mm")
    expect(matter).to_contain_text("Too deep")
    expect(matter).to_contain_text("limit 1.5 mm")
    expect(page.locator("[data-alert]")).to_contain_text("told to stop")
    expect(clinic(page, "Soho")).to_contain_text("unsafe depth")
    matter.get_by_role("button", name="Acknowledge").click()
    expect(page).to_have_url("/headquarters")
    expect(page.get_by_text("1.73 mm")).to_have_count(0)


def test_a_pen_that_becomes_unfit_is_counted(page, franchise):
    total = int(page.locator("#fleet-head .soft").inner_text().split()[0])
    franchise.change_device("Pen 3", "Lisbon Chiado")
    expect(page.locator("#fleet-head")).to_contain_text(f"{total + 1} in all")
    fit = page.locator(".fleet-list li", has_text="Not fit").locator("strong")
    before = int(fit.inner_text())
    matter = page.get_by_role("listitem").filter(has_text="Device not fit for use")
    matters = matter.filter(has_text="Lisbon Chiado").filter(has_text="calibration due")
    listed = matters.count()  # another test's fleet may be unfit in Lisbon, too
    franchise.change_device("Pen 3", "Lisbon Chiado", "offline", ["calibration_due"])
    expect(fit).to_have_text(str(before + 1))
    expect(matters).to_have_count(listed + 1)


def test_rows_keep_their_place_until_a_person_asks(page, franchise):
    names = page.locator("#clinic-rows .place")
    before = [name.split("\n")[0] for name in names.all_inner_texts()]
    other = before[-1]
    franchise.change_device("Pen 4", other)
    for value in range(1900, 1915):  # more than all other tests together
        franchise.raise_alarm(other, "Pen 4", value=value)
    again = page.get_by_role("button", name=re.compile("sort again"))
    expect(again).to_be_visible()
    assert [name.split("\n")[0] for name in names.all_inner_texts()] == before
    again.click()
    assert names.first.inner_text().startswith(other)
    expect(again).to_be_hidden()


def test_unknown_is_said_as_unknown(page, franchise):
    """Lisbon has no practitioner, so nobody can say how much of its day is booked."""
    expect(clinic(page, "Lisbon")).to_contain_text("unknown")


def test_tabs_share_one_stream_and_the_next_takes_over(page, franchise, house):
    def streams():
        import requests

        text = requests.get(house.url("headquarters-live") + "/metrics", timeout=5).text
        return float(re.search(r"^needlepoint_live_readers (\S+)", text, re.MULTILINE).group(1))

    tabs = [page.context.new_page() for _ in range(7)]
    for tab in tabs:
        tab.goto("/headquarters")
        expect(tab.locator("[data-badge]")).to_have_text("Live")
    franchise.until(lambda: streams() == 1, "one stream for all tabs, earlier windows' being over")
    page.close()
    before = int(number(tabs[-1], "Appointments").inner_text())
    franchise.book_new("Maria", "Goeppert", 24 * 3)  # another day: it does not count today
    franchise.raise_alarm("Soho", "Pen 1", value=1810)
    for tab in tabs:
        expect(tab.get_by_text("1.81 mm")).to_be_visible()
        assert int(number(tab, "Appointments").inner_text()) == before
    franchise.until(lambda: streams() == 1, "the next tab's stream")


def test_the_badge_tells_when_the_stream_is_gone_and_the_page_catches_up(page, franchise, house):
    badge = page.locator("[data-badge]")
    house.stop("headquarters-live")
    expect(badge).to_have_text(re.compile("Reconnecting|Stale"))
    franchise.raise_alarm("Soho", "Pen 2", value=1790)
    house.start("headquarters-live")
    house.wait("headquarters-live")
    expect(badge).to_have_text("Live")
    expect(page.get_by_text("1.79 mm")).to_be_visible()


def test_the_badge_tells_when_this_computer_is_off_line(page):
    page.context.set_offline(True)
    expect(page.locator("[data-badge]")).to_have_text("Offline")
    page.context.set_offline(False)
    expect(page.locator("[data-badge]")).to_have_text("Live")


def test_an_analyst_looks_and_changes_nothing(person, franchise):
    franchise.raise_alarm("Soho", "Pen 1", value=1640)
    page = person(ANA)
    expect(page.get_by_text("1.64 mm")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_headquarters_sees_no_client(page):
    assert "Lovelace" not in page.content()
    assert "Hopper" not in page.content()
