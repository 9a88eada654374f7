"""What counts on which day, what needs a person, and which clinic comes first."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.headquarters.domain import attention, days, overview, worst_first
from services.headquarters.domain.days import NOTHING, Share

MONDAY, TUESDAY = date(2030, 1, 7), date(2030, 1, 8)
NOW = datetime(2030, 1, 7, 10, tzinfo=UTC)
ID = UUID(int=7)


def a_row(**facts):
    usual = {
        "time_zone": "Europe/London",
        "active": True,
        "last_heard_at": NOW,
        "state": "live",
        "capacity_minutes": 600,
        "devices_total": 2,
        "devices_online": 2,
    }
    counted = (
        *("appointments", "missed", "booked_minutes", "unsafe_depths", "adverse_events"),
        *("messages_sent", "messages_failed", "devices_unfit", "alarms_open"),
        *("unsafe_depths_open", "adverse_events_open", "devices_seen_last_week"),
        *("appointments_last_week", "missed_last_week", "booked_minutes_last_week"),
        *("unsafe_depths_last_week", "adverse_events_last_week", "messages_sent_last_week"),
    )
    return dict.fromkeys(counted, 0) | usual | facts


def test_a_change_of_state_moves_one_from_column_to_column():
    before, after = (days.of_appointment(s, MONDAY, 60) for s in ("booked", "confirmed"))
    assert days.difference(before, after) == {MONDAY: {"booked": -1, "confirmed": 1}}


def test_a_move_takes_all_from_the_one_day_to_the_other():
    before, after = (days.of_appointment("booked", day, 60) for day in (MONDAY, TUESDAY))
    assert days.difference(before, after) == {
        MONDAY: {"booked": -1, "booked_minutes": -60},
        TUESDAY: {"booked": 1, "booked_minutes": 60},
    }


def test_a_cancelled_appointment_takes_no_time():
    assert days.of_appointment("cancelled", MONDAY, 60).counts == {"cancelled": 1}


@pytest.mark.parametrize("status", ["held", "lapsed"])
def test_a_hold_counts_nowhere(status):
    assert days.difference(NOTHING, days.of_appointment(status, MONDAY, 60)) == {}


def test_the_same_again_changes_nothing():
    share = days.of_alarm("depth_over_limit", MONDAY)
    assert days.difference(share, share) == {}


def test_what_happened_on_no_known_day_counts_nowhere():
    assert days.difference(NOTHING, Share(None, {"alarms": 1})) == {}


def test_the_same_moment_is_another_day_elsewhere():
    late = datetime(2030, 1, 7, 14, tzinfo=UTC)
    assert days.local_day(late, "Pacific/Auckland") == TUESDAY
    assert days.local_day(late, None) is None


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "live"),
        ({"time_zone": None}, "unknown"),
        ({"active": False}, "closed"),
        ({"last_heard_at": NOW - worst_first.SILENT_AFTER}, "live"),
        ({"last_heard_at": NOW - worst_first.SILENT_AFTER - timedelta(seconds=1)}, "silent"),
    ],
)
def test_a_clinic_is_believed_while_it_is_heard(facts, state):
    assert worst_first.state(a_row(**facts), NOW) == state


def test_one_unsafe_depth_weighs_more_than_many_small_things():
    deep = worst_first.reasons(a_row(unsafe_depths_open=1))
    small = worst_first.reasons(a_row(devices_unfit=2, messages_failed=50, devices_online=0))
    assert worst_first.score(deep) > worst_first.score(small) > 0


def test_a_healthy_clinic_has_no_reason_and_no_score():
    assert worst_first.reasons(a_row()) == []
    assert worst_first.score([]) == 0


def test_no_shows_speak_only_when_more_than_a_fifth_of_several_stay_away():
    def speaks(missed, expected):
        found = worst_first.reasons(a_row(missed=missed, appointments=expected))
        return any(each["reason"] == "no_shows" for each in found)

    assert speaks(2, 9)
    assert not speaks(2, 10)
    assert not speaks(2, 4)


def test_utilisation_without_a_known_capacity_is_not_known():
    assert worst_first.utilisation_permille(60, None) is None
    assert worst_first.utilisation_permille(60, 0) is None
    assert worst_first.utilisation_permille(300, 600) == 500


def test_a_clinic_that_is_not_known_adds_nothing_to_the_numbers():
    rows = [a_row(appointments=3), a_row(state="unknown", appointments=5)]
    assert overview.numbers(rows)[0]["value"] == 3


def test_numbers_of_no_clinic_at_all_are_zero_and_utilisation_is_not_known():
    found = {number["name"]: number["value"] for number in overview.numbers([])}
    assert found.pop("utilisation") is None
    assert set(found.values()) == {0}


def an_alarm(**facts):
    usual = {
        "alarm_id": ID,
        "clinic_id": ID,
        "device_id": ID,
        "session_id": None,
        "kind": "depth_over_limit",
        "severity": "hard",
        "zone": 8,
        "value": 1700,
        "limit": 1500,
        "raised_at": NOW,
        "cleared_at": None,
        "device_name": "Pen 3",
        "acknowledged_by_name": None,
        "late": False,
        "acknowledged_at": None,
        "escalated_at": None,
        "stop_sent_at": None,
        "stop_confirmed_at": None,
    }
    return usual | facts


def test_unsafe_depth_is_urgent_and_stays():
    item = attention.of_alarm(an_alarm())
    assert (item.kind, item.severity, item.stays) == ("unsafe_depth", attention.URGENT, True)


def test_a_low_battery_is_the_clinics_own_business():
    assert attention.of_alarm(an_alarm(kind="battery_low", severity="soft")) is None


def test_a_low_battery_that_nobody_sees_becomes_headquarters_business():
    low = {"kind": "battery_low", "severity": "soft", "escalated_at": NOW}
    item = attention.of_alarm(an_alarm(**low))
    assert (item.severity, item.stays) == (attention.URGENT, False)
    seen = attention.of_alarm(an_alarm(**low, acknowledged_at=NOW))
    assert seen.severity == attention.SOON


def test_a_silent_device_is_looked_at_and_goes_when_it_speaks():
    item = attention.of_alarm(an_alarm(kind="silent", severity="soft", cleared_at=NOW))
    assert (item.stays, item.gone_at) == (False, NOW)


def test_the_same_thing_has_the_same_item():
    assert attention.of_alarm(an_alarm()).id == attention.of_alarm(an_alarm(value=9)).id
    assert attention.item_id("alarm", ID, ID) != attention.item_id("unsafe_depth", ID, ID)
