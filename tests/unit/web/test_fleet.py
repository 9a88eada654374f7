"""The devices in words: colour never alone, what is not known never invented, the worst first."""

from datetime import UTC, datetime, timedelta

import pytest

from services.device_telemetry.domain import devices as rules
from services.device_telemetry.domain.devices import Calibration, Service
from services.web.domain import fleet

NOW = datetime(2030, 1, 7, 23, 30, tzinfo=UTC)


def device(**changes):
    return {
        "id": "d1",
        "name": "Pen 1",
        "model_name": "Exceed",
        "serial": "S1",
        "clinic_name": "Soho",
        "time_zone": "Europe/London",
        "status": "idle",
        "fit": True,
        "reasons": [],
        "online": True,
        "session_id": None,
        "open_alarms": 0,
        "calibration_due_on": "2031-01-07",
        "service_due_on": None,
        "calibration_disagrees": False,
        "said_calibrated_on": None,
        "firmware": "4.2.1",
        "battery_permille": 870,
        "minutes_today": 12,
        "last_seen_at": "2030-01-07T23:29:30Z",
        "suspended_until": None,
    } | changes


def test_a_calibration_of_which_the_device_says_another_day_is_marked():
    told = {"calibration_disagrees": True, "said_calibrated_on": "2029-06-02"}
    due = fleet.line(device(**told), NOW).calibration
    assert (due.tone, due.note) == ("warn", "the device says it was done on 2 Jun 2029")
    late = fleet.line(device(**told, calibration_due_on="2029-12-01"), NOW).calibration
    assert late.tone == "bad"
    assert late.note == "overdue, the device says it was done on 2 Jun 2029"


def test_a_good_device_is_told_without_alarm():
    line = fleet.line(device(), NOW)
    assert (line.fitness.word, line.state.word, line.alarms) == ("Fit for use", "On line", None)
    assert (line.calibration.word, line.calibration.tone) == ("7 Jan 2031", "")
    assert (line.service.word, line.battery, line.minutes_today) == (
        "no date",
        "87\u202f%",
        "12 min",
    )


@pytest.mark.parametrize(
    ("due", "zone", "tone"),
    [
        ("2030-01-06", "Europe/London", "bad"),
        ("2030-01-07", "Europe/London", "warn"),
        ("2030-01-07", "Asia/Tokyo", "bad"),  # there it is the eighth already
        ("2030-02-06", "Europe/London", "warn"),
        ("2030-02-07", "Europe/London", ""),
    ],
)
def test_a_date_is_overdue_by_the_clinics_calendar(due, zone, tone):
    line = fleet.line(device(service_due_on=due, time_zone=zone), NOW)
    assert line.service.tone == tone
    assert bool(line.service.note) == bool(tone)


@pytest.mark.parametrize(
    ("changes", "word", "heard"),
    [
        ({"status": "needling"}, "Needling", ""),
        ({"session_id": "s"}, "In a treatment", ""),
        ({"online": False}, "Off line", "heard just now"),
        ({"suspended_until": "2030-01-07T23:40:00Z"}, "Kept off line", "until 23:40"),
        ({"online": False, "last_seen_at": "2030-01-07T21:30:00Z"}, "Off line", "heard 2 h ago"),
        ({"online": False, "last_seen_at": None}, "Never on line", ""),
    ],
)
def test_a_device_is_where_it_is(changes, word, heard):
    line = fleet.line(device(**changes), NOW)
    assert (line.state.word, line.heard) == (word, heard)


@pytest.mark.parametrize(
    ("changes", "can_blink"),
    [
        ({}, True),
        ({"online": False}, True),  # it may be back within the minute
        ({"online": False, "last_seen_at": None}, False),
        ({"status": "retired"}, False),
    ],
)
def test_a_device_that_was_never_heard_is_not_asked_to_blink(changes, can_blink):
    assert fleet.line(device(**changes), NOW).can_blink is can_blink


def test_every_reason_of_the_rules_has_words():
    late = Service((NOW - timedelta(days=9)).date(), (NOW - timedelta(days=1)).date())
    missing = Calibration(None, None, None)
    due = Calibration(late.serviced_on, late.due_on, None)
    found = {
        reason
        for key in (*rules.MODELS, "toy")
        for calibration in (missing, due)
        for reason in rules.unfit_because(
            key, "retired", calibration, NOW.date(), service=late, firmware_withdrawn=True
        )
    }
    assert found | {"moved"} == set(fleet.REASONS)
    line = fleet.line(device(fit=False, reasons=["service_due", "brand_new_reason"]), NOW)
    assert line.fitness.word == "Not fit"
    assert line.reasons == ("service overdue", "brand new reason")


def test_alarms_come_first_then_the_unfit_and_the_retired_only_when_asked_for():
    rows = [
        device(id="a", name="A"),
        device(id="b", name="B", fit=False, reasons=["service_due"]),
        device(id="c", name="C", open_alarms=2),
        device(id="d", name="D", status="retired", fit=False, reasons=["retired"]),
    ]
    found = fleet.lines(rows, "used", NOW)
    assert [each.name for each in found] == ["C", "B", "A"]
    assert found[0].alarms.word == "2 alarms"
    assert [(look.word, count) for look, count in fleet.tally(found)] == [
        ("With an alarm", 1),
        ("Not fit", 1),
        ("Fit for use", 2),
    ]
    [retired] = fleet.lines(rows[3:], "retired", NOW)
    assert (retired.fitness.word, retired.reasons) == ("Retired", ())


def test_a_low_battery_is_said():
    low, unknown = (fleet.line(device(battery_permille=value), NOW) for value in (149, None))
    assert (low.battery_tone, unknown.battery_tone, unknown.battery) == ("warn", "", "unknown")
