"""What headquarters' page says of numbers, clinics and what needs attention."""

from datetime import UTC, date, datetime

import pytest

from services.web.domain import headquarters
from services.web.domain.matters import matter
from services.web.domain.sparks import days_before, spark

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)  # a Monday


def said(name="bookings", **changes):
    usual = {"unit": "count", "value": 12, "last_week": 9, "delta": 3, "of": None, "open": None}
    return {"name": name} | usual | changes


def row(**changes):
    return {
        "clinic_id": "c1",
        "name": "Soho",
        "time_zone": "Europe/London",
        "state": "live",
        "day": "2030-01-07",
        "reasons": [],
        "appointments": 8,
        "missed": 0,
        "utilisation_permille": 615,
        "devices_total": 3,
        "devices_online": 3,
        "devices_unfit": 0,
        "alarms_open": 0,
        "adverse_events_open": 0,
        "messages_sent": 5,
        "messages_failed": 0,
        "last_heard_at": "2030-01-07T11:58:00Z",
    } | changes


def item(kind="unsafe_depth", **changes):
    return {
        "id": "m1",
        "clinic_id": "c1",
        "kind": kind,
        "severity": 1,
        "since": "2030-01-07T11:00:00Z",
        "due_at": None,
        "facts": {},
        "acknowledged_at": None,
    } | changes


def test_a_number_stands_beside_the_same_weekday_last_week():
    found = headquarters.number(said(), NOON)
    assert (found.label, found.value, found.note, found.tone) == (
        "Appointments",
        "12",
        "+3 on last Mon",
        "",
    )


def test_a_share_changes_by_points():
    found = headquarters.number(said("utilisation", unit="permille", value=615, delta=-42), NOON)
    assert (found.value, found.note) == ("62\u202f%", "\u22124 pts on last Mon")


def test_an_unknown_number_is_unknown_and_not_zero():
    found = headquarters.number(said(value=None, delta=None), NOON)
    assert (found.value, found.note, found.is_unknown) == ("unknown", "last week unknown", True)


def test_colour_is_only_for_what_is_not_as_it_should_be():
    def tone(**changes):
        return headquarters.number(said(**changes), NOON).tone

    assert tone(value=3, of=3) == ""
    assert tone(value=2, of=3) == "warn"
    assert tone(value=0, open=2) == "bad"
    assert tone(value=5, open=0) == ""


def test_what_is_part_of_something_says_of_how_many():
    assert headquarters.number(said(value=2, of=3), NOON).value == "2\u202f/\u202f3"
    assert headquarters.number(said(value=0, of=0), NOON).value == "0"


def test_a_clinic_that_is_well_says_so():
    found = headquarters.clinic(row(), {}, NOON)
    assert (found.look.word, found.why, found.local_time) == ("All well", "all well", "12:00")
    assert (found.bookings, found.utilisation, found.bar) == ("8", "62\u202f%", 62)
    assert (found.devices.word, found.reminders.word, found.heard.word) == (
        "3\u202f/\u202f3",
        "5\u202f/\u202f5",
        "2 min",
    )


@pytest.mark.parametrize("state", ["silent", "unknown", "closed"])
def test_a_clinic_that_we_do_not_hear_has_no_numbers(state):
    found = headquarters.clinic(row(state=state), {}, NOON)
    cells = [found.no_shows, found.devices, found.alarms, found.reactions, found.reminders]
    assert {cell.word for cell in cells} == {"unknown"}
    assert (found.bookings, found.utilisation, found.spark) == ("unknown", "unknown", None)


def test_a_clinic_we_have_not_been_told_of_has_no_clock():
    found = headquarters.clinic(
        row(state="unknown", name=None, time_zone=None, day=None, last_heard_at=None), None, NOON
    )
    assert (found.name, found.local_time) == ("A clinic not known yet", "unknown")
    assert found.heard.word == "unknown"


