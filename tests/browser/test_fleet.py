"""The page of devices: who sees which, by keyboard, and it changes by itself."""

import pytest
from playwright.sync_api import expect

HANNA = "hanna@needlepoint.example"
ALICE = "alice@needlepoint.example"
BOB = "bob@needlepoint.example"
LISBON = "Lisbon Chiado"


@pytest.fixture
def fleet(franchise):
    franchise.register_fleet()
    return franchise


def line(page, name):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def opened(page, path="/devices"):
    page.goto(path)
    expect(page.locator("[data-badge]")).to_have_text("Live")
    return page


def test_headquarters_sees_why_a_device_may_not_be_used_and_what_is_due(person, fleet):
    page = opened(person(HANNA))
    expect(line(page, "Fleet 1")).to_contain_text("Fit for use")
    expect(line(page, "Fleet 1")).to_contain_text("On line")
    expect(line(page, "Fleet 1")).to_contain_text("4.2.1")
    expect(line(page, "Fleet 2")).to_contain_text("1 alarm")
    unfit = line(page, "Fleet 3")
    for word in ("Not fit", "calibration overdue", "depth limit not known", "5 Jan 2026, overdue"):
        expect(unfit).to_contain_text(word)
    expect(line(page, "Fleet 4")).to_contain_text("soon")
    expect(line(page, "Fleet 4")).to_contain_text("Never on line")
    names = page.get_by_role("rowheader").locator(".name").all_inner_texts()
    assert names.index("Fleet 2") < names.index("Fleet 3") < names.index("Fleet 1")


def test_the_list_is_chosen_without_a_mouse(person, fleet):
    page = opened(person(HANNA))
    page.get_by_label("Which").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/devices?**show=unfit")
    expect(line(page, "Fleet 3")).to_be_visible()
    expect(line(page, "Fleet 1")).to_have_count(0)


def test_a_manager_sees_one_of_her_clinics_at_a_time(person, fleet):
    page = opened(person(ALICE))
    expect(page.get_by_label("Clinic").locator("option")).to_have_text([LISBON, "Soho"])
    expect(line(page, "Fleet 1")).to_be_visible()
    page.get_by_label("Clinic").select_option(label="Soho")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/devices?clinic=*")
    expect(page.get_by_label("Clinic").locator("option:checked")).to_have_text("Soho")
    expect(line(page, "Fleet 1")).to_have_count(0)


def test_the_front_desk_sees_its_own_clinic_only(person, fleet):
    page = opened(person(BOB))
    expect(page.get_by_label("Clinic")).to_have_count(0)
    assert page.goto(f"/devices?clinic={fleet.clinics[LISBON]}").status == 404


def test_a_calibration_is_seen_without_a_hand_on_the_page(person, fleet):
    fleet.register(LISBON, "Fleet 5", calibrated_on=None, calibration_due_on=None)
    page = opened(person(ALICE))
    page.evaluate("window.stayed = true")
    expect(line(page, "Fleet 5")).to_contain_text("never calibrated")
    path = f"/v1/devices/{fleet.devices['Fleet 5']}/calibrations"
    done = {"calibrated_on": "2026-01-05", "due_on": "2199-01-05"}
    fleet.call("device-telemetry", "POST", path, done, who=ALICE)
    expect(line(page, "Fleet 5")).to_contain_text("Fit for use")
    assert page.evaluate("window.stayed") is True


def test_headquarters_page_leads_to_the_devices(person, fleet):
    page = person(HANNA)
    page.get_by_role("link", name="See each").click()
    expect(page).to_have_url("/devices")
    expect(page.get_by_role("link", name="Devices")).to_have_attribute("aria-current", "page")
