"""Alarms of devices at the desk: which, what, since when, who has looked, has it stopped."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect

from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.store import commands, staff_names
from services.device_telemetry.usecases import alarms, escalation
from shared import clock
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_fitness import SIZES, axe

ALICE = "alice@needlepoint.example"
BOB = "bob@needlepoint.example"
HANNA = "hanna@needlepoint.example"


@pytest.fixture(scope="module")
def pen(franchise):
    """A pen of Soho that device telemetry knows, too."""
    body = {
        "clinic_id": franchise.clinics["Soho"],
        "name": "Pen 9",
        "model": "dermapen-4",
        "serial": "DP-0009",
        "calibrated_on": "2026-01-05",
        "calibration_due_on": "2199-01-05",
        "tolerance_um": 100,
    }
    heard = franchise.until(
        lambda: franchise.call("device-telemetry", "GET", "/v1/models"), "the models"
    )
    assert heard["items"]
    return UUID(franchise.call("device-telemetry", "POST", "/v1/devices", body)["id"])


def too_deep(franchise, pen, value):
    clinic_id = UUID(franchise.clinics["Soho"])
    now = clock.now()
    cause = Cause("depth_over_limit", pen, clinic_id, None, now, zone=8, value=value, limit=650)
    with franchise.telemetry() as tx:
        alarms.put(tx, cause, now)
    return cause


def stops(franchise, pen):
    with franchise.telemetry() as tx:
        [stop] = [each for each in commands_of(tx, pen) if each["command"] == "stop"]
        commands.done(tx, stop["id"], pen, clock.now())
        alarms.stop_confirmed(tx, stop["id"])


def commands_of(tx, pen):
    asked = "SELECT id, command FROM device_telemetry.commands WHERE device_id = %s"
    return tx.all(f"{asked} AND done_at IS NULL", (pen,))


def ended(franchise, pen):
    with franchise.telemetry() as tx:
        alarms.end_all(tx, pen, clock.now())


def ringing(page):
    return page.locator("#desk-alarms").get_by_role("listitem").filter(has_text="Pen 9")


def test_an_alarm_is_lived_through_at_the_desk(person, franchise, pen):
    alice = UUID(franchise.call("identity", "GET", "/v1/me", who=ALICE)["id"])
    with franchise.telemetry() as tx:  # no relay of identity's runs here
        staff_names.remember(tx, alice, "Alice Ward")
    desk = person(ALICE)
    desk.goto(f"/desk?clinic={franchise.clinics['Soho']}")
    expect(desk.locator("[data-badge]")).to_have_text("Live")
    headquarters = person(HANNA)

    too_deep(franchise, pen, 911)
    shown = ringing(desk)
    for words in ("Pen 9: Too deep", "since", "0.911 mm", "limit 0.65 mm", "Not seen yet"):
        expect(shown).to_contain_text(words)
    expect(shown).to_contain_text("Stop not confirmed")
    matter = headquarters.get_by_role("listitem").filter(has_text="0.911 mm")
    expect(matter).to_contain_text("Pen 9")
    expect(matter).to_contain_text("Stop not confirmed")
    look_at(desk, "desk-alarms")
    look_at(headquarters, "headquarters-alarms")

    stops(franchise, pen)
    expect(shown).to_contain_text("Device has stopped")
    expect(matter).to_contain_text("Device has stopped")

    with franchise.telemetry() as tx:
        escalation.escalate(tx, clock.now() + timedelta(seconds=61))
    expect(shown).to_contain_text("Nobody has looked")
    expect(matter).to_contain_text("Nobody has looked")

    shown.get_by_role("button", name="I have seen it: Pen 9").click()
    expect(desk.get_by_text("You are noted as the one who has seen the alarm.")).to_be_visible()
    expect(ringing(desk)).to_contain_text("Seen by Alice Ward")
    expect(ringing(desk).get_by_role("button")).to_have_count(0)
    expect(matter).to_contain_text("Seen by Alice Ward")

    ended(franchise, pen)
    expect(desk.locator("#desk-alarms").get_by_text("Pen 9")).to_have_count(0)


def test_the_front_desk_sees_alarms_and_is_not_asked_to_judge_them(person, franchise, pen):
    too_deep(franchise, pen, 922)
    desk = person(BOB)
    expect(ringing(desk)).to_contain_text("0.922 mm")
    expect(ringing(desk).get_by_role("button")).to_have_count(0)
    ended(franchise, pen)


def look_at(page, name):
    """The page is for everybody, at three widths."""
    before = page.viewport_size
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert axe(page) == [], f"{name}, {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=width < 1000)
    page.set_viewport_size(before)