@pytest.mark.parametrize(
    ("weight", "word"), [(1000, "Needs help now"), (100, "Needs a look"), (10, "All well")]
)
def test_the_heaviest_reason_decides_how_a_clinic_looks(weight, word):
    reasons = [{"reason": "open_alarm", "count": 2, "weight": weight}]
    found = headquarters.clinic(row(reasons=reasons), {}, NOON)
    assert (found.look.word, found.why) == (word, "2 open alarm")


def test_more_booked_than_the_day_has_fills_the_bar_and_no_more():
    assert headquarters.clinic(row(utilisation_permille=1300), {}, NOON).bar == 100


def test_the_fleet_is_the_sum_of_the_clinics():
    clinics = [row(devices_online=2), row(devices_unfit=1)]
    found = [(part.look.word, part.count) for part in headquarters.fleet(clinics)]
    assert found == [("On line", "5"), ("Off line", "1"), ("Fit for use", "5"), ("Not fit", "1")]
    assert headquarters.fleet([]) == ()


def test_the_picture_names_the_clinic_of_each_matter():
    found = headquarters.picture(
        {"numbers": [said()]},
        [row()],
        [item(), item(id="m2", clinic_id="c9", acknowledged_at="2030-01-07T11:30:00Z")],
        pasts={"c1": {"2030-01-06": 4}},
        can_acknowledge=True,
        now=NOON,
    )
    assert [each.clinic for each in found.matters] == ["Soho", "A clinic not known yet"]
    assert found.open_matters == 1
    assert found.clinics[0].spark is not None


def test_an_unsafe_depth_says_where_how_deep_and_how_deep_it_may_be():
    facts = {"kind": "depth_over_limit", "zone": 8, "value": 1620, "limit": 1500}
    found = matter(item(facts=facts), "Soho")
    assert found.look.word == "Too deep"
    assert found.detail == "Cheek · 1.62 mm · limit 1.5 mm"


def test_a_missing_limit_is_said():
    found = matter(item(facts={"value": 1620, "limit": None}), "Soho")
    assert "no limit known" in found.detail


@pytest.mark.parametrize(
    ("kind", "facts", "due_at", "word", "detail"),
    [
        ("alarm", {"kind": "silent"}, None, "Device is silent", ""),
        ("alarm", {"kind": "new_kind"}, None, "Alarm of a device", ""),
        ("alarm", {"kind": "motor_hot", "value": 6500, "limit": 6000}, None, "Motor too hot", ""),
        (
            "adverse_event",
            {"severity": "urgent", "cartridge_lot": "L-7"},
            "2030-01-12T09:00:00Z",
            "Adverse event: urgent",
            "lot L-7 · answer due Saturday 12 January",
        ),
        (
            "device_unfit",
            {"reasons": ["calibration_due"]},
            None,
            "Device not fit for use",
            "calibration due",
        ),
        (
            "credential",
            {"valid_until": "2030-02-01", "lacking": []},
            "2030-02-02T00:00:00Z",
            "Credential runs out",
            "valid until 1 February 2030",
        ),
        ("credential", {"valid_until": None}, None, "Credential runs out", "no date known"),
        (
            "messages_failed",
            {"day": "2030-01-06"},
            None,
            "Messages not delivered",
            "on 6 January 2030",
        ),
        ("something_new", {}, None, "Something to look at", ""),
    ],
)
def test_a_matter_is_said_in_words(kind, facts, due_at, word, detail):
    found = matter(item(kind, facts=facts, due_at=due_at), "Soho")
    assert (found.look.word, found.detail) == (word, detail)


def test_a_spark_draws_the_fourteen_days_before_today():
    today = date(2030, 1, 15)
    assert days_before(today) == (date(2030, 1, 1), date(2030, 1, 14))
    found = spark({"2030-01-01": 4, "2030-01-14": 2, "2030-01-15": 99}, today)
    points = found.points.split()
    assert (len(points), points[0], points[-1]) == (14, "2.0,2.0", "82.0,11.0")
    assert found.words == "0 to 4 a day, 2 yesterday"


def test_two_weeks_without_anybody_are_a_line_at_the_bottom():
    assert {point.split(",")[1] for point in spark({}, date(2030, 1, 15)).points.split()} == {
        "20.0"
    }
